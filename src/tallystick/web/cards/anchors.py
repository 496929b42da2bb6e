"""The anchors card: each step with its digest, its place on the ledger, or why it is not there."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tallystick.errors import Rejection
from tallystick.records.models import Transmission
from tallystick.services import sight
from tallystick.web.case import Case
from tallystick.web.sentences import sentence
from tallystick.web.stages import Tone

#: Steps as the anchoring contract names them, in words.
STEPS: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "application": _("Application"),
        "admission": _("Admission"),
        "offer": _("Offer"),
        "confirmation": _("Confirmation"),
        "disbursement": _("Disbursement"),
        "closed": _("Case closed"),
    }
)


@dataclass(frozen=True)
class AnchorRow:
    """One step; ``why`` is empty unless the ledger refused it, ``has_paper`` if the reader may take it."""

    step: str
    label: str | Promise
    digest: str
    sent: Transmission
    word: str | Promise
    tone: Tone
    why: str
    has_paper: bool

    @property
    def is_kept(self) -> bool:
        """Whether it is on the ledger, so that it can be proved."""
        return self.sent.code == "ok"


def anchor_rows(case: Case) -> list[AnchorRow]:
    """Return the steps that were sent to the ledger, in order."""
    return [
        AnchorRow(
            step,
            STEPS[step],
            anchor.digest,
            anchor.transmission,
            *_standing(anchor.transmission),
            has_paper=sight.sees_anchored_paper(case.side, step),
        )
        for step, anchor in case.anchors.items()
    ]


def _standing(sent: Transmission) -> tuple[str | Promise, Tone, str]:
    if not sent.code:
        return _("Waiting for the ledger"), "warn", ""
    if sent.code == "ok":
        return _("On the ledger"), "good", ""
    return _("Refused"), "bad", sentence(Rejection(sent.code, sent.message))
