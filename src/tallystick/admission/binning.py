"""Bins of one indicator in which the share of defaults only rises or only falls (mission A9).

The values are cut at quantiles, neighbours are pooled until the shares of defaults are in order (pool
adjacent violators, Ayer et al. 1955), and further until no bin is too small or they are few enough. A bin's
weight of evidence is ln(its share of all defaulters ÷ its share of all others), each bin counted with half
a case of either kind more, so that no bin is infinitely good or bad.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

Direction = Literal["rises", "falls"]
"""How the share of defaults goes as the indicator grows."""

FIRST_CUTS: Final = 12
MAX_BINS: Final = 5
MIN_BIN_COUNT: Final = 8
MIN_BIN_SHARE: Final = 0.05
_HALF: Final = 0.5


@dataclass(frozen=True)
class Bin:
    """The enterprises whose whole number is at least ``low`` and less than ``high``; ``None`` is no limit.

    Attributes:
        count, bad: enterprises in it, and how many of them defaulted.
        woe: its weight of evidence, positive where defaults are more frequent than on the whole.
    """

    low: int | None
    high: int | None
    count: int
    bad: int
    woe: float = 0.0


@dataclass(frozen=True)
class Binning:
    """The bins of one indicator, in order, and what is missing, which is a bin of its own.

    Attributes:
        missing: those without the indicator; its ``woe`` is its own from ``min_count`` cases on, and the
            worst bin's below that: what is not known is never better than what is.
        information_value: the sum over the bins of (share of defaulters − share of others) × woe.
    """

    direction: Direction
    bins: tuple[Bin, ...]
    missing: Bin
    information_value: float

    def bin_of(self, value: int | None) -> Bin:
        """Return the bin that ``value`` (the indicator's whole number, or None) falls into."""
        if value is None:
            return self.missing
        return next(each for each in self.bins if each.high is None or value < each.high)


def monotone_bins(values: Sequence[int | None], bad: Sequence[bool], max_bins: int = MAX_BINS) -> Binning:
    """Return the bins of one indicator over past enterprises, in the direction that tells more.

    Args:
        values: the indicator's whole number for each enterprise, None where it is missing.
        bad: whether it defaulted, in the same order.
        max_bins: at most so many.
    """
    known = sorted((value, is_bad) for value, is_bad in zip(values, bad, strict=True) if value is not None)
    unknown = [is_bad for value, is_bad in zip(values, bad, strict=True) if value is None]
    least = max(MIN_BIN_COUNT, math.ceil(MIN_BIN_SHARE * len(values)))
    totals = (sum(bad), len(bad) - sum(bad))
    missing = Bin(None, None, len(unknown), sum(unknown))
    found = [
        _binning(direction, _pooled(_first_cuts(known), direction, least, max_bins), missing, totals, least)
        for direction in ("rises", "falls")
    ]
    return max(found, key=lambda each: each.information_value)


def _first_cuts(known: Sequence[tuple[int, bool]]) -> list[Bin]:
    """Cut sorted values at quantiles, never between equal ones."""
    if not known:
        return [Bin(None, None, 0, 0)]
    wanted = {known[len(known) * step // FIRST_CUTS][0] for step in range(1, FIRST_CUTS)}
    limits: list[int | None] = [None, *sorted(wanted - {known[0][0]}), None]
    bins = [Bin(low, high, 0, 0) for low, high in itertools.pairwise(limits)]
    at = 0
    for value, is_bad in known:
        while (high := bins[at].high) is not None and value >= high:
            at += 1
        bins[at] = replace(bins[at], count=bins[at].count + 1, bad=bins[at].bad + is_bad)
    return bins


def _pooled(bins: Sequence[Bin], direction: Direction, least: int, max_bins: int) -> list[Bin]:
    done: list[Bin] = []
    for each in bins:
        done.append(each)
        while len(done) > 1 and not _in_order(done[-2], done[-1], direction):
            done[-2:] = [_joined(done[-2], done[-1])]
    while len(done) > 1 and (len(done) > max_bins or min(each.count for each in done) < least):
        small = [at for at, each in enumerate(done) if each.count < least]
        # Of the pairs that may be joined, the one whose shares of defaults differ least.
        pairs = {pair for at in small for pair in (at - 1, at) if 0 <= pair < len(done) - 1}
        pair = min(
            sorted(pairs) or range(len(done) - 1), key=lambda at: abs(_rate(done[at + 1]) - _rate(done[at]))
        )
        done[pair : pair + 2] = [_joined(done[pair], done[pair + 1])]
    return done


def _in_order(left: Bin, right: Bin, direction: Direction) -> bool:
    # Strictly: bins with the same share of defaults are one.
    lower, upper = left.bad * right.count, right.bad * left.count
    return lower < upper if direction == "rises" else lower > upper


def _joined(left: Bin, right: Bin) -> Bin:
    return Bin(left.low, right.high, left.count + right.count, left.bad + right.bad)


def _rate(each: Bin) -> float:
    return each.bad / each.count if each.count else 0.0


def _binning(
    direction: Direction, bins: Sequence[Bin], missing: Bin, totals: tuple[int, int], least: int
) -> Binning:
    weighed = tuple(replace(each, woe=_woe(each, totals)) for each in bins)
    worst = max(each.woe for each in weighed)
    missing = replace(missing, woe=_woe(missing, totals) if missing.count >= least else worst)
    counted = [*weighed, *([missing] if missing.count else [])]
    value = sum((_shares(each, totals)[0] - _shares(each, totals)[1]) * each.woe for each in counted)
    return Binning(direction, weighed, missing, value)


def _shares(each: Bin, totals: tuple[int, int]) -> tuple[float, float]:
    bad, good = totals
    return (each.bad + _HALF) / (bad + 2 * _HALF), (each.count - each.bad + _HALF) / (good + 2 * _HALF)


def _woe(each: Bin, totals: tuple[int, int]) -> float:
    of_bad, of_good = _shares(each, totals)
    return math.log(of_bad / of_good)
