"""What each side of an application sees, and what it can do next: the only place that decides it.

Nobody but the two sides sees anything (``casework.find``). The applicant is told outcomes, reasons and
its own grade, and not how the lender measured; the lender sees what was handed in once it was handed
in, and not what stands in a draft. Front doors choose the form, never the content.
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
    """On which side of the application somebody stands; ``RULE`` moves it without a person."""

    APPLICANT = "applicant"
    LENDER = "lender"
    RULE = "rule"


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
#: What the applicant sees of a reason; the points it cost are the lender's.
REASON_SHOWN: Final = frozenset({"code", "text"})
#: Moves whose typed reason is meant for both sides; any other reason stays with the side that gave it.
REASON_FOR_BOTH: Final = frozenset({Move.DECLINE, Move.WITHDRAW})
#: Steps whose anchored paper the applicant may read: what it has signed, and what binds it.
PAPERS_FOR_APPLICANT: Final = frozenset({"application", "offer", "confirmation", "disbursement", "closed"})


@dataclass(frozen=True)
class Way:
    """One use case on an application: for which side, by which permission, from which stages."""

    side: Side
    use_case: str
    stages: frozenset[Stage]


def _where(move: Move) -> frozenset[Stage]:
    return frozenset(stage for stage, moves in MOVES.items() if move in moves)


#: Use case by the name of its service -> who can carry it out, and when.
WAYS: Final[Mapping[str, Way]] = MappingProxyType(
    {
        "fill": Way(Side.APPLICANT, "apply", _where(Move.SUBMIT)),
        "hand_in_book": Way(Side.APPLICANT, "apply", _where(Move.SUBMIT)),
        "submit": Way(Side.APPLICANT, "apply", _where(Move.SUBMIT)),
        "confirm": Way(Side.APPLICANT, "confirm_offer", _where(Move.CONFIRM)),
        "withdraw": Way(Side.APPLICANT, "apply", _where(Move.WITHDRAW)),
        "assign_programme": Way(Side.LENDER, "assign_programme", _where(Move.ASSIGN_PROGRAMME)),
        "assess": Way(Side.LENDER, "assess", frozenset({Stage.SUBMITTED})),
        "admit_referred": Way(Side.LENDER, "make_offer", frozenset({Stage.REFERRED})),
        "make_offer": Way(Side.LENDER, "make_offer", _where(Move.MAKE_OFFER)),
        "decline": Way(Side.LENDER, "decline", _where(Move.DECLINE)),
        "disburse": Way(Side.LENDER, "disburse", _where(Move.DISBURSE)),
    }
)


def side_of(actor: Actor, application: Application) -> Side:
    """Return the side of an actor who may see the application."""
    return Side.LENDER if application.lender_id == actor.member_id else Side.APPLICANT


def possible(actor: Actor, application: Application) -> tuple[str, ...]:
    """Return the names of ``WAYS`` that are open to the actor now, in the table's order."""
    side, stage = side_of(actor, application), Stage(application.stage)
    return tuple(
        name
        for name, way in WAYS.items()
        if way.side is side and stage in way.stages and actor.may(way.use_case)
    )


def sees_papers(side: Side, application: Application) -> bool:
    """Return whether the side sees items and books: the lender only what was submitted complete."""
    return side is Side.APPLICANT or application.submitted_at is not None


def sees_anchored_paper(side: Side, step: str) -> bool:
    """Return whether the side may read the document that a step's digest commits to."""
    return side is Side.LENDER or step in PAPERS_FOR_APPLICANT


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


def finding_digest(side: Side, finding: Finding) -> str | None:
    """Return the digest for the lender; to anybody else it would let a guess at the rest be tried."""
    return finding.digest if side is Side.LENDER else None


def mover(event: Event, application: Application) -> Side:
    """Return which side made a move."""
    if event.user is None:
        return Side.RULE
    return Side.APPLICANT if event.user.member_id == application.applicant_id else Side.LENDER


def is_own(actor: Actor, event: Event) -> bool:
    """Return whether a colleague of the asker made the move, who may then be named."""
    return event.user is not None and event.user.member_id == actor.member_id


def reason_of(actor: Actor, event: Event) -> str:
    """Return the reason typed with a move, as far as it is meant for the asker."""
    if event.user is None:
        return ""
    return event.reason if is_own(actor, event) or event.move in REASON_FOR_BOTH else ""


def _reasons(reasons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: reason[name] for name in REASON_SHOWN} for reason in reasons]
