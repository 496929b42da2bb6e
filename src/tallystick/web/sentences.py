"""What an error's code says in the reader's language; the error's own English where no sentence is listed."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tallystick.errors import TallystickError

#: Error code -> sentence; named places are filled from the error's details.
SENTENCES: Final[Mapping[str, Promise]] = MappingProxyType(
    {
        "not_permitted": _("Your role does not allow this."),
        "not_yet_committed": _("The ledger has not packed this transaction into a block yet."),
        "already_anchored": _("This step is already on the ledger."),
        "anchored_differently": _("This step is on the ledger with other content."),
        "step_out_of_order": _("This step cannot be recorded before the one it follows."),
        "bad_amount": _(
            "Write the amount in digits with at most the currency's decimals, such as 500000.00."
        ),
        "unknown_currency": _("This currency is not supported."),
        "bad_credit_code": _("This is not a unified social credit code: its check character does not fit."),
        "bad_bank_card": _("This is not a bank card number: its check digit does not fit."),
    }
)


def sentence(error: TallystickError) -> str:
    """Return what to tell the reader about ``error``."""
    listed = SENTENCES.get(error.code)
    return error.message if listed is None else str(listed) % dict(error.details)
