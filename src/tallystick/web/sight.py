"""What each side of an application sees on its page, and what it can do next: the one place that decides.

Nobody but the two sides sees anything (``services.applications.find``). The applicant is told outcomes,
reasons and its own grade, and not how the lender measured; the lender sees what was handed in once it
was handed in, and not what stands in a draft.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from tallystick.lending.application import MOVES, Move, Stage
from tallystick.records.models import Application, Event, Finding
from tallystick.services.access import Actor


class Side(StrEnum):
    """On which side of the application the asker stands."""

    APPLICANT = "applicant"
    LENDER = "lender"


_BOTH: Final = frozenset(Side)
_LENDER: Final = frozenset({Side.LENDER})

#: Card of the page -> the sides that are shown it.
CARDS: Final[Mapping[str, frozenset[Side]]] = MappingProxyType(
    {
        "reasons": _BOTH,
        "offer": _BOTH,
        "limits": _LENDER,
        "admission": _LENDER,
        "grading": _LENDER,
        "request": _BOTH,
        "documents": _BOTH,
        "anchors": _BOTH,
        "history": _BOTH,
    }
)
#: Cards that hold what the applicant has written and handed in.
PAPERS: Final = frozenset({"request", "documents"})

#: What the applicant sees of a finding's document, by kind; a kind that is not listed is not shown.
APPLICANT_SEES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "completeness": frozenset({"complete", "missing_per_mille", "threshold_per_mille", "to_add"}),
        "admission": frozenset({"as_of", "outcome", "reasons"}),
        "grading": frozenset({"outcome", "grade", "label"}),
        "refusal": frozenset({"outcome", "reasons"}),
        "decision": frozenset({"outcome", "decided_by", "reasons"}),
    }
)
#: Steps whose anchored paper the applicant may take away: what it has said or agreed to, and no more.
APPLICANT_PAPERS: Final = frozenset({"application", "offer", "confirmation", "disbursement", "closed"})
#: What the applicant sees of a reason; the points it cost are the lender's.
REASON_SHOWN: Final = frozenset({"code", "text"})
#: Moves whose typed reason is meant for both sides; any other reason stays with the side that gave it.
REASON_FOR_BOTH: Final = frozenset({Move.DECLINE, Move.WITHDRAW})


@dataclass(frozen=True)
class Way:
    """One thing that can be done to an application: by which side, by which permission, from which stages."""

    side: Side
    use_case: str
    stages: frozenset[Stage]


def _where(move: Move) -> frozenset[Stage]:
    return frozenset(stage for stage, moves in MOVES.items() if move in moves)


#: Address by which it is done -> who can do it, and when.
WAYS: Final[Mapping[str, Way]] = MappingProxyType(
    {
        "form": Way(Side.APPLICANT, "apply", _where(Move.SUBMIT)),
        "accept": Way(Side.APPLICANT, "confirm_offer", _where(Move.CONFIRM)),
        "withdraw": Way(Side.APPLICANT, "apply", _where(Move.WITHDRAW)),
        "assign": Way(Side.LENDER, "assign_programme", _where(Move.ASSIGN_PROGRAMME)),
        "assess": Way(Side.LENDER, "assess", _where(Move.REFER)),
        "admit": Way(Side.LENDER, "make_offer", _where(Move.APPROVE) - _where(Move.REFER)),
        "offer": Way(Side.LENDER, "make_offer", _where(Move.MAKE_OFFER)),
        "decline": Way(Side.LENDER, "decline", _where(Move.DECLINE)),
        "pay": Way(Side.LENDER, "disburse", _where(Move.DISBURSE)),
    }
)


def side_of(actor: Actor, application: Application) -> Side:
    """Return the side of an actor who may see the application."""
    return Side.LENDER if application.lender_id == actor.member_id else Side.APPLICANT


def possible(actor: Actor, application: Application) -> frozenset[str]:
    """Return the ways that are open to the actor now."""
    side, stage = side_of(actor, application), Stage(application.stage)
    return frozenset(
        name
        for name, way in WAYS.items()
        if way.side is side and stage in way.stages and actor.may(way.use_case)
    )


def shown(side: Side, application: Application) -> frozenset[str]:
    """Return the cards that the side is shown; a card may still have nothing to say yet."""
    has_papers = side is Side.APPLICANT or application.submitted_at is not None
    return frozenset(
        card for card, sides in CARDS.items() if side in sides and (has_papers or card not in PAPERS)
    )


def finding_document(side: Side, finding: Finding) -> dict[str, Any] | None:
    """Return what the side sees of a finding; ``None`` when it is not told that there is one."""
    document: dict[str, Any] = finding.document
    if side is Side.LENDER:
        return document
    if finding.kind not in APPLICANT_SEES:
        return None
    seen = APPLICANT_SEES[finding.kind]
    return {
        name: _reasons(value) if name == "reasons" else value
        for name, value in document.items()
        if name in seen
    }


def may_take(side: Side, step: str) -> bool:
    """Return whether the side may take away the paper that a step's digest commits to."""
    return side is Side.LENDER or step in APPLICANT_PAPERS


def _reasons(reasons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: reason[name] for name in REASON_SHOWN} for reason in reasons]


def is_own(actor: Actor, event: Event) -> bool:
    """Return whether a colleague of the asker made the move, who may then be named."""
    return event.user is not None and event.user.member_id == actor.member_id


def reason_of(actor: Actor, event: Event) -> str:
    """Return the reason typed with a move, as far as it is meant for the asker."""
    if event.user is None:
        return ""
    return event.reason if is_own(actor, event) or event.move in REASON_FOR_BOTH else ""
