"""Bins of an indicator: worked by hand, and what holds of the bins of any data."""

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.admission.binning import MAX_BINS, MIN_BIN_COUNT, Binning, monotone_bins, placed_bins

PEOPLE = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(-50, 50)), st.booleans()), min_size=1, max_size=60
)


def spans(binning: Binning) -> list[tuple[int | None, int | None, int, int]]:
    return [(each.low, each.high, each.count, each.bad) for each in binning.bins]


def test_monotone_bins_are_as_worked_by_hand():
    # Twelve first bins of two, with 0, 2, 0, 2 defaults and then none. For the shares to fall the first two
    # pool, and the next two, both to 2 of 4, and so with each other: 4 of 8, then 0 of 16.
    values, bad = list(range(24)), [at in (2, 3, 6, 7) for at in range(24)]
    found = monotone_bins(values, bad)
    assert (found.direction, spans(found)) == ("falls", [(None, 8, 8, 4), (8, None, 16, 0)])
    # Half a case more on either side: shares of the defaulters 4.5/5 and .5/5, of the others 4.5/21, 16.5/21.
    woe = [math.log((4.5 / 5) / (4.5 / 21)), math.log((0.5 / 5) / (16.5 / 21))]
    assert [each.woe for each in found.bins] == pytest.approx(woe)
    value = (4.5 / 5 - 4.5 / 21) * woe[0] + (0.5 / 5 - 16.5 / 21) * woe[1]
    assert found.information_value == pytest.approx(value)
    # Nobody is without the indicator, so whoever comes without it is as bad as the worst bin.
    assert found.bin_of(None).woe == pytest.approx(woe[0])


def test_placed_bins_are_as_worked_by_hand():
    # Twenty values make ten bins of two, with middles at -9, -7 .. 9, whose squares have the mean 33.
    found = placed_bins(list(range(20)), [at < 3 for at in range(20)])
    assert found.direction == "falls"
    assert [each.low for each in found.bins] == [None, *range(2, 20, 2)]
    assert [each.badness * math.sqrt(33) for each in found.bins] == pytest.approx(list(range(9, -10, -2)))
    assert [each.bad for each in found.bins] == [2, 1, *[0] * 8]
    assert found.missing.badness == found.bins[0].badness


def test_the_trade_says_which_way_is_worse_whatever_a_small_sample_shows():
    values, bad = list(range(20)), [at < 3 for at in range(20)]
    rising = placed_bins(values, bad, "rises")
    assert rising.direction == "rises"
    assert rising.bins[0].badness < 0 < rising.bins[-1].badness


@settings(max_examples=40)
@given(PEOPLE)
def test_every_enterprise_is_in_one_bin_and_bad_shares_only_rise_or_only_fall(people):
    values, bad = [value for value, _ in people], [is_bad for _, is_bad in people]
    found = monotone_bins(values, bad)
    assert counted(found, values) == [each.count for each in found.bins]
    assert sum(each.bad for each in (*found.bins, found.missing)) == sum(bad)
    shares = [each.bad / each.count for each in found.bins if each.count]
    assert shares == sorted(shares, reverse=found.direction == "falls")
    assert len(found.bins) <= MAX_BINS
    assert len(found.bins) == 1 or min(each.count for each in found.bins) >= MIN_BIN_COUNT


@settings(max_examples=40)
@given(PEOPLE)
def test_places_only_rise_or_only_fall_and_are_standardised(people):
    values, bad = [value for value, _ in people], [is_bad for _, is_bad in people]
    found = placed_bins(values, bad)
    assert counted(found, values) == [each.count for each in found.bins]
    steps = [right.badness - left.badness for left, right in itertools.pairwise(found.bins)]
    assert all(step > 0 for step in steps) if found.direction == "rises" else all(step < 0 for step in steps)
    known = sum(each.count for each in found.bins)
    assert math.fsum(each.count * each.badness for each in found.bins) == pytest.approx(0, abs=1e-9)
    if len(found.bins) > 1:
        spread = math.fsum(each.count * each.badness**2 for each in found.bins) / known
        assert spread == pytest.approx(1)


@settings(max_examples=40)
@given(PEOPLE)
def test_places_do_not_change_when_an_indicator_is_measured_otherwise(people):
    values, bad = [value for value, _ in people], [is_bad for _, is_bad in people]
    cubes = [None if value is None else value**3 for value in values]
    one, other = placed_bins(values, bad), placed_bins(cubes, bad)
    assert [(each.count, each.badness) for each in one.bins] == [
        (each.count, each.badness) for each in other.bins
    ]


def counted(binning: Binning, values: list[int | None]) -> list[int]:
    held = [binning.bin_of(value) for value in values if value is not None]
    return [sum(each is wanted for each in held) for wanted in binning.bins]
