"""Money: exact text, sums and splits that conserve, and no mixing of currencies."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.errors import Malformed, TooLarge
from tallystick.values.money import MAX_AMOUNT_MINOR, MAX_PARTS, Currency, Money, currency
from tallystick.values.rounding import Rounding

codes = st.sampled_from(["CNY", "JPY", "KWD"])
minor = st.integers(-(10**15), 10**15)
amounts = st.builds(lambda size, code: Money(size, currency(code)), minor, codes)
exact_weights = st.one_of(st.integers(0, 10**6), st.fractions(0, 1000))


@given(amounts)
def test_text_and_parse_are_each_others_inverse(amount):
    assert Money.parse(amount.text, amount.currency.code) == amount


@given(amounts, st.lists(exact_weights, min_size=1, max_size=30).filter(any))
def test_an_allocation_conserves_the_total_and_stays_within_one_unit_of_each_share(amount, weights):
    parts = amount.allocate(weights)
    assert sum(part.amount_minor for part in parts) == amount.amount_minor
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.amount_minor - Fraction(amount.amount_minor * weight) / sum(weights)) < 1


@given(amounts, st.integers(1, 400))
def test_a_split_conserves_the_total_and_its_parts_differ_by_at_most_one_unit(amount, parts):
    made = [part.amount_minor for part in amount.split(parts)]
    assert len(made) == parts
    assert sum(made) == amount.amount_minor
    assert max(made) - min(made) <= 1


@given(minor, minor, st.integers(-100, 100))
def test_arithmetic_is_that_of_whole_minor_units(one, other, factor):
    cny = currency("CNY")
    assert Money(one, cny) + Money(other, cny) == Money(one + other, cny)
    assert Money(one, cny) - Money(other, cny) == Money(one - other, cny)
    assert -Money(one, cny) == Money(-one, cny)
    assert factor * Money(one, cny) == Money(one, cny) * factor == Money(one * factor, cny)
    assert (Money(one, cny) < Money(other, cny)) == (one < other)
    assert (Money(one, cny) >= Money(other, cny)) == (one >= other)


def test_a_split_gives_the_left_over_units_to_the_earlier_parts():
    # 1.00 in three: 33 1/3 each, one fen left over.
    assert [part.text for part in Money.parse("1.00", "CNY").split(3)] == ["0.34", "0.33", "0.33"]


def test_an_allocation_gives_the_left_over_units_to_the_largest_remainders():
    # 10 fen by 1 : 2 : 3 is 1 2/3, 3 1/3, 5: floors 1, 3, 5 leave one, and 2/3 is the largest remainder.
    assert [part.amount_minor for part in Money(10, currency("CNY")).allocate([1, 2, 3])] == [2, 3, 5]


def test_scaling_rounds_by_the_named_rule():
    # 0.05 × 1/2 = 0.025, a tie: to the even 0.02, up to 0.03.
    five = Money.parse("0.05", "CNY")
    assert five.scaled(Fraction(1, 2), Rounding.HALF_EVEN).text == "0.02"
    assert five.scaled(Fraction(1, 2), Rounding.HALF_UP).text == "0.03"


@pytest.mark.parametrize(
    ("text", "code", "shown"),
    [
        ("500000.00", "CNY", "CNY 500,000.00"),
        ("-0.05", "CNY", "CNY -0.05"),
        ("1234567", "JPY", "JPY 1,234,567"),
        ("1.5", "KWD", "KWD 1.500"),
    ],
)
def test_people_see_the_currency_and_grouped_digits(text, code, shown):
    assert str(Money.parse(text, code)) == shown


@pytest.mark.parametrize(
    "text",
    ["", " ", "1.000", "1e3", "NaN", "Infinity", "1,000.00", "+1", "01", ".5", "5.", " 5", "5 ", "5\n", "--5",
     "٥", "５", "0x10", "1_000", "1.0.0", None, 5, 1.5],
)  # fmt: skip
def test_what_is_not_exactly_an_amount_is_refused(text):
    with pytest.raises(Malformed) as caught:
        Money.parse(text, "CNY")
    assert caught.value.code == "bad_amount"


def test_a_currency_without_minor_unit_takes_no_decimals():
    with pytest.raises(Malformed, match="at most 0 decimals"):
        Money.parse("1.0", "JPY")


@pytest.mark.parametrize("code", ["cny", "XXX", "", "CNY ", None, ["CNY"]])
def test_an_unknown_currency_is_refused(code):
    with pytest.raises(Malformed) as caught:
        currency(code)
    assert caught.value.code == "unknown_currency"


def test_currencies_never_mix():
    for operation in (Money.__add__, Money.__sub__, Money.__lt__, Money.__ge__):
        with pytest.raises(Malformed) as caught:
            operation(Money.zero("CNY"), Money.zero("USD"))
        assert caught.value.code == "currency_mismatch"
    assert Money.zero("CNY") != Money.zero("USD")


@pytest.mark.parametrize("size", [1.0, True, "1", None])
def test_an_amount_is_a_whole_number(size):
    with pytest.raises(Malformed):
        Money(size, Currency("CNY", 2))


@pytest.mark.parametrize("factor", [1.5, True, "2"])
def test_a_factor_is_a_whole_number(factor):
    with pytest.raises(TypeError):
        Money.zero("CNY") * factor


def test_amounts_beyond_the_limit_are_refused():
    most = Money(MAX_AMOUNT_MINOR, currency("CNY"))
    assert Money.parse(most.text, "CNY") == most
    with pytest.raises(TooLarge):
        most + Money(1, currency("CNY"))
    with pytest.raises(TooLarge):
        Money.parse("10000000000000000.00", "CNY")


@pytest.mark.parametrize("weights", [[], [0, 0], [-1, 2], [0.5], [True]])
def test_weights_that_cannot_share_are_refused(weights):
    with pytest.raises(Malformed) as caught:
        Money.zero("CNY").allocate(weights)
    assert caught.value.code == "bad_weights"


def test_a_split_has_between_one_and_a_million_parts():
    with pytest.raises(Malformed):
        Money.zero("CNY").split(0)
    with pytest.raises(TooLarge):
        Money.zero("CNY").split(MAX_PARTS + 1)
