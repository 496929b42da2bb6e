"""How well points rank those who defaulted above those who did not: ROC, AUC with its interval, KS.

AUC is the probability that a defaulter has more points than another enterprise, ties counting half. Its
variance is that of DeLong, DeLong and Clarke-Pearson (1988), by midranks (Sun and Xu 2014); the interval is
taken on the logit of AUC, so that it stays between 0 and 1. It costs one sort.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import NormalDist
from typing import Final

from tallystick.errors import Malformed

CONFIDENCE: Final = 0.95
METHOD: Final = "DeLong, on the logit"


@dataclass(frozen=True)
class Auc:
    """Area under the ROC curve; no interval where the sample gives none."""

    value: float
    error: float | None
    low: float | None
    high: float | None

    def document(self) -> dict[str, object]:
        """Return it as plain data, with the confidence and the method."""
        return {
            "value": shown(self.value),
            "low": shown(self.low),
            "high": shown(self.high),
            "confidence": CONFIDENCE,
            "method": METHOD,
        }


@dataclass(frozen=True)
class Ks:
    """The largest gap between the shares of defaulters and of others with ``at_points`` or more."""

    value: float
    at_points: float


@dataclass(frozen=True)
class AucDifference:
    """AUC of the first points less that of the second, on the same enterprises; ``p`` is two-sided."""

    value: float
    low: float
    high: float
    p: float

    def document(self) -> dict[str, object]:
        """Return it as plain data."""
        return {
            "value": shown(self.value),
            "low": shown(self.low),
            "high": shown(self.high),
            "p": shown(self.p),
        }


def auc(points: Sequence[float], bad: Sequence[bool]) -> Auc:
    """Return the AUC of ``points`` (more is worse) with its interval.

    Raises:
        Malformed: ``one_kind_of_outcome`` unless some defaulted and some did not.
    """
    of_bad, of_good = _placements(points, bad)
    value = math.fsum(of_bad) / len(of_bad)
    if min(len(of_bad), len(of_good)) < 2 or not 0 < value < 1:
        return Auc(value, None, None, None)
    error = math.sqrt(
        _covariance(of_bad, of_bad) / len(of_bad) + _covariance(of_good, of_good) / len(of_good)
    )
    middle, half = math.log(value / (1 - value)), _z() * error / (value * (1 - value))
    return Auc(value, error, _logistic(middle - half), _logistic(middle + half))


def auc_difference(first: Sequence[float], second: Sequence[float], bad: Sequence[bool]) -> AucDifference:
    """Return how much better ``first`` ranks than ``second``: DeLong's test for two curves on one sample.

    Raises:
        Malformed: ``one_kind_of_outcome``.
    """
    one, other = _placements(first, bad), _placements(second, bad)
    value = math.fsum(one[0]) / len(one[0]) - math.fsum(other[0]) / len(other[0])
    variance = 0.0
    for left, right in zip(one, other, strict=True):
        gaps = [mine - yours for mine, yours in zip(left, right, strict=True)]
        variance += _covariance(gaps, gaps) / len(gaps) if len(gaps) > 1 else 0.0
    error = math.sqrt(variance)
    p = 1.0 if value == 0 else 2 * NormalDist().cdf(-abs(value) / error) if error else 0.0
    return AucDifference(value, value - _z() * error, value + _z() * error, p)


def ks(points: Sequence[float], bad: Sequence[bool]) -> Ks:
    """Return the Kolmogorov–Smirnov distance of the points of the two kinds.

    Raises:
        Malformed: ``one_kind_of_outcome``.
    """
    gaps = [(caught - alarmed, at) for at, alarmed, caught in roc(points, bad) if at is not None]
    value, at = max(gaps, key=lambda each: abs(each[0]))
    return Ks(abs(value), at)


def roc(points: Sequence[float], bad: Sequence[bool]) -> list[tuple[float | None, float, float]]:
    """Return (points, share of others, share of defaulters with so many or more), from most points down.

    It starts with (None, 0, 0).

    Raises:
        Malformed: ``one_kind_of_outcome``.
    """
    bads, goods = _kinds(bad)
    curve: list[tuple[float | None, float, float]] = [(None, 0.0, 0.0)]
    caught = alarmed = 0
    ordered = sorted(zip(points, bad, strict=True), reverse=True)
    for at, same in groupby(ordered, key=lambda each: each[0]):
        kinds = [is_bad for _, is_bad in same]
        caught += sum(kinds)
        alarmed += len(kinds) - sum(kinds)
        curve.append((at, alarmed / goods, caught / bads))
    return curve


def _placements(points: Sequence[float], bad: Sequence[bool]) -> tuple[list[float], list[float]]:
    """For each defaulter the share of others below it, for each other the share of defaulters above it."""
    bads, goods = _kinds(bad)
    all_ranks = _midranks(points)
    own = {
        kind: iter(_midranks([each for each, is_bad in zip(points, bad, strict=True) if is_bad is kind]))
        for kind in (True, False)
    }
    of_bad, of_good = [], []
    for rank, is_bad in zip(all_ranks, bad, strict=True):
        if is_bad:
            of_bad.append((rank - next(own[True])) / goods)
        else:
            of_good.append(1 - (rank - next(own[False])) / bads)
    return of_bad, of_good


def _kinds(bad: Sequence[bool]) -> tuple[int, int]:
    bads = sum(bad)
    if not 0 < bads < len(bad):
        raise Malformed(
            "one_kind_of_outcome",
            "Some of the scored enterprises must have defaulted, and some must not have.",
        )
    return bads, len(bad) - bads


def _midranks(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    done = 0
    for _, same in groupby(order, key=values.__getitem__):
        places = list(same)
        for at in places:
            ranks[at] = done + (len(places) + 1) / 2
        done += len(places)
    return ranks


def _covariance(left: Sequence[float], right: Sequence[float]) -> float:
    middle, other = math.fsum(left) / len(left), math.fsum(right) / len(right)
    return math.fsum((a - middle) * (b - other) for a, b in zip(left, right, strict=True)) / (len(left) - 1)


def _z() -> float:
    return NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


def _logistic(number: float) -> float:
    return 1 / (1 + math.exp(-number))


def shown(number: float | None) -> float | None:
    """Return a statistic as documents carry it, with four decimals."""
    return None if number is None else round(number, 4)
