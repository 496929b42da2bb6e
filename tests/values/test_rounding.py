"""Rounding: each rule against its definition, on ties, on both sides of zero."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.values.rounding import Rounding, round_fraction

# As in the table of java.math.RoundingMode, for the inputs 5.5 2.5 1.6 1.1 1.0 -1.0 -1.1 -1.6 -2.5 -5.5.
INPUTS = [Fraction(text) for text in ("5.5", "2.5", "1.6", "1.1", "1", "-1", "-1.1", "-1.6", "-2.5", "-5.5")]
EXPECTED = {
    Rounding.UP: [6, 3, 2, 2, 1, -1, -2, -2, -3, -6],
    Rounding.DOWN: [5, 2, 1, 1, 1, -1, -1, -1, -2, -5],
    Rounding.CEILING: [6, 3, 2, 2, 1, -1, -1, -1, -2, -5],
    Rounding.FLOOR: [5, 2, 1, 1, 1, -1, -2, -2, -3, -6],
    Rounding.HALF_UP: [6, 3, 2, 1, 1, -1, -1, -2, -3, -6],
    Rounding.HALF_EVEN: [6, 2, 2, 1, 1, -1, -1, -2, -2, -6],
}


@pytest.mark.parametrize("rounding", Rounding)
def test_every_rule_rounds_as_its_published_table_says(rounding):
    assert [round_fraction(value, rounding) for value in INPUTS] == EXPECTED[rounding]


@given(st.fractions(), st.sampled_from(Rounding))
def test_rounding_moves_less_than_one_and_the_half_rules_at_most_a_half(value, rounding):
    distance = abs(round_fraction(value, rounding) - value)
    assert distance < 1
    if rounding in (Rounding.HALF_EVEN, Rounding.HALF_UP):
        assert distance <= Fraction(1, 2)


@given(st.integers(), st.sampled_from(Rounding))
def test_a_whole_number_stays_as_it_is(value, rounding):
    assert round_fraction(Fraction(value), rounding) == value


@given(st.fractions(), st.fractions(), st.sampled_from(Rounding))
def test_rounding_keeps_the_order(one, other, rounding):
    low, high = sorted((one, other))
    assert round_fraction(low, rounding) <= round_fraction(high, rounding)
