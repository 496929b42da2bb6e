"""Bands of points: how many defaulted in each, with intervals; and whether points have moved (PSI)."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from tallystick.admission.ranking import CONFIDENCE, shown

BANDS: Final = 5
_HALF: Final = 0.5


@dataclass(frozen=True)
class Rate:
    """``bad`` of ``count``, with the interval of Wilson (1927); no rate where there is nobody."""

    count: int
    bad: int

    @property
    def value(self) -> float | None:
        """The share that defaulted."""
        return self.bad / self.count if self.count else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The interval at ``CONFIDENCE``."""
        if not self.count:
            return None
        z, count, share = NormalDist().inv_cdf((1 + CONFIDENCE) / 2), self.count, self.bad / self.count
        middle = (share + z * z / (2 * count)) / (1 + z * z / count)
        half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
        return max(middle - half, 0.0), min(middle + half, 1.0)

    def document(self) -> dict[str, object]:
        """Return count, defaults, share and its interval as plain data."""
        low, high = self.interval or (None, None)
        return {
            "count": self.count,
            "bad": self.bad,
            "bad_rate": shown(self.value),
            "low": shown(low),
            "high": shown(high),
        }


@dataclass(frozen=True)
class Band:
    """The enterprises with ``least`` to ``most`` points, both included, as found in the data."""

    least: float
    most: float
    rate: Rate

    def document(self) -> dict[str, object]:
        """Return the band as plain data."""
        return {"from": shown(self.least), "to": shown(self.most), **self.rate.document()}


def cuts(points: Sequence[float], bands: int = BANDS) -> list[float]:
    """Return the limits that part ``points`` into about equal bands; a limit belongs to the band above it."""
    ordered = sorted(points)
    limits = {ordered[len(ordered) * step // bands] for step in range(1, bands)} if ordered else set()
    return sorted(limits - set(ordered[:1]))


def banded(points: Sequence[float], limits: Sequence[float]) -> list[list[int]]:
    """Return the places in ``points`` that fall into each band between ``limits``."""
    bands: list[list[int]] = [[] for _ in range(len(limits) + 1)]
    for at, value in enumerate(points):
        bands[bisect_right(limits, value)].append(at)
    return bands


def bad_rates(points: Sequence[float], bad: Sequence[bool], limits: Sequence[float]) -> list[Band]:
    """Return the bands that hold anybody, fewest points first."""
    return [
        Band(
            min(points[at] for at in places),
            max(points[at] for at in places),
            Rate(len(places), sum(bad[at] for at in places)),
        )
        for places in banded(points, limits)
        if places
    ]


def stability_index(before: Sequence[float], after: Sequence[float]) -> float | None:
    """Return the population stability index of ``after`` against ``before``; None without either.

    The sum over the bands of ``before`` of (share after − share before) × ln(share after ÷ share before). A
    band that is empty in one of them counts as half a case there. By custom, below 0.1 nothing has moved and
    above 0.25 the population is another.
    """
    if not before or not after:
        return None
    limits = cuts(before)
    counts = [
        (len(old), len(new)) for old, new in zip(banded(before, limits), banded(after, limits), strict=True)
    ]
    shares = [(max(old, _HALF) / len(before), max(new, _HALF) / len(after)) for old, new in counts]
    return math.fsum((new - old) * math.log(new / old) for old, new in shares)
