"""Yearly rates as exact decimals, and the day counts that turn two dates into a fraction of a year."""

import re
from dataclasses import dataclass
from datetime import date
from enum import Enum
from fractions import Fraction
from typing import Self

from tallystick.errors import Malformed

MAX_DECIMALS = 12
_GRAIN = 10**MAX_DECIMALS
_RATE = re.compile(r"-?(0|[1-9][0-9]{0,5})(\.[0-9]{1,12})?")


@dataclass(frozen=True, order=True, slots=True)
class Rate:
    """A yearly rate as a share of one (``0.0485`` is 4.85 %), a decimal of at most 12 places.

    Raises:
        Malformed: ``bad_rate`` when ``value`` is not such a decimal.
    """

    value: Fraction

    def __post_init__(self) -> None:
        if not isinstance(self.value, Fraction) or _GRAIN % self.value.denominator:
            raise Malformed("bad_rate", f"A rate must be a decimal of at most {MAX_DECIMALS} places.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the rate that ``text`` (``"0.0485"``) states; no per-cent sign, exponent or blank.

        Raises:
            Malformed: ``bad_rate``.
        """
        if not isinstance(text, str) or not _RATE.fullmatch(text):
            raise Malformed("bad_rate", f"{text!r:.40} is not a rate: write 4.85 % as 0.0485.")
        return cls(Fraction(text))

    @classmethod
    def from_bps(cls, basis_points: int) -> Self:
        """Return the rate of so many basis points (hundredths of one per cent)."""
        return cls(Fraction(basis_points, 10_000))

    @property
    def text(self) -> str:
        """The shortest decimal that ``parse`` reads back: ``"0.0485"``, ``"0"``."""
        return _decimal(self.value)

    @property
    def percent(self) -> str:
        """The rate in per cent, without the sign: ``"4.85"``."""
        return _decimal(self.value * 100)


def _decimal(value: Fraction) -> str:
    whole, rest = divmod(abs(value) * _GRAIN, _GRAIN)
    decimals = f"{int(rest):0{MAX_DECIMALS}d}".rstrip("0")
    return f"{'-' if value < 0 else ''}{whole}{'.' if decimals else ''}{decimals}"


class DayCount(Enum):
    """Day count fractions of the 2006 ISDA Definitions, section 4.16.

    THIRTY_360 is (f) "30/360" or bond basis (the US rule without the end-of-February case),
    ACTUAL_360 is (e), ACTUAL_365 is (d) "Actual/365 (Fixed)". The year is always the divisor in the name.
    """

    THIRTY_360 = "30/360"
    ACTUAL_360 = "actual/360"
    ACTUAL_365 = "actual/365"

    @classmethod
    def parse(cls, text: str) -> "DayCount":
        """Return the day count named ``text``, for example ``"30/360"``.

        Raises:
            Malformed: ``bad_day_count``.
        """
        try:
            return cls(text)
        except ValueError:
            known = ", ".join(each.value for each in cls)
            raise Malformed("bad_day_count", f"{text!r:.40} is not a day count: choose {known}.") from None

    def days(self, start: date, end: date) -> int:
        """Return the days counted from ``start`` (included) to ``end`` (excluded); negative backwards."""
        if self is DayCount.THIRTY_360:
            return _thirty_360_days(start, end)
        return (end - start).days

    @property
    def days_in_year(self) -> int:
        """The divisor: 360 or 365."""
        return 365 if self is DayCount.ACTUAL_365 else 360

    def year_fraction(self, start: date, end: date) -> Fraction:
        """Return the part of a year from ``start`` to ``end``, exactly."""
        return Fraction(self.days(start, end), self.days_in_year)


def _thirty_360_days(start: date, end: date) -> int:
    first_day = min(start.day, 30)
    last_day = 30 if end.day == 31 and first_day == 30 else end.day
    return 360 * (end.year - start.year) + 30 * (end.month - start.month) + last_day - first_day
