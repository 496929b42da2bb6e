"""Dates of payment: adding months, ends of months, and moving a date off a weekend or holiday."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from tallystick.errors import Malformed

SATURDAY_AND_SUNDAY = frozenset({5, 6})
_LONGEST_ROLL_DAYS = 60
_DAY = timedelta(days=1)
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_date(text: str) -> date:
    """Return the date that ``text`` states as ISO 8601 ``YYYY-MM-DD``, and in no other form.

    Raises:
        Malformed: ``bad_date``.
    """
    try:
        if _ISO_DATE.fullmatch(text):
            return date.fromisoformat(text)
    except (TypeError, ValueError):
        pass
    raise Malformed("bad_date", f"{text!r:.40} is not a date: write it as 2026-12-22.")


def add_months(day: date, months: int) -> date:
    """Return the date ``months`` later (or earlier): the same day of the month, or that month's last.

    Always count from the first date of a series: 31 January gives 28 February and, two months on,
    31 March, while counting on from 28 February would lose the month end.

    Raises:
        Malformed: ``bad_date`` outside the years 1 to 9999.
    """
    year, month_index = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise Malformed("bad_date", "The date is outside the years 1 to 9999.")
    return date(year, month_index + 1, min(day.day, monthrange(year, month_index + 1)[1]))


def month_end(day: date) -> date:
    """Return the last day of the month that ``day`` is in."""
    return day.replace(day=monthrange(day.year, day.month)[1])


class Roll(Enum):
    """Where a date goes that is no business day; business day conventions of ISDA 2006, section 4.12."""

    UNADJUSTED = "unadjusted"
    FOLLOWING = "following"
    MODIFIED_FOLLOWING = "modified-following"
    PRECEDING = "preceding"


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Which days are worked.

    Attributes:
        weekend: days of the week not worked, Monday 0 to Sunday 6.
        holidays: dates not worked.
        working_days: dates worked although weekend or holiday (China's make-up days).

    Raises:
        Malformed: ``bad_calendar`` when ``weekend`` has another number or leaves no day to work.
    """

    weekend: frozenset[int] = SATURDAY_AND_SUNDAY
    holidays: frozenset[date] = frozenset()
    working_days: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if not self.weekend < frozenset(range(7)):
            raise Malformed(
                "bad_calendar", "A weekend is some of the days 0 (Monday) to 6, never all of them."
            )

    def is_business_day(self, day: date) -> bool:
        """Return whether ``day`` is worked."""
        if day in self.working_days:
            return True
        return day.weekday() not in self.weekend and day not in self.holidays

    def roll(self, day: date, roll: Roll) -> date:
        """Return the business day that ``roll`` gives for ``day``.

        Raises:
            Malformed: ``bad_calendar`` when no business day lies within 60 days.
        """
        if roll is Roll.UNADJUSTED:
            return day
        if roll is Roll.PRECEDING:
            return self._next_business_day(day, -_DAY)
        following = self._next_business_day(day, _DAY)
        if roll is Roll.MODIFIED_FOLLOWING and following.month != day.month:
            return self._next_business_day(day, -_DAY)
        return following

    def _next_business_day(self, day: date, step: timedelta) -> date:
        for distance in range(_LONGEST_ROLL_DAYS + 1):
            candidate = day + distance * step
            if self.is_business_day(candidate):
                return candidate
        raise Malformed("bad_calendar", f"No business day lies within {_LONGEST_ROLL_DAYS} days of {day}.")
