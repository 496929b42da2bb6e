"""Fitting a scorecard: bins of each indicator, and a penalised logistic regression on them (mission A9).

scikit-learn is imported here alone, and only when a scorecard is fitted: it is the extra ``scorecard``.
The regression is held to weights that are not negative: an indicator that would count against its own
bins is left out, so that a table never gives points for being better. The penalty makes all probabilities
too alike; a second regression, on the one sum of the first, sets that right.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal, get_args

from tallystick.admission.binning import MAX_BINS, Binning, Direction, monotone_bins, placed_bins
from tallystick.admission.scorecard import Scale, Scorecard, Variable
from tallystick.errors import Malformed, Rejection
from tallystick.values.money import Currency

PDO: Final = 20
PENALTY: Final = 0.1
"""Inverse strength (``C``) of the squared penalty on the weights."""

MIN_OF_EACH: Final = 10
"""Fewer defaults, or fewer enterprises without one, are nothing to fit to."""

SUM_PENALTY: Final = 1.0
"""``C`` of the second regression, which has one weight and takes a milder penalty."""

Method = Literal["place", "evidence"]
METHODS: Final[tuple[Method, ...]] = get_args(Method)

EXPECTED: Final[Mapping[str, Direction]] = {
    "sales_amount": "falls",
    "sales_count": "falls",
    "purchase_amount": "falls",
    "buyer_count": "falls",
    "active_sales_months": "falls",
    "active_purchase_months": "falls",
    "longest_sales_gap_months": "rises",
    "days_since_last_sale": "rises",
    "peak_month_share": "rises",
    "sales_volatility": "rises",
    "void_sales_share": "rises",
    "red_letter_sales_share": "rises",
    "top5_buyer_share": "rises",
    "largest_sale_share": "rises",
    "purchases_above_sales_months": "rises",
}
"""Which way the share of defaults goes by the sense of the trade, whatever a small sample shows."""

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

Rows = Sequence[Mapping[str, int | None]]


def fit_scorecard(
    rows: Rows,
    bad: Sequence[bool],
    names: Sequence[str],
    *,
    name: str,
    months: int,
    currency: Currency,
    method: Method = "place",
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
        method: how bad a bin is: by its place, or by its weight of evidence (see ``admission.binning``).
            By place an indicator of ``EXPECTED`` is worse in the direction given there.
        max_bins, penalty: how many bins an indicator may have by evidence; ``C`` of the penalty.

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
    binnings = {each: _binned(each, rows, bad, method, max_bins) for each in names}
    telling = [each for each in names if len(binnings[each].bins) > 1]
    weights, constant = _weights(rows, bad, telling, binnings, penalty)
    if not weights:
        raise Malformed("bad_scorecard", "No indicator tells who defaults; there is no scorecard.")
    # The best bin of each indicator costs nothing; what that takes from the sum goes into the scale.
    factor = PDO / math.log(2)
    least = {each: min(part.badness for part in binnings[each].bins) for each in weights}
    variables = tuple(
        _variable(each, binnings[each], weight, factor, least[each]) for each, weight in weights.items()
    )
    shift = constant + sum(weight * least[each] for each, weight in weights.items())
    return Scorecard(name, variables, Scale(round(-factor * shift), PDO), count, defaults, months, currency)


def _binned(name: str, rows: Rows, bad: Sequence[bool], method: Method, max_bins: int) -> Binning:
    values = [row[name] for row in rows]
    if method == "place":
        return placed_bins(values, bad, EXPECTED.get(name))
    return monotone_bins(values, bad, max_bins)


def _weights(
    rows: Rows, bad: Sequence[bool], names: Sequence[str], binnings: Mapping[str, Binning], penalty: float
) -> tuple[dict[str, float], float]:
    kept = list(names)
    while kept:
        badness = [[binnings[each].bin_of(row[each]).badness for each in kept] for row in rows]
        model = _regression(badness, bad, penalty)
        weights = dict(zip(kept, map(float, model.coef_[0]), strict=True))
        against = min(weights, key=weights.__getitem__)
        if weights[against] > 0:
            sums = [[float(total)] for total in model.decision_function(badness)]
            again = _regression(sums, bad, SUM_PENALTY)
            slope, start = float(again.coef_[0][0]), float(again.intercept_[0])
            constant = start + slope * float(model.intercept_[0])
            return {each: slope * weight for each, weight in weights.items()}, constant
        kept.remove(against)
    return {}, 0.0


def _regression(
    badness: Sequence[Sequence[float]], bad: Sequence[bool], penalty: float
) -> "LogisticRegression":
    try:
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise Rejection(
            "extra_not_installed",
            "Fitting a scorecard needs scikit-learn: install tallystick with its extra `scorecard`.",
        ) from error
    return LogisticRegression(C=penalty, max_iter=1000).fit(badness, list(bad))


def _variable(name: str, binning: Binning, weight: float, factor: float, least: float) -> Variable:
    def points(badness: float) -> int:
        return max(round(factor * weight * (badness - least)), 0)

    known = tuple(points(each.badness) for each in binning.bins)
    return Variable(name, binning, weight, known, points(binning.missing.badness))
