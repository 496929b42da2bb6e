"""How well a score tells bad from good: the figures that a model card states."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def auroc(scores: Floats, bad: Flags) -> float:
    """Return the chance that a bad piece scores above a good one; ties count half (Mann and Whitney 1947)."""
    good_scores, bad_scores = np.sort(scores[~bad]), scores[bad]
    below = np.searchsorted(good_scores, bad_scores, "left")
    at_most = np.searchsorted(good_scores, bad_scores, "right")
    return float((below + at_most).sum() / (2 * len(good_scores) * len(bad_scores)))


def recall_at(scores: Floats, bad: Flags, false_alarms: float = 0.05) -> float:
    """Return the share of bad pieces above a threshold that at most this share of good ones exceeds."""
    threshold = np.quantile(scores[~bad], 1 - false_alarms, method="higher")
    return float((scores[bad] > threshold).mean())


def negative_log_likelihood(logits: Floats, bad: Flags, temperature: float) -> float:
    """Return the mean surprise, in nats, at the labels under ``logits / temperature``."""
    scaled = logits / temperature
    return float(np.mean(np.logaddexp(0, np.where(bad, -scaled, scaled))))


def best_temperature(logits: Floats, bad: Flags) -> float:
    """Return the temperature, from 0.1 to 10, under which the labels surprise least (Guo et al. 2017)."""
    candidates = np.geomspace(0.1, 10, 401)
    surprise = [negative_log_likelihood(logits, bad, float(one)) for one in candidates]
    return float(candidates[int(np.argmin(surprise))])
