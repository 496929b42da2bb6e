"""What an application's stage is called, and in which tone it is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tallystick.lending.application import Stage

Tone = Literal["good", "warn", "bad", "info", "quiet"]


@dataclass(frozen=True)
class StageLabel:
    """Word and tone of one stage."""

    word: str | Promise
    tone: Tone


STAGES: Final[Mapping[Stage, StageLabel]] = MappingProxyType(
    {
        Stage.DRAFT: StageLabel(_("Draft"), "quiet"),
        Stage.UNASSIGNED: StageLabel(_("Waits for a programme"), "warn"),
        Stage.SUBMITTED: StageLabel(_("Submitted"), "info"),
        Stage.INCOMPLETE: StageLabel(_("Items missing"), "warn"),
        Stage.ASSESSED: StageLabel(_("Assessed"), "info"),
        Stage.REFERRED: StageLabel(_("With an officer"), "warn"),
        Stage.OFFERED: StageLabel(_("Offer made"), "info"),
        Stage.CONFIRMED: StageLabel(_("Offer confirmed"), "good"),
        Stage.DISBURSED: StageLabel(_("Paid out"), "good"),
        Stage.DECLINED: StageLabel(_("Declined"), "bad"),
        Stage.WITHDRAWN: StageLabel(_("Withdrawn"), "quiet"),
        Stage.EXPIRED: StageLabel(_("Offer expired"), "quiet"),
    }
)


def stage_label(stage: str) -> StageLabel:
    """Return the label of ``stage``.

    Raises:
        ValueError: when there is no such stage.
    """
    return STAGES[Stage(stage)]
