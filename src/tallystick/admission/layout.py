"""A layout: how the columns of one outside file become the columns of one of our tables.

Mappings make layouts, and everything that reads a file works from one, so that invoices and tax papers go
the same strict way.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

TEXT, DATE, AMOUNT, CODE = "text", "date", "amount", "code"
"""Kinds of column: a text, a day, money in minor units, one of a list of words of ours."""


@dataclass(frozen=True)
class Layout:
    """One file for one table.

    Attributes:
        kinds: our column → its kind, in the order of our table.
        columns: our column → the file's; what is in neither this nor ``fixed`` is missing in every row.
        fixed: our column → the text that it has in every row.
        codes: our column of the kind ``code`` → the file's word → ours.
        amount_digits: decimals that an amount in the file may carry; 0 when it is in minor units.
        max_amount_digits: digits of one amount in minor units.
        date_format: ``strptime`` form of dates written as text.
    """

    kinds: Mapping[str, str]
    columns: Mapping[str, str]
    amount_digits: int
    max_amount_digits: int
    date_format: str
    fixed: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def of_kind(self, kind: str) -> tuple[str, ...]:
        """Return our columns of that kind, in order."""
        return tuple(column for column, its in self.kinds.items() if its == kind)

    @property
    def date_pattern(self) -> str:
        """Regular expression of a text that has the shape of a date, whether or not that day exists."""
        return date_pattern(self.date_format)


DATE_PARTS = ("%Y", "%m", "%d", "%H", "%M", "%S")


def is_date_format(date_format: str) -> bool:
    """Return whether a form of dates has year, month and day once each, and nothing that we cannot read."""
    pieces = re.split(r"(%.)", date_format)
    unknown = [piece for piece in pieces if piece.startswith("%") and piece not in DATE_PARTS]
    counts = [pieces.count(part) for part in ("%Y", "%m", "%d")]
    return not unknown and counts == [1, 1, 1] and len(date_format) <= 40


def date_pattern(date_format: str) -> str:
    """Return the regular expression of texts that have the shape of such a date."""
    pieces = re.split(r"(%.)", date_format)
    # 2019/1/5 can be read without its zeros; 2019105 cannot.
    short = r"\d{2}" if re.search("%.%", date_format) else r"\d{1,2}"
    digits = {part: r"\d{4}" if part == "%Y" else short for part in DATE_PARTS}
    return "".join(digits.get(piece, re.escape(piece)) for piece in pieces)
