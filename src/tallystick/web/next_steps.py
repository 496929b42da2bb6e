"""What comes next for an applicant at each stage, and on which page."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tallystick.lending.application import Stage


@dataclass(frozen=True)
class NextStep:
    """What comes next; ``is_theirs`` when the applicant is the one to act, on the page named ``route``."""

    text: str | Promise
    route: str = "web:application"
    is_theirs: bool = False


NEXT_STEPS: Final[Mapping[Stage, NextStep]] = MappingProxyType(
    {
        Stage.DRAFT: NextStep(_("Fill in and submit"), "web:form", is_theirs=True),
        Stage.UNASSIGNED: NextStep(_("The lender chooses a programme")),
        Stage.INCOMPLETE: NextStep(_("Add what is missing"), "web:form", is_theirs=True),
        Stage.SUBMITTED: NextStep(_("The lender assesses the application")),
        Stage.REFERRED: NextStep(_("A credit officer looks at it")),
        Stage.ASSESSED: NextStep(_("The lender prepares the offer")),
        Stage.OFFERED: NextStep(_("Check the offer"), is_theirs=True),
        Stage.CONFIRMED: NextStep(_("The lender pays out")),
        Stage.DISBURSED: NextStep(_("See the schedule")),
        Stage.DECLINED: NextStep(_("See the reasons")),
        Stage.WITHDRAWN: NextStep(_("Nothing more: it is closed")),
        Stage.EXPIRED: NextStep(_("Nothing more: it is closed")),
    }
)
