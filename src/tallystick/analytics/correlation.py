"""Correlation: which indicators move together over the enterprises, by Spearman's rank correlation."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from tallystick.admission.relationships import MIN_ENTERPRISES, STRONG_TEN_THOUSANDTHS, Together

_Floats = npt.NDArray[np.float64]


def moving_together(
    rows: Sequence[Mapping[str, int | None]],
    names: Sequence[str],
    at_least: int = STRONG_TEN_THOUSANDTHS,
) -> list[Together]:
    """Return the pairs of indicators whose rank correlation is at least so strong, strongest first.

    Args:
        rows: one for each enterprise, of ``indicator_table`` or ``tax_indicator_table`` or both.
        names: the indicators to hold against each other.
        at_least: in ten-thousandths, of either sign.

    A pair counts over the enterprises that have both figures, when there are ``MIN_ENTERPRISES`` of them
    and neither figure is the same for all.
    """
    columns = {
        name: np.array([np.nan if row.get(name) is None else row[name] for row in rows], dtype=np.float64)
        for name in names
    }
    found = []
    for first, second in combinations(names, 2):
        both = ~(np.isnan(columns[first]) | np.isnan(columns[second]))
        count = int(both.sum())
        if count < MIN_ENTERPRISES:
            continue
        correlation = _spearman(columns[first][both], columns[second][both])
        if correlation is not None and abs(correlation) >= at_least:
            found.append(Together(first, second, correlation, count))
    return sorted(found, key=lambda each: (-abs(each.rank_correlation), each.first, each.second))


def _spearman(first: _Floats, second: _Floats) -> int | None:
    ranks = [_ranks(values) for values in (first, second)]
    away = [values - values.mean() for values in ranks]
    size = float(np.sqrt((away[0] ** 2).sum() * (away[1] ** 2).sum()))
    return None if size == 0 else round(float((away[0] * away[1]).sum()) / size * 10_000)


def _ranks(values: _Floats) -> _Floats:
    """The place of each value from the least on; equal ones share the mean of their places."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: _Floats = ends - (counts - 1) / 2
    return means[inverse]
