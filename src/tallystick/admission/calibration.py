"""Calibration: whether as many default as the points say. Brier score, reliability, expected and observed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from tallystick.admission.bands import Rate, banded, cuts
from tallystick.admission.ranking import shown


@dataclass(frozen=True)
class ReliabilityBand:
    """Enterprises of about the same probability: what was expected of them on average, and what happened."""

    expected: float
    rate: Rate


@dataclass(frozen=True)
class Calibration:
    """How probabilities of default compare with what happened.

    Attributes:
        brier: mean squared difference between probability and outcome (Brier 1950).
        brier_of_base_rate: the same for one who always says the observed share.
        expected, observed: number of defaults by the probabilities, and in fact.
        p: two-sided test of Spiegelhalter (1986) that the probabilities are right; small is bad.
    """

    brier: float
    brier_of_base_rate: float
    expected: float
    observed: int
    p: float | None
    bands: tuple[ReliabilityBand, ...]

    def document(self) -> dict[str, object]:
        """Return it as plain data."""
        return {
            "brier": shown(self.brier),
            "brier_of_base_rate": shown(self.brier_of_base_rate),
            "expected_bad": shown(self.expected),
            "observed_bad": self.observed,
            "spiegelhalter_p": shown(self.p),
            "bands": [{"expected_rate": shown(each.expected), **each.rate.document()} for each in self.bands],
        }


def calibration(probabilities: Sequence[float], bad: Sequence[bool]) -> Calibration:
    """Return how ``probabilities`` of default compare with ``bad``; there must be at least one."""
    count, observed = len(bad), sum(bad)
    share = observed / count
    misses = [(is_bad - likely) ** 2 for likely, is_bad in zip(probabilities, bad, strict=True)]
    drift = math.fsum((is_bad - p) * (1 - 2 * p) for p, is_bad in zip(probabilities, bad, strict=True))
    spread = math.fsum((1 - 2 * p) ** 2 * p * (1 - p) for p in probabilities)
    p_value = 2 * NormalDist().cdf(-abs(drift) / math.sqrt(spread)) if spread else None
    bands = tuple(
        ReliabilityBand(
            math.fsum(probabilities[at] for at in places) / len(places),
            Rate(len(places), sum(bad[at] for at in places)),
        )
        for places in banded(probabilities, cuts(probabilities))
        if places
    )
    return Calibration(
        math.fsum(misses) / count, share * (1 - share), math.fsum(probabilities), observed, p_value, bands
    )
