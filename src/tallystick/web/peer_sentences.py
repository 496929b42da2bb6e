"""What the error codes of fetching evidence from other installations say in the reader's language."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PEERS: Final[Mapping[str, Promise]] = MappingProxyType(
    {
        "no_such_peer": _("Our operator has not said where the supplier's installation answers."),
        "peer_unreachable": _("The supplier's installation does not answer."),
        "peer_too_slow": _("The supplier's installation takes too long."),
        "peer_refused": _("The supplier's installation refuses the question."),
        "peer_answer_too_large": _("The supplier's installation answers more than it may."),
        "peer_answer_unfit": _("The supplier's installation answers otherwise than the ledger says."),
        "ciphertext_differs": _("A file that came is not the one that the ledger names."),
        "wrong_media_key": _("A key that came is not the one that the ledger names."),
        "delivery_too_large": _("The files are too large to be fetched."),
        "too_many_unanswered": _("Too many deliveries of this supplier wait here; answer some of them."),
        "signs_elsewhere": _("Do this on your own installation, where your key is."),
        "not_a_party": _("The supplier's installation does not know us as the buyer."),
    }
)
