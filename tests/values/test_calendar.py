"""Months keep their ends, and due dates leave weekends and holidays as the convention says."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.errors import Malformed
from tallystick.values.calendar import BusinessCalendar, Roll, add_months, month_end, parse_date

days = st.dates(date(1900, 1, 1), date(2200, 12, 31))
calendars = st.builds(
    BusinessCalendar, st.sets(st.integers(0, 6), max_size=3).map(frozenset), st.frozensets(days)
)


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2027, 1, 31), 2, date(2027, 3, 31)),
        (date(2027, 3, 31), -1, date(2027, 2, 28)),
        (date(2026, 12, 22), 1, date(2027, 1, 22)),
        (date(2026, 1, 22), -1, date(2025, 12, 22)),
    ],
)
def test_months_are_added_to_the_same_day_or_the_months_last(start, months, expected):
    assert add_months(start, months) == expected


@given(days, st.integers(-1200, 1200))
def test_adding_months_moves_exactly_so_many_months(day, months):
    moved = add_months(day, months)
    assert (moved.year - day.year) * 12 + moved.month - day.month == months
    assert moved.day == day.day or (moved.day < day.day and moved == month_end(moved))


@given(days)
def test_the_day_after_a_month_end_is_in_the_next_month(day):
    end = month_end(day)
    assert (end.year, end.month) == (day.year, day.month)
    assert date.fromordinal(end.toordinal() + 1).day == 1


def test_dates_out_of_range_are_refused():
    for months in (-12 * 3000, 12 * 9000):
        with pytest.raises(Malformed):
            add_months(date(2026, 1, 1), months)


@pytest.mark.parametrize(
    "text", ["20261222", "2026-W52-2", "2026-12-32", "2026-2-1", "２０２６-12-22", " 2026-12-22", "", None]
)
def test_only_one_way_of_writing_a_date_is_read(text):
    with pytest.raises(Malformed) as caught:
        parse_date(text)
    assert caught.value.code == "bad_date"


@given(days)
def test_a_date_written_in_iso_form_is_read_back(day):
    assert parse_date(day.isoformat()) == day


@pytest.mark.parametrize(
    ("roll", "expected"),
    [  # 31 January 2027 is a Sunday and Monday is 1 February.
        (Roll.UNADJUSTED, date(2027, 1, 31)),
        (Roll.FOLLOWING, date(2027, 2, 1)),
        (Roll.MODIFIED_FOLLOWING, date(2027, 1, 29)),
        (Roll.PRECEDING, date(2027, 1, 29)),
    ],
)
def test_each_convention_moves_a_sunday_at_the_months_end(roll, expected):
    assert BusinessCalendar().roll(date(2027, 1, 31), roll) == expected


@given(days, st.sampled_from([Roll.FOLLOWING, Roll.MODIFIED_FOLLOWING, Roll.PRECEDING]), calendars)
def test_a_rolled_date_is_the_nearest_business_day_on_its_side(day, roll, calendar):
    rolled = calendar.roll(day, roll)
    assert calendar.is_business_day(rolled)
    low, high = sorted((day, rolled))
    between = [date.fromordinal(number) for number in range(low.toordinal() + 1, high.toordinal())]
    assert not any(calendar.is_business_day(each) for each in between)
    if calendar.is_business_day(day):
        assert rolled == day
    if roll is Roll.PRECEDING:
        assert rolled <= day


def test_a_make_up_day_is_worked_although_it_is_a_sunday():
    sunday = date(2027, 1, 31)
    assert BusinessCalendar(working_days=frozenset({sunday})).is_business_day(sunday)


@pytest.mark.parametrize("weekend", [frozenset(range(7)), frozenset({7}), frozenset({-1})])
def test_a_week_without_work_is_refused(weekend):
    with pytest.raises(Malformed):
        BusinessCalendar(weekend)


def test_a_calendar_without_a_near_business_day_is_refused():
    holidays = frozenset(date.fromordinal(date(2027, 1, 1).toordinal() + number) for number in range(100))
    with pytest.raises(Malformed):
        BusinessCalendar(holidays=holidays).roll(date(2027, 1, 1), Roll.FOLLOWING)
