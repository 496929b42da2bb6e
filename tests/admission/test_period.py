"""The period is whole months before the month of the as-of date."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.admission.period import Period, period_before
from tallystick.errors import Malformed


@pytest.mark.parametrize(
    ("as_of", "months", "first", "last"),
    [
        (date(2026, 1, 15), 12, date(2025, 1, 1), date(2025, 12, 31)),
        (date(2026, 1, 31), 1, date(2025, 12, 1), date(2025, 12, 31)),
        (date(2024, 3, 1), 1, date(2024, 2, 1), date(2024, 2, 29)),
        (date(2020, 2, 29), 14, date(2018, 12, 1), date(2020, 1, 31)),
    ],
)
def test_the_running_month_is_never_in_it(as_of: date, months: int, first: date, last: date) -> None:
    assert period_before(as_of, months) == Period(first, last, months)


@given(st.dates(date(1950, 1, 1), date(2200, 1, 1)), st.integers(1, 120))
def test_it_ends_the_day_before_the_months_first_and_names_every_month(as_of: date, months: int) -> None:
    period = period_before(as_of, months)
    assert period.last_day + timedelta(days=1) == as_of.replace(day=1)
    names = period.month_names()
    assert len(set(names)) == months
    assert (names[0], names[-1]) == (f"{period.first_day:%Y-%m}", f"{period.last_day:%Y-%m}")


@pytest.mark.parametrize("months", [0, -1, 121])
def test_a_period_of_no_months_or_too_many_is_refused(months: int) -> None:
    with pytest.raises(Malformed) as caught:
        period_before(date(2026, 1, 15), months)
    assert caught.value.code == "bad_period"
