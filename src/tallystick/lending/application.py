"""The stages of a loan application and the moves between them: one table that every part asks.

    draft ── submit ──> submitted ── approve ──> assessed ── make_offer ──> offered
                         │  refer ──> referred ── approve ──> assessed        │ confirm
                         │  return_incomplete ──> incomplete ── submit        v
                         decline ──> declined                             confirmed ── disburse ──> disbursed

A request that names no programme goes from draft to unassigned until a business manager assigns one
(mission row O1). An offer that is not confirmed in time expires. The applicant may withdraw until the
offer is confirmed; after that both sides are bound.
An assessed application is referred where the offer policy says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from tallystick.errors import Conflict


class Stage(StrEnum):
    """Where an application stands."""

    DRAFT = "draft"
    UNASSIGNED = "unassigned"
    SUBMITTED = "submitted"
    INCOMPLETE = "incomplete"
    ASSESSED = "assessed"
    REFERRED = "referred"
    OFFERED = "offered"
    CONFIRMED = "confirmed"
    DISBURSED = "disbursed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Move(StrEnum):
    """What may happen to an application; approve, refer and decline are the words of a decision."""

    REQUEST_PROGRAMME = "request_programme"
    ASSIGN_PROGRAMME = "assign_programme"
    SUBMIT = "submit"
    RETURN_INCOMPLETE = "return_incomplete"
    APPROVE = "approve"
    REFER = "refer"
    DECLINE = "decline"
    MAKE_OFFER = "make_offer"
    CONFIRM = "confirm"
    EXPIRE = "expire"
    DISBURSE = "disburse"
    WITHDRAW = "withdraw"


@dataclass(frozen=True)
class Step:
    """One row of the table: from which stages a move leads to which."""

    move: Move
    sources: frozenset[Stage]
    target: Stage


_OPEN = frozenset(
    {
        Stage.DRAFT,
        Stage.UNASSIGNED,
        Stage.SUBMITTED,
        Stage.INCOMPLETE,
        Stage.REFERRED,
        Stage.ASSESSED,
        Stage.OFFERED,
    }
)
STEPS: Final = (
    Step(Move.REQUEST_PROGRAMME, frozenset({Stage.DRAFT}), Stage.UNASSIGNED),
    Step(Move.ASSIGN_PROGRAMME, frozenset({Stage.UNASSIGNED}), Stage.DRAFT),
    Step(Move.SUBMIT, frozenset({Stage.DRAFT, Stage.INCOMPLETE}), Stage.SUBMITTED),
    Step(Move.RETURN_INCOMPLETE, frozenset({Stage.SUBMITTED}), Stage.INCOMPLETE),
    Step(Move.REFER, frozenset({Stage.SUBMITTED, Stage.ASSESSED}), Stage.REFERRED),
    Step(Move.APPROVE, frozenset({Stage.SUBMITTED, Stage.REFERRED}), Stage.ASSESSED),
    Step(
        Move.DECLINE,
        frozenset({Stage.UNASSIGNED, Stage.SUBMITTED, Stage.REFERRED, Stage.ASSESSED}),
        Stage.DECLINED,
    ),
    Step(Move.MAKE_OFFER, frozenset({Stage.ASSESSED}), Stage.OFFERED),
    Step(Move.CONFIRM, frozenset({Stage.OFFERED}), Stage.CONFIRMED),
    Step(Move.EXPIRE, frozenset({Stage.OFFERED}), Stage.EXPIRED),
    Step(Move.DISBURSE, frozenset({Stage.CONFIRMED}), Stage.DISBURSED),
    Step(Move.WITHDRAW, _OPEN, Stage.WITHDRAWN),
)

#: Each stage: the moves that are possible from it and where they lead; none from a final stage.
MOVES: Final[Mapping[Stage, Mapping[Move, Stage]]] = MappingProxyType(
    {
        stage: MappingProxyType({step.move: step.target for step in STEPS if stage in step.sources})
        for stage in Stage
    }
)


def advance(stage: str, move: str) -> Stage:
    """Return the stage that ``move`` leads to from ``stage``.

    Raises:
        Conflict: ``illegal_move`` when the table has no such row.
    """
    for step in STEPS:
        if step.move == move and stage in step.sources:
            return step.target
    raise Conflict(
        "illegal_move",
        f"An application that is {stage} cannot be moved by {move}.",
        stage=str(stage),
        move=str(move),
    )
