"""The risk index and the grade (mission row O4): a level per dimension, weighted, and read off the bands.

Each dimension's policy table gives a level from 0 (no risk seen) to 100. The index is the sum of
level × weight ÷ 100, rounded half up to one decimal; the grade is the first band that reaches it. A
dimension whose inputs do not hold has no level, and then there is neither index nor grade: refer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from tallystick.errors import Malformed
from tallystick.lending.programme import Programme
from tallystick.lending.programme_document import INDEX_MAX, Dimension
from tallystick.policy import exact
from tallystick.policy.decision import Decision, Reason
from tallystick.policy.evaluate import decide
from tallystick.policy.exact import decimal_text
from tallystick.policy.rules import Outcome
from tallystick.policy.table import Table
from tallystick.policy.wording import Wording

#: The output of a ``first`` table that gives a level; a ``sum`` table gives its points.
LEVEL: Final = "level"
_PER_CENT = Decimal("0.01")
_ONE_DECIMAL = Decimal("0.1")
_ROUNDING = Context(prec=100, rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class DimensionLevel:
    """One dimension's part in the index; ``level`` and ``contribution`` are ``None`` where it refers."""

    dimension: Dimension
    level: Decimal | None
    decision: Decision

    @property
    def contribution(self) -> Decimal | None:
        """The points of the index that come from this dimension: level × weight ÷ 100, exact."""
        if self.level is None:
            return None
        return exact.multiply(exact.multiply(self.level, Decimal(self.dimension.weight)), _PER_CENT)

    def document(self) -> dict[str, object]:
        """Return it as canonical data, with the table's whole decision."""
        return {
            "name": self.dimension.name,
            "label": self.dimension.label.document(),
            "weight": self.dimension.weight,
            "level": None if self.level is None else decimal_text(self.level),
            "contribution": None if self.contribution is None else decimal_text(self.contribution),
            "rules": [reason.code for reason in self.decision.reasons],
            "decision": self.decision.document(),
        }


@dataclass(frozen=True)
class Grading:
    """The index and grade, and what they rest on.

    Attributes:
        outcome: ``found``, or ``refer`` when a dimension has no level.
        risk_index: 0.0 to 100.0 with one decimal, or ``None``.
        grade, label: the band's name and words, or ``None``.
        levels: one for each dimension, in the programme's order.
    """

    outcome: Outcome
    risk_index: Decimal | None
    grade: str | None
    label: Wording | None
    levels: tuple[DimensionLevel, ...]

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why there is no grade; or else the rules that raised the index, dimension by dimension."""
        return tuple(
            reason
            for each in self.levels
            if self.outcome == "found" or each.level is None
            for reason in each.decision.reasons
        )

    def document(self) -> dict[str, object]:
        """Return the grading as canonical data, the index always with its one decimal."""
        return {
            "outcome": self.outcome,
            "risk_index": None if self.risk_index is None else str(self.risk_index),
            "grade": self.grade,
            "label": None if self.label is None else self.label.document(),
            "dimensions": [each.document() for each in self.levels],
        }


def grade(programme: Programme, tables: Mapping[str, Table], inputs: Mapping[str, object]) -> Grading:
    """Return the grading of ``inputs`` (indicators by name) by the programme's dimensions and bands.

    Args:
        programme: weights and bands.
        tables: policy tables by name; each dimension's must be there (``check_policies``).
        inputs: what the tables may read.

    Raises:
        Malformed: ``bad_level`` when a table gives a level outside 0 to 100.
    """
    levels = tuple(_level(part, decide(tables[part.policy], inputs)) for part in programme.dimensions)
    parts = [each.contribution for each in levels if each.contribution is not None]
    if len(parts) < len(levels):
        return Grading("refer", None, None, None, levels)
    total = Decimal(0)
    for part in parts:
        total = exact.add(total, part)
    index = total.quantize(_ONE_DECIMAL, context=_ROUNDING)
    band = next(band for band in programme.bands if index <= band.index_max)
    return Grading("found", index, band.grade, band.label, levels)


def _level(dimension: Dimension, decision: Decision) -> DimensionLevel:
    if decision.outcome != "found":
        return DimensionLevel(dimension, None, decision)
    level = decision.points if decision.points is not None else decision.outputs.get(LEVEL)
    if not isinstance(level, Decimal) or not 0 <= level <= INDEX_MAX:
        raise Malformed("bad_level", f"The policy {decision.table} must give a level from 0 to 100.")
    return DimensionLevel(dimension, level, decision)
