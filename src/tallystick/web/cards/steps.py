"""The strip of steps of an application: how far it came, with what result, and where that is kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tallystick.lending.application import Move, Stage
from tallystick.web.case import Case
from tallystick.web.figures import NONE, rounded

State = Literal["done", "current", "next", "stopped"]


@dataclass(frozen=True)
class Step:
    """One step of the strip; ``transaction`` is the hash of the transaction that anchored it, or empty."""

    title: str | Promise
    note: str
    state: State
    address: str = ""
    transaction: str = ""


#: The step at which an application of each open stage stands, counted from 0.
AT: Final[Mapping[Stage, int]] = MappingProxyType(
    {
        Stage.DRAFT: 0,
        Stage.UNASSIGNED: 0,
        Stage.INCOMPLETE: 0,
        Stage.SUBMITTED: 1,
        Stage.REFERRED: 1,
        Stage.ASSESSED: 3,
        Stage.OFFERED: 4,
        Stage.CONFIRMED: 5,
        Stage.DISBURSED: 6,
    }
)
OUTCOMES: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "accept": gettext_lazy("accepted"),
        "refer": gettext_lazy("referred"),
        "reject": gettext_lazy("not accepted"),
    }
)


def steps(case: Case) -> list[Step]:
    """Return the six steps in order."""
    reached, ended = _reached(case), case.stage not in AT
    made = []
    for number, (title, note, anchored) in enumerate(_STRIP):
        state: State = "done" if number < reached else "next"
        if number == reached:
            state = "stopped" if ended else "current"
        sent = case.anchors[anchored].transmission if anchored in case.anchors else None
        made.append(
            Step(
                title,
                note(case),
                state,
                sent.address if sent else "",
                sent.transaction_hash if sent and sent.address else "",
            )
        )
    return made


def _reached(case: Case) -> int:
    """Return the step at which the application stands, or stood when it ended."""
    stages = [Stage(event.stage) for event in case.events] or [case.stage]
    return next((AT[stage] for stage in reversed([*stages, case.stage]) if stage in AT), 0)


def _day(case: Case, move: Move) -> str:
    days = [event.at.date().isoformat() for event in case.events if event.move == move]
    return days[-1] if days else NONE


def _taken_in(case: Case) -> str:
    submitted = case.application.submitted_at
    return NONE if submitted is None else submitted.date().isoformat()


def _admission(case: Case) -> str:
    found = case.findings.get("admission")
    if found is None:
        return NONE
    if found.get("points") is None or found.get("acceptable_points_max") is None:
        return str(OUTCOMES[found["outcome"]])
    return _("%(points)s of %(limit)s points") % {
        "points": rounded(found["points"]),
        "limit": found["acceptable_points_max"],
    }


def _grade(case: Case) -> str:
    found = case.findings.get("grading", {})
    if not found.get("grade"):
        return NONE
    if "risk_index" not in found:
        return str(found["grade"])
    return _("%(grade)s, risk index %(index)s") % {"grade": found["grade"], "index": found["risk_index"]}


def _offer(case: Case) -> str:
    return NONE if case.offer is None else str(case.offer.amount)


_STRIP: Final[tuple[tuple[str | Promise, Callable[[Case], str], str], ...]] = (
    (gettext_lazy("Taken in"), _taken_in, "application"),
    (gettext_lazy("Admission"), _admission, "admission"),
    (gettext_lazy("Grade"), _grade, ""),
    (gettext_lazy("Offer"), _offer, "offer"),
    (gettext_lazy("Confirmed"), lambda case: _day(case, Move.CONFIRM), "confirmation"),
    (gettext_lazy("Paid out"), lambda case: _day(case, Move.DISBURSE), "disbursement"),
)
