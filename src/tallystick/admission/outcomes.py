"""What became of past enterprises: default or not, and how a file of outcomes is understood (mission A9).

A rating given by somebody who knew the outcome says it again in other words: on the public data set every
company rated D defaulted. Such columns are never read, and asking for one is refused.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from tallystick.errors import Malformed
from tallystick.policy.exact import parse_decimal
from tallystick.policy.table import Table

MAX_OUTCOMES: Final = 1_000_000

#: What a column may be called in a file, for each of ours.
COLUMN_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "enterprise": ("enterprise", "企业代号"),
    "default": ("default", "defaulted", "是否违约"),
    "amount": ("amount", "金额"),
    "date": ("date", "日期"),
}
REQUIRED: Final = ("enterprise", "default")
_YES: Final = frozenset({"yes", "true", "1", "是", "default"})
_NO: Final = frozenset({"no", "false", "0", "否", "none"})
_RATING: Final = re.compile(
    r"(^|[^a-z])(credit_?)?(rating|grade)s?($|[^a-z])|评级|信用等级|信誉", re.IGNORECASE
)


@dataclass(frozen=True)
class Outcome:
    """What became of one enterprise; ``amount`` (of the loan) and ``on`` (the day) where the file says it."""

    enterprise: str
    bad: bool
    amount: Decimal | None = None
    on: date | None = None


def is_rating(name: str) -> bool:
    """Return whether a column or input of that name holds a rating, which leaks the outcome."""
    return _RATING.search(name) is not None


def refuse_leak(table: Table) -> None:
    """Refuse to judge the past by a policy that reads a rating.

    Raises:
        Malformed: ``leaking_column``.
    """
    for part in table.inputs:
        if is_rating(part.name) or is_rating(part.label.zh):
            raise _leaking(part.name)


def columns_of(header: Sequence[str], asked: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return which column of a file each of ours is.

    Args:
        header: the file's columns.
        asked: the file's name for ours, where it is not one of ``COLUMN_NAMES``.

    Raises:
        Malformed: ``leaking_column`` for a rating; ``unknown_column`` when one is not there.
    """
    found = {}
    for ours, names in COLUMN_NAMES.items():
        wanted = (asked or {}).get(ours)
        if wanted is not None and is_rating(wanted):
            raise _leaking(wanted)
        present = [name for name in ((wanted,) if wanted else names) if name in header]
        if present:
            found[ours] = present[0]
        elif wanted or ours in REQUIRED:
            raise Malformed(
                "unknown_column",
                f"The outcomes have no column {wanted or ' or '.join(names)}; they have "
                f"{', '.join(header)[:200]}.",
                column=wanted or names[0],
            )
    return found


def read_outcomes(rows: Iterable[Mapping[str, str | None]]) -> dict[str, Outcome]:
    """Return the outcome of each enterprise, from rows with our columns as text.

    Raises:
        Malformed: ``bad_outcome`` for a row that cannot be read, named by its number;
            ``repeated_outcome`` for an enterprise with two; ``no_outcomes`` without a row.
    """
    found: dict[str, Outcome] = {}
    for number, row in enumerate(rows, 1):
        outcome = _outcome(number, {name: (value or "").strip() for name, value in row.items()})
        if outcome.enterprise in found:
            raise Malformed(
                "repeated_outcome", f"{outcome.enterprise!r:.80} has more than one outcome.", row=number
            )
        found[outcome.enterprise] = outcome
    if not found:
        raise Malformed("no_outcomes", "The file holds no outcome.")
    return found


def _outcome(number: int, row: Mapping[str, str]) -> Outcome:
    enterprise, said = row["enterprise"], row["default"].lower()
    if not enterprise or said not in _YES | _NO:
        raise Malformed(
            "bad_outcome",
            f"Row {number} of the outcomes needs an enterprise, and yes or no for its default "
            f"(found {said!r:.40}).",
            row=number,
        )
    try:
        amount = parse_decimal(row["amount"]) if row.get("amount") else None
        on = date.fromisoformat(row["date"][:10]) if row.get("date") else None
    except (Malformed, ValueError) as error:
        raise Malformed("bad_outcome", f"Row {number} of the outcomes: {error!s:.100}", row=number) from error
    return Outcome(enterprise, said in _YES, amount, on)


def _leaking(name: str) -> Malformed:
    return Malformed(
        "leaking_column",
        f"{name} is a rating: it was given by who knew the outcome, and leaks it. It is not read.",
        column=name,
    )
