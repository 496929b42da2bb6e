"""Rates are exact decimals; day counts follow the ISDA definitions, row by row."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.errors import Malformed
from tallystick.values.rates import DayCount, Rate

days = st.dates(date(1900, 1, 1), date(2200, 12, 31))


@given(st.integers(-(10**18), 10**18), st.integers(0, 12))
def test_text_and_parse_are_each_others_inverse(digits, places):
    rate = Rate(Fraction(digits, 10**places))
    if abs(rate.value) < 10**6:
        assert Rate.parse(rate.text) == rate


@pytest.mark.parametrize(
    ("text", "short", "percent"),
    [("0.0485", "0.0485", "4.85"), ("0", "0", "0"), ("1.000", "1", "100"), ("-0.005", "-0.005", "-0.5")],
)
def test_a_rate_is_written_in_its_shortest_form(text, short, percent):
    assert Rate.parse(text).text == short
    assert Rate.parse(text).percent == percent


def test_basis_points_are_hundredths_of_a_per_cent():
    assert Rate.from_bps(485) == Rate.parse("0.0485")


@pytest.mark.parametrize(
    "text", ["", "4.85%", "1e-2", ".5", "5.", " 0.1", "0.1\n", "００", "nan", "0.0000000000001", None, 1]
)
def test_what_is_not_exactly_a_rate_is_refused(text):
    with pytest.raises(Malformed) as caught:
        Rate.parse(text)
    assert caught.value.code == "bad_rate"


@pytest.mark.parametrize("value", [Fraction(1, 3), 0.5, 1])
def test_a_rate_without_a_short_decimal_is_refused(value):
    with pytest.raises(Malformed):
        Rate(value)


@pytest.mark.parametrize(
    ("start", "end", "thirty"),
    [
        # (year2-year1)×360 + (month2-month1)×30 + (D2-D1), D1: 31 → 30; D2: 31 → 30 only after D1 ≥ 30.
        (date(2026, 11, 22), date(2026, 12, 22), 30),
        (date(2027, 1, 31), date(2027, 2, 28), 28),  # 30 + (28-30)
        (date(2027, 2, 28), date(2027, 3, 31), 33),  # 30 + (31-28): D2 stays 31
        (date(2027, 1, 30), date(2027, 3, 31), 60),  # D2: 31 → 30
        (date(2027, 1, 15), date(2027, 1, 31), 16),  # D2 stays 31
        (date(2028, 2, 29), date(2029, 2, 28), 359),  # 360 + (28-29)
    ],
)
def test_30_360_counts_days_as_isda_4_16_f_says(start, end, thirty):
    assert DayCount.THIRTY_360.days(start, end) == thirty
    assert DayCount.THIRTY_360.year_fraction(start, end) == Fraction(thirty, 360)


def test_actual_day_counts_divide_the_days_by_their_year():
    # 22 Dec 2026 to 22 Jan 2027 is 31 days; all of leap year 2028 is 366.
    assert DayCount.ACTUAL_360.year_fraction(date(2026, 12, 22), date(2027, 1, 22)) == Fraction(31, 360)
    assert DayCount.ACTUAL_365.year_fraction(date(2028, 1, 1), date(2029, 1, 1)) == Fraction(366, 365)


@given(days, days, days, st.sampled_from([DayCount.ACTUAL_360, DayCount.ACTUAL_365]))
def test_actual_fractions_of_adjoining_periods_add_up(one, two, three, day_count):
    whole = day_count.year_fraction(one, three)
    assert day_count.year_fraction(one, two) + day_count.year_fraction(two, three) == whole


@given(days, st.integers(0, 100))
def test_30_360_counts_whole_years_as_years(start, years):
    if start.day < 29:
        assert DayCount.THIRTY_360.year_fraction(start, start.replace(year=start.year + years)) == years


@given(days, st.integers(0, 4000))
def test_30_360_stays_near_the_calendar(start, length):
    end = start + timedelta(days=length)
    # A year has five or six days more than 360; an end of month moves at most three.
    assert abs(DayCount.THIRTY_360.days(start, end) - length) <= 6 * (length // 365 + 1) + 3


@given(days, st.sampled_from(DayCount))
def test_no_time_is_no_fraction(day, day_count):
    assert day_count.year_fraction(day, day) == 0


def test_an_unknown_day_count_is_refused_by_name():
    assert DayCount.parse("actual/360") is DayCount.ACTUAL_360
    with pytest.raises(Malformed) as caught:
        DayCount.parse("30E/360")
    assert caught.value.code == "bad_day_count"
