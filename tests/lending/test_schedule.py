"""Repayment schedules: golden rows worked by hand, and the rules that hold for every loan."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.errors import Malformed, TooLarge
from tallystick.lending.schedule import repayment_schedule
from tallystick.lending.terms import MAX_PRINCIPAL_MINOR, Method, Terms
from tallystick.values.calendar import BusinessCalendar, Roll
from tallystick.values.money import Money, currency
from tallystick.values.rates import DayCount, Rate


def made(
    principal="500000.00",
    code="CNY",
    rate="0.0485",
    instalments=12,
    method="equal-instalments",
    day_count="30/360",
    first_due_on=date(2026, 12, 22),
    **more,
):
    terms = Terms(
        principal=Money.parse(principal, code),
        annual_rate=Rate.parse(rate),
        instalments=instalments,
        method=Method.parse(method),
        day_count=DayCount.parse(day_count),
        first_due_on=first_due_on,
        **more,
    )
    return repayment_schedule(terms)


def rows(schedule):
    return [
        (
            each.due_on.isoformat(),
            each.principal.text,
            each.interest.text,
            each.payment.text,
            each.balance.text,
        )
        for each in schedule.instalments
    ]


def test_equal_instalments_golden_rows():
    # g = 0.0485 / 12 = 0.00404166…; (1 + g)^12 = 1.0495927721…;
    # payment = 500,000 × g / (1 - (1 + g)^-12) = 42,769.3788… → 42,769.38.
    # Row 1: interest 500,000 × g = 2,020.8333 → 2,020.83; principal 42,769.38 - 2,020.83 = 40,748.55.
    # Row 2: 459,251.45 × g = 1,856.1413 → 1,856.14, and so on; the last row pays the balance left,
    # 42,597.19, and its interest 172.1636 → 172.16: together three fen less than the others.
    assert rows(made()) == [
        ("2026-12-22", "40748.55", "2020.83", "42769.38", "459251.45"),
        ("2027-01-22", "40913.24", "1856.14", "42769.38", "418338.21"),
        ("2027-02-22", "41078.60", "1690.78", "42769.38", "377259.61"),
        ("2027-03-22", "41244.62", "1524.76", "42769.38", "336014.99"),
        ("2027-04-22", "41411.32", "1358.06", "42769.38", "294603.67"),
        ("2027-05-22", "41578.69", "1190.69", "42769.38", "253024.98"),
        ("2027-06-22", "41746.74", "1022.64", "42769.38", "211278.24"),
        ("2027-07-22", "41915.46", "853.92", "42769.38", "169362.78"),
        ("2027-08-22", "42084.87", "684.51", "42769.38", "127277.91"),
        ("2027-09-22", "42254.97", "514.41", "42769.38", "85022.94"),
        ("2027-10-22", "42425.75", "343.63", "42769.38", "42597.19"),
        ("2027-11-22", "42597.19", "172.16", "42769.35", "0.00"),
    ]
    assert made().total_interest.text == "13232.53"
    assert made().total_payment.text == "513232.53"


def test_equal_instalments_with_actual_days_golden_rows():
    # 1,200.00 at 36 %, actual/360, due 31 Jan, 28 Feb, 31 Mar 2027, paid out 31 Dec 2026:
    # 31, 28, 31 days at 0.001 a day, so growths 0.031, 0.028, 0.031.
    # payment = 1,200 × 1.031 × 1.028 × 1.031 / (1 + 1.031 + 1.031 × 1.028)
    #         = 1,200 × 1.092723908 / 3.090868 = 424.2396…→ 424.24.
    # Row 1: 1,200 × 0.031 = 37.20; principal 387.04; balance 812.96.
    # Row 2: 812.96 × 0.028 = 22.76288 → 22.76; principal 401.48; balance 411.48.
    # Row 3: 411.48 × 0.031 = 12.75588 → 12.76; payment 424.24.
    schedule = made(
        "1200.00", rate="0.36", instalments=3, day_count="actual/360",
        first_due_on=date(2027, 1, 31), disbursed_on=date(2026, 12, 31),
    )  # fmt: skip
    assert rows(schedule) == [
        ("2027-01-31", "387.04", "37.20", "424.24", "812.96"),
        ("2027-02-28", "401.48", "22.76", "424.24", "411.48"),
        ("2027-03-31", "411.48", "12.76", "424.24", "0.00"),
    ]


def test_equal_principal_golden_rows():
    # 1,000.00 in three: 333.33, 333.33, and the last 333.34 with the residue. 1 % a month:
    # 10.00; 666.67 × 0.01 = 6.6667 → 6.67; 333.34 × 0.01 = 3.3334 → 3.33.
    schedule = made("1000.00", rate="0.12", instalments=3, method="equal-principal")
    assert rows(schedule) == [
        ("2026-12-22", "333.33", "10.00", "343.33", "666.67"),
        ("2027-01-22", "333.33", "6.67", "340.00", "333.34"),
        ("2027-02-22", "333.34", "3.33", "336.67", "0.00"),
    ]


def test_interest_only_golden_rows():
    # 100,000.00 at 7.3 %, actual/365: 20.00 a day for 30, 31 and 31 days from 22 November 2026.
    schedule = made("100000.00", rate="0.073", instalments=3, method="interest-only", day_count="actual/365")
    assert rows(schedule) == [
        ("2026-12-22", "0.00", "600.00", "600.00", "100000.00"),
        ("2027-01-22", "0.00", "620.00", "620.00", "100000.00"),
        ("2027-02-22", "100000.00", "620.00", "100620.00", "0.00"),
    ]


def test_single_repayment_golden_row():
    # 500,000.00 at 4.85 % for twelve months of 30/360 is one year of simple interest: 24,250.00.
    assert rows(made(method="single-repayment")) == [
        ("2027-11-22", "500000.00", "24250.00", "524250.00", "0.00")
    ]


def test_a_currency_without_minor_unit_is_rounded_to_whole_units():
    # 42,769.38 → 42,769 yen; 500,000 × g = 2,020.83 → 2,021.
    first, *_, last = rows(made("500000", "JPY"))
    assert first == ("2026-12-22", "40748", "2021", "42769", "459252")
    assert last[-1] == "0"


def test_a_tie_in_interest_is_rounded_to_the_even_unit():
    # 0.50 at 12 % for a month is 0.005 → 0.00; 1.50 gives 0.015 → 0.02.
    assert made("0.50", rate="0.12", instalments=1).total_interest.text == "0.00"
    assert made("1.50", rate="0.12", instalments=1).total_interest.text == "0.02"


def test_due_dates_keep_the_end_of_the_month():
    schedule = made(instalments=4, first_due_on=date(2027, 12, 31))
    assert [row[0] for row in rows(schedule)] == ["2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31"]


def test_a_loan_paid_out_on_the_31st_is_due_at_the_end_of_each_month():
    schedule = made(instalments=3, disbursed_on=date(2027, 1, 31), first_due_on=date(2027, 2, 28))
    assert [row[0] for row in rows(schedule)] == ["2027-02-28", "2027-03-31", "2027-04-30"]


def test_under_30_360_every_whole_month_bears_the_same_interest():
    schedule = made(method="interest-only", instalments=5, first_due_on=date(2027, 1, 31))
    assert {each.interest.text for each in schedule.instalments} == {"2020.83"}


def test_a_longer_first_period_bears_interest_by_its_days():
    # 12 November to 22 December is 40 days of 30/360: 500,000 × 0.0485 × 40/360 = 2,694.4444.
    schedule = made(method="interest-only", disbursed_on=date(2026, 11, 12))
    assert [each.interest.text for each in schedule.instalments[:2]] == ["2694.44", "2020.83"]


def test_a_holiday_moves_the_payment_and_never_the_amounts():
    # 22 May and 22 August 2027 are a Saturday and a Sunday.
    plain, rolled = made(), made(calendar=BusinessCalendar(), roll=Roll.FOLLOWING)
    moved = {
        one[0]: other[0] for one, other in zip(rows(plain), rows(rolled), strict=True) if one[0] != other[0]
    }
    assert moved == {"2027-05-22": "2027-05-24", "2027-08-22": "2027-08-23"}
    assert [row[1:] for row in rows(plain)] == [row[1:] for row in rows(rolled)]


def test_a_first_due_date_rolled_back_to_the_disbursement_is_refused():
    # Friday paid out, Sunday due: the business day before Sunday is that Friday.
    with pytest.raises(Malformed) as caught:
        made(
            disbursed_on=date(2026, 12, 18), first_due_on=date(2026, 12, 20),
            calendar=BusinessCalendar(), roll=Roll.PRECEDING,
        )  # fmt: skip
    assert caught.value.code == "bad_dates"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"principal": "0.00"}, "bad_principal"),
        ({"principal": "-1.00"}, "bad_principal"),
        ({"rate": "-0.01"}, "bad_annual_rate"),
        ({"rate": "1.01"}, "bad_annual_rate"),
        ({"instalments": 0}, "bad_instalments"),
        ({"instalments": 601}, "bad_instalments"),
        ({"instalments": True}, "bad_instalments"),
        ({"disbursed_on": date(2026, 12, 22)}, "bad_dates"),
        ({"first_due_on": date(2201, 1, 1)}, "bad_dates"),
        ({"disbursed_on": date(1899, 12, 31)}, "bad_dates"),
        ({"method": "balloon"}, "bad_method"),
    ],
)
def test_terms_outside_the_limits_are_refused(change, code):
    with pytest.raises(Malformed) as caught:
        made(**change)
    assert caught.value.code == code


def test_a_principal_above_the_limit_is_refused():
    assert made(
        Money(MAX_PRINCIPAL_MINOR, currency("CNY")).text, rate="1", instalments=600, method="interest-only"
    )
    with pytest.raises(TooLarge):
        made(Money(MAX_PRINCIPAL_MINOR + 1, currency("CNY")).text)


loans = st.builds(
    Terms,
    principal=st.builds(
        Money,
        st.one_of(st.integers(1, 1000), st.integers(1, 10**12)),
        st.sampled_from(["CNY", "JPY", "KWD"]).map(currency),
    ),
    annual_rate=st.integers(0, 10_000).map(Rate.from_bps),
    instalments=st.one_of(st.integers(1, 40), st.integers(1, 600)),
    method=st.sampled_from(Method),
    day_count=st.sampled_from(DayCount),
    first_due_on=st.dates(date(2025, 1, 1), date(2030, 12, 31)),
    disbursed_on=st.none() | st.dates(date(2023, 1, 1), date(2024, 12, 31)),
)


@settings(max_examples=150, deadline=None)
@given(loans)
def test_every_schedule_adds_up_and_ends_at_zero(terms):
    schedule = repayment_schedule(terms)
    nothing = terms.principal * 0
    balance = terms.principal
    for number, each in enumerate(schedule.instalments, 1):
        balance -= each.principal
        assert each.number == number
        assert each.payment == each.principal + each.interest
        assert each.balance == balance
        assert min(each.principal, each.interest, each.balance) >= nothing
    assert balance == nothing
    assert sum((each.payment for each in schedule.instalments), nothing) == schedule.total_payment
    assert len(schedule.instalments) == (1 if terms.method is Method.SINGLE_REPAYMENT else terms.instalments)
    assert all(one.due_on < other.due_on for one, other in pairwise(schedule.instalments))


@settings(max_examples=100, deadline=None)
@given(loans, st.sampled_from([DayCount.ACTUAL_360, DayCount.ACTUAL_365]))
def test_interest_is_within_half_a_unit_of_balance_times_rate_times_days(terms, day_count):
    if terms.day_count is DayCount.THIRTY_360:
        return
    start, balance = terms.starts_on, terms.principal
    for each in repayment_schedule(terms).instalments:
        exact = (
            balance.amount_minor * terms.annual_rate.value * terms.day_count.year_fraction(start, each.due_on)
        )
        assert abs(each.interest.amount_minor - exact) <= Fraction(1, 2)
        start, balance = each.due_on, each.balance


@settings(max_examples=100, deadline=None)
@given(loans, st.integers(10**5, 10**12), st.integers(0, 3000), st.integers(2, 60))
def test_equal_payments_are_equal_and_only_the_last_absorbs_the_residue(terms, principal, bps, instalments):
    regular = Terms(
        principal=Money(principal, terms.principal.currency), annual_rate=Rate.from_bps(bps),
        instalments=instalments, method=Method.EQUAL_INSTALMENTS, day_count=terms.day_count,
        first_due_on=terms.first_due_on,
    )  # fmt: skip
    *before, last = [each.payment.amount_minor for each in repayment_schedule(regular).instalments]
    assert len(set(before)) == 1
    # Half a unit lost on the payment and on the interest each month, grown to the end of the term.
    growth = 1 + regular.annual_rate.value * Fraction(31, 360)
    assert abs(last - before[0]) <= sum(growth**month for month in range(instalments)) + 1


@settings(deadline=None)
@given(loans)
def test_equal_principal_parts_are_equal_and_the_last_absorbs_the_residue(terms):
    equal = replace(terms, method=Method.EQUAL_PRINCIPAL, instalments=max(terms.instalments, 2))
    *before, last = [each.principal.amount_minor for each in repayment_schedule(equal).instalments]
    assert len(set(before)) == 1
    assert last > 0
    assert abs(last - before[0]) <= equal.instalments


@settings(max_examples=60, deadline=None)
@given(loans)
def test_a_loan_is_never_paid_off_before_its_last_instalment(terms):
    assert all(each.balance > terms.principal * 0 for each in repayment_schedule(terms).instalments[:-1])


@settings(deadline=None)
@given(loans)
def test_without_interest_only_the_principal_is_paid(terms):
    assert repayment_schedule(replace(terms, annual_rate=Rate.parse("0"))).total_payment == terms.principal
