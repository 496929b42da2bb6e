"""Fitting a scorecard: weight of evidence by monotone bins, and a penalised logistic regression (mission A9).

scikit-learn is imported here alone, and only when a scorecard is fitted: it is the extra ``scorecard``.
The regression is held to weights that are not negative: an indicator that would count against its own
evidence is left out, so that a table never gives points for being better.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from tallystick.admission.binning import MAX_BINS, Binning, monotone_bins
from tallystick.admission.scorecard import Scale, Scorecard, Variable
from tallystick.errors import Malformed, Rejection
from tallystick.values.money import Currency

PDO: Final = 20
PENALTY: Final = 0.1
"""Inverse strength (``C``) of the squared penalty on the weights."""

MIN_OF_EACH: Final = 10
"""Fewer defaults, or fewer enterprises without one, are nothing to fit to."""

Rows = Sequence[Mapping[str, int | None]]


def fit_scorecard(
    rows: Rows,
    bad: Sequence[bool],
    names: Sequence[str],
    *,
    name: str,
    months: int,
    currency: Currency,
    max_bins: int = MAX_BINS,
    penalty: float = PENALTY,
) -> Scorecard:
    """Return a scorecard of the indicators ``names`` fitted to past enterprises.

    Args:
        rows: each enterprise's indicators as whole numbers, None where there is none.
        bad: whether it defaulted, in the same order.
        name: what its policy table is called.
        months: the period that the indicators were taken over.
        currency: of the amounts.
        max_bins, penalty: how many bins an indicator may have; ``C`` of the penalty.

    Raises:
        Malformed: ``too_few_outcomes`` with fewer than ``MIN_OF_EACH`` defaults or others;
            ``bad_scorecard`` when no indicator tells who defaults.
        Rejection: ``extra_not_installed`` without scikit-learn.
    """
    count, defaults = len(bad), sum(bad)
    if min(defaults, count - defaults) < MIN_OF_EACH:
        raise Malformed(
            "too_few_outcomes",
            f"A scorecard needs {MIN_OF_EACH} defaults and as many others; there are {defaults} "
            f"and {count - defaults}.",
        )
    binnings = {each: monotone_bins([row[each] for row in rows], bad, max_bins) for each in names}
    telling = [each for each in names if len(binnings[each].bins) > 1]
    weights, constant = _weights(rows, bad, telling, binnings, penalty)
    if not weights:
        raise Malformed("bad_scorecard", "No indicator tells who defaults; there is no scorecard.")
    # The best bin of each indicator costs nothing; what that takes from the sum goes into the scale.
    factor = PDO / math.log(2)
    least = {each: min(part.woe for part in binnings[each].bins) for each in weights}
    variables = tuple(
        _variable(each, binnings[each], weight, factor, least[each]) for each, weight in weights.items()
    )
    shift = constant + sum(weight * least[each] for each, weight in weights.items())
    return Scorecard(name, variables, Scale(round(-factor * shift), PDO), count, defaults, months, currency)


def _weights(
    rows: Rows, bad: Sequence[bool], names: Sequence[str], binnings: Mapping[str, Binning], penalty: float
) -> tuple[dict[str, float], float]:
    try:
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise Rejection(
            "extra_not_installed",
            "Fitting a scorecard needs scikit-learn: install tallystick with its extra `scorecard`.",
        ) from error
    kept = list(names)
    while kept:
        evidence = [[binnings[each].bin_of(row[each]).woe for each in kept] for row in rows]
        model = LogisticRegression(C=penalty, max_iter=1000).fit(evidence, list(bad))
        weights = dict(zip(kept, map(float, model.coef_[0]), strict=True))
        against = min(weights, key=weights.__getitem__)
        if weights[against] > 0:
            return weights, float(model.intercept_[0])
        kept.remove(against)
    return {}, 0.0


def _variable(name: str, binning: Binning, weight: float, factor: float, least: float) -> Variable:
    def points(woe: float) -> int:
        return max(round(factor * weight * (woe - least)), 0)

    return Variable(
        name, binning, weight, tuple(points(each.woe) for each in binning.bins), points(binning.missing.woe)
    )
