"""What became of every rule of a table: kept as short as it can be, and read out as verdicts on demand."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import msgspec

from tallystick.policy.exact import decimal_text

Found = Literal["matched", "not_matched", "not_reached"]
#: An input as it is kept: decimals as text; what canonical JSON cannot hold as {"not_kept": type name}.
Kept = str | int | bool | Mapping[str, str] | None


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What became of one rule.

    Attributes:
        code: the rule.
        found: matched, not matched, or not reached (an earlier rule answered, or an input did not hold).
        read: the values that its cells looked at, in order, up to the one that failed.
        failed_input, failed_cell: which condition did not hold, when not matched.
        points: what it added, when it matched in a ``sum`` table.
    """

    code: str
    found: Found
    read: Mapping[str, Kept] = msgspec.field(default_factory=dict)
    failed_input: str | None = None
    failed_cell: str | None = None
    points: Decimal | None = None

    def document(self) -> dict[str, object]:
        """Return the verdict as canonical data."""
        return {
            "code": self.code,
            "found": self.found,
            "read": dict(self.read),
            "failed_input": self.failed_input,
            "failed_cell": self.failed_cell,
            "points": None if self.points is None else decimal_text(self.points),
        }


@dataclass(frozen=True, slots=True)
class Trail:
    """What became of every rule, for all figures that lie in the same classes.

    Attributes:
        matched: the places of the rules that matched, in order.
        codes, found, places, failed_inputs, failed_cells: for each rule: its code, what became of it, its
            place in ``reads`` (-1 when it was not reached), and the input and the cell that failed.
        reads: the lists of inputs that rules looked at, each once.
    """

    matched: tuple[int, ...]
    codes: tuple[str, ...]
    found: tuple[Found, ...]
    places: tuple[int, ...]
    failed_inputs: tuple[str | None, ...]
    failed_cells: tuple[str | None, ...]
    reads: tuple[tuple[str, ...], ...]

    def verdicts(self, kept: Mapping[str, Kept], points: Mapping[str, Decimal | None]) -> tuple[Verdict, ...]:
        """Return the verdicts on the figures ``kept``; ``points`` are those that rules gave, by code."""
        reads: list[dict[str, Kept]] = [{name: kept[name] for name in names} for names in self.reads]
        reads.append({})  # the last, at -1: a rule that was not reached read nothing
        read = map(reads.__getitem__, self.places)
        cost = map(points.get, self.codes)
        columns = (self.codes, self.found, read, self.failed_inputs, self.failed_cells, cost)
        return tuple(map(Verdict, *columns))


def not_reached(codes: tuple[str, ...]) -> Trail:
    """Return the trail of rules none of which was tried."""
    none = (None,) * len(codes)
    found: list[Found] = ["not_reached" for _ in codes]
    return Trail((), codes, tuple(found), (-1,) * len(codes), none, none, ())
