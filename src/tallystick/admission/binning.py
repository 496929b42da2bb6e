"""Bins of one indicator, and how bad each is: by evidence, or by place (mission A9).

*By evidence*: the values are cut at quantiles, neighbours are pooled until the shares of defaults only rise
or only fall (pool adjacent violators, Ayer et al. 1955), and further until none is too small or they are few
enough; a bin is as bad as its weight of evidence, ln(its share of all defaulters ÷ its share of all others),
each bin counted with half a case of either kind more, so that no bin is infinitely good or bad.

*By place*: the values are cut at tenths; a bin is as bad as its middle place in the order of all enterprises.
Outcomes then choose no limit and shape no curve: with few defaults that is steadier.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

Direction = Literal["rises", "falls"]
"""How the share of defaults goes as the indicator grows."""

FIRST_CUTS: Final = 12
PLACES: Final = 10
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
        badness: what a regression weighs: ``woe``, or the place in standard deviations; more is worse.
    """

    low: int | None
    high: int | None
    count: int
    bad: int
    woe: float = 0.0
    badness: float = 0.0


@dataclass(frozen=True)
class Binning:
    """The bins of one indicator, in order, and what is missing, which is a bin of its own.

    Attributes:
        direction: in which badness goes as the indicator grows.
        missing: those without the indicator. By evidence it is as bad as it was, from the least count of a
            bin on; with fewer, and by place, as bad as the worst bin.
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
        _binning(
            direction,
            _pooled(_first_cuts(known, FIRST_CUTS), direction, least, max_bins),
            missing,
            totals,
            least,
        )
        for direction in ("rises", "falls")
    ]
    return max(found, key=lambda each: each.information_value)


def placed_bins(
    values: Sequence[int | None], bad: Sequence[bool], expected: Direction | None = None
) -> Binning:
    """Return the bins of one indicator by place: tenths, or fewer where values are equal.

    Args:
        values: the indicator's whole number for each enterprise, None where it is missing.
        bad: whether it defaulted, in the same order.
        expected: in which direction it is worse, by the trade; None lets the outcomes say.
    """
    known = sorted((value, is_bad) for value, is_bad in zip(values, bad, strict=True) if value is not None)
    unknown = [is_bad for value, is_bad in zip(values, bad, strict=True) if value is None]
    bins = _first_cuts(known, PLACES)
    ends = list(itertools.accumulate((each.count for each in bins), initial=0))
    middles = [(left + right - len(known)) / 2 for left, right in itertools.pairwise(ends)]
    spread = math.sqrt(
        math.fsum(each.count * middle**2 for each, middle in zip(bins, middles, strict=True))
        / max(len(known), 1)
    )
    leaning = math.fsum(each.bad * middle for each, middle in zip(bins, middles, strict=True))
    direction = expected or ("rises" if leaning >= 0 else "falls")
    sign = 1 if direction == "rises" else -1
    totals = (sum(bad), len(bad) - sum(bad))
    placed = tuple(
        replace(each, woe=_woe(each, totals), badness=sign * middle / (spread or 1.0))
        for each, middle in zip(bins, middles, strict=True)
    )
    missing = Bin(None, None, len(unknown), sum(unknown), badness=max(each.badness for each in placed))
    missing = replace(missing, woe=_woe(missing, totals) if unknown else 0.0)
    return _weighed(direction, placed, missing, totals)


def _first_cuts(known: Sequence[tuple[int, bool]], parts: int) -> list[Bin]:
    """Cut sorted values at quantiles, never between equal ones."""
    if not known:
        return [Bin(None, None, 0, 0)]
    wanted = {known[len(known) * step // parts][0] for step in range(1, parts)}
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
    evidence = [_woe(each, totals) for each in bins]
    weighed = tuple(replace(each, woe=woe, badness=woe) for each, woe in zip(bins, evidence, strict=True))
    own = _woe(missing, totals) if missing.count >= least else max(evidence)
    return _weighed(direction, weighed, replace(missing, woe=own, badness=own), totals)


def _weighed(direction: Direction, bins: tuple[Bin, ...], missing: Bin, totals: tuple[int, int]) -> Binning:
    counted = [*bins, *([missing] if missing.count else [])]
    value = sum((_shares(each, totals)[0] - _shares(each, totals)[1]) * each.woe for each in counted)
    return Binning(direction, bins, missing, value)


def _shares(each: Bin, totals: tuple[int, int]) -> tuple[float, float]:
    bad, good = totals
    return (each.bad + _HALF) / (bad + 2 * _HALF), (each.count - each.bad + _HALF) / (good + 2 * _HALF)


def _woe(each: Bin, totals: tuple[int, int]) -> float:
    of_bad, of_good = _shares(each, totals)
    return math.log(of_bad / of_good)
