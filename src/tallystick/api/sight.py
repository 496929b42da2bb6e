"""What each side of an application sees, and what it can do next: the only place that decides it.

Nobody but the two sides sees anything (``services.applications.find``). The applicant is told outcomes,
reasons and its own grade, and not how the lender measured; the lender sees what was handed in once it
was handed in, and not what stands in a draft.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Literal

from tallystick.lending.application import MOVES, Move, Stage
from tallystick.records.models import Application, Event, Finding
from tallystick.services.access import Actor

Mover = Literal["applicant", "lender", "rule"]


class Side(StrEnum):
    """On which side of the application the asker stands."""

    APPLICANT = "applicant"
    LENDER = "lender"


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


@dataclass(frozen=True)
class Way:
    """One address that moves an application on: for whom, by which permission, from which stages."""

    side: Side
    use_case: str
    stages: frozenset[Stage]


def _where(move: Move) -> frozenset[Stage]:
    return frozenset(stage for stage, moves in MOVES.items() if move in moves)


#: Last part of the address -> who can use it, and when.
WAYS: Final[Mapping[str, Way]] = MappingProxyType(
    {
        "items": Way(Side.APPLICANT, "apply", _where(Move.SUBMIT)),
        "books": Way(Side.APPLICANT, "apply", _where(Move.SUBMIT)),
        "programme": Way(Side.LENDER, "assign_programme", _where(Move.ASSIGN_PROGRAMME)),
        "submission": Way(Side.APPLICANT, "apply", _where(Move.SUBMIT)),
        "assessment": Way(Side.LENDER, "assess", _where(Move.REFER)),
        "admission": Way(Side.LENDER, "make_offer", _where(Move.APPROVE) - _where(Move.REFER)),
        "offer": Way(Side.LENDER, "make_offer", _where(Move.MAKE_OFFER)),
        "decline": Way(Side.LENDER, "decline", _where(Move.DECLINE)),
        "confirmation": Way(Side.APPLICANT, "confirm_offer", _where(Move.CONFIRM)),
        "disbursement": Way(Side.LENDER, "disburse", _where(Move.DISBURSE)),
        "withdrawal": Way(Side.APPLICANT, "apply", _where(Move.WITHDRAW)),
    }
)


def side_of(actor: Actor, application: Application) -> Side:
    """Return the side of an actor who may see the application."""
    return Side.LENDER if application.lender_id == actor.member_id else Side.APPLICANT


def possible(actor: Actor, application: Application) -> list[str]:
    """Return the last parts of the addresses that the actor can use on the application now."""
    side, stage = side_of(actor, application), Stage(application.stage)
    return [
        name
        for name, way in WAYS.items()
        if way.side is side and stage in way.stages and actor.may(way.use_case)
    ]


def has_papers(side: Side, application: Application) -> bool:
    """Return whether the side sees items and books: the lender only what was submitted complete."""
    return side is Side.APPLICANT or application.submitted_at is not None


def sees(side: Side, finding: Finding) -> bool:
    """Return whether the side is told that there is such a finding."""
    return side is Side.LENDER or finding.kind in APPLICANT_SEES


def finding_digest(side: Side, finding: Finding) -> str | None:
    """Return the digest for the lender; to anybody else it would let a guess at the rest be tried."""
    return finding.digest if side is Side.LENDER else None


def finding_document(side: Side, finding: Finding) -> dict[str, Any]:
    """Return what the side sees of a finding that it ``sees``."""
    document: dict[str, Any] = finding.document
    if side is Side.LENDER:
        return document
    seen = APPLICANT_SEES[finding.kind]
    return {
        name: _reasons(value) if name == "reasons" else value
        for name, value in document.items()
        if name in seen
    }


def _reasons(reasons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: reason[name] for name in REASON_SHOWN} for reason in reasons]


def mover(event: Event, application: Application) -> Mover:
    """Return which side made a move: applicant, lender, or rule for what no person did."""
    if event.user is None:
        return "rule"
    return "applicant" if event.user.member_id == application.applicant_id else "lender"


def mover_name(actor: Actor, event: Event) -> str | None:
    """Return the user who made a move, if it is the asker's own colleague."""
    if event.user is None or event.user.member_id != actor.member_id:
        return None
    return event.user.username
