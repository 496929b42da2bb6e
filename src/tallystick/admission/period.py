"""The period that indicators look at: whole calendar months before the month of the as-of date."""

from dataclasses import dataclass
from datetime import date, timedelta

from tallystick.errors import Malformed

MAX_MONTHS = 120

EPOCH = date(1970, 1, 1)
"""The day from which the engines count days."""


@dataclass(frozen=True)
class Period:
    """``months`` whole calendar months, from ``first_day`` to ``last_day``, both included."""

    first_day: date
    last_day: date
    months: int

    @property
    def first_month(self) -> int:
        """The first month counted from year 0, so that months subtract like integers."""
        return month_number(self.first_day)

    def month_names(self) -> tuple[str, ...]:
        """Return every month of the period as ``YYYY-MM``, oldest first."""
        return tuple(
            first_of_month(self.first_month + offset).strftime("%Y-%m") for offset in range(self.months)
        )


def month_number(day: date) -> int:
    """Return the month of ``day`` counted from year 0: 12 × year + month − 1."""
    return day.year * 12 + day.month - 1


def first_of_month(number: int) -> date:
    """Return the first day of the month with that number (see ``month_number``)."""
    return date(number // 12, number % 12 + 1, 1)


def period_before(as_of: date, months: int) -> Period:
    """Return the ``months`` whole calendar months before the month of ``as_of``.

    The month of the as-of date itself is never in the period, not even on its last day: invoices of a
    running month still arrive.

    Raises:
        Malformed: ``bad_period`` when ``months`` is not from 1 to 120 or reaches before the year 1900.
    """
    if not 1 <= months <= MAX_MONTHS or as_of.year - months // 12 - 1 < 1900:
        raise Malformed("bad_period", f"The period must be 1 to {MAX_MONTHS} whole months after 1900.")
    end = month_number(as_of)
    return Period(first_of_month(end - months), first_of_month(end) - timedelta(days=1), months)
