"""Back-test on public companies from invoices alone: our scorecard, logistic regressions, volume alone."""

import argparse
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from report import note, table
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tallystick.admission.calibration import calibration
from tallystick.admission.indicators import INDICATORS
from tallystick.admission.mapping import parse_mapping
from tallystick.admission.ranking import auc
from tallystick.analytics.books import load, resolve
from tallystick.analytics.mappings import find_mapping
from tallystick.analytics.outcomes import load_outcomes
from tallystick.analytics.scorecards import METHODS, Method, Rows, fit_scorecard
from tallystick.cli.scorecard import SCORECARD_INDICATORS
from tallystick.values.currencies import currency

MONTHS = 36
REPEATS = 20
INNER_REPEATS = 1
SEED = 20261128
SIZE = ("sales_amount",)
SAMPLES = 4000
REGRESSED = (
    *("sales_amount", "purchase_amount", "sales_count", "purchase_count", "void_sales_share"),
    *("red_letter_sales_share", "buyer_count", "supplier_count", "top5_buyer_share", "buyer_hhi"),
    *("supplier_hhi", "active_sales_months", "longest_sales_gap_months", "purchase_to_sales_ratio"),
    *("sales_volatility", "sales_trend", "sales_growth", "new_buyer_share", "average_sale_amount"),
    *("recent_sales_ratio", "void_purchase_share", "red_letter_purchase_share", "peak_month_share"),
    "active_purchase_months",
)
"""Twenty-odd indicators for a plain regression: the fourteen that every assessment prints, and ten more."""
OTHERS = (
    *("void_sales_share", "largest_sale_share", "longest_sales_gap_months"),
    "purchases_above_sales_months",
)
"""What may be added to the three of the shipped scorecard where the choice is made inside the folds."""
CANDIDATES = [
    (method, (*SCORECARD_INDICATORS, *more))
    for method in METHODS
    for more in ((), *((name,) for name in OTHERS))
]
Fit = Callable[[Sequence[int], Sequence[int]], list[float]]
"""Predictions for the second places after fitting to the first."""


class Bench:
    """The public companies' indicators and outcomes, and what may be fitted to them."""

    def __init__(self, rows: Rows, bad: Sequence[bool]) -> None:
        self.rows, self.bad = rows, bad

    def _logs(self, names: Sequence[str]) -> np.ndarray:
        values = np.array([[float(row[name] or 0) for name in names] for row in self.rows])
        return np.sign(values) * np.log1p(np.abs(values))

    def card(self, method: Method, names: Sequence[str]) -> Fit:
        """Return a scorecard's probabilities: folds are joined by them, for each has a scale of its own."""

        def fit(train: Sequence[int], test: Sequence[int]) -> list[float]:
            card = fit_scorecard(
                [self.rows[at] for at in train],
                [self.bad[at] for at in train],
                names,
                name="bench",
                months=MONTHS,
                currency=currency("CNY"),
                method=method,
            )
            return [card.scale.probability(card.points(self.rows[at])) for at in test]

        return fit

    def regression(self, names: Sequence[str], penalty: float) -> Fit:
        """Return a logistic regression's probabilities, on standardised logarithms."""
        features = self._logs(names)

        def fit(train: Sequence[int], test: Sequence[int]) -> list[float]:
            model = make_pipeline(StandardScaler(), LogisticRegression(C=penalty, max_iter=1000))
            model.fit(features[train], np.array(self.bad)[train])
            return [float(each) for each in model.predict_proba(features[test])[:, 1]]

        return fit

    def chosen(self, train: Sequence[int], test: Sequence[int]) -> list[float]:
        """Return the probabilities of the candidate that ranks best in cross-validation within ``train``."""
        inside = [self.bad[at] for at in train]

        def within(fit: Fit) -> float:
            def placed(one: Sequence[int], other: Sequence[int]) -> list[float]:
                return fit([train[at] for at in one], [train[at] for at in other])

            return statistics.fmean(auc(run, inside).value for run in crossed(placed, inside, INNER_REPEATS))

        fits = [self.card(method, names) for method, names in CANDIDATES]
        return max(fits, key=within)(train, test)


def crossed(fit: Fit, bad: Sequence[bool], repeats: int) -> list[list[float]]:
    """Return the out-of-fold predictions of each repeat."""
    folds = list(RepeatedStratifiedKFold(n_splits=5, n_repeats=repeats, random_state=SEED).split(bad, bad))
    runs = []
    for repeat in range(0, len(folds), 5):
        predicted = [0.0] * len(bad)
        for train, test in folds[repeat : repeat + 5]:
            for at, value in zip(test, fit(list(train), list(test)), strict=True):
                predicted[at] = value
        runs.append(predicted)
    return runs


def wins(runs: Sequence[Sequence[float]], bad: Sequence[bool]) -> np.ndarray:
    """Return how often each defaulter (row) is placed above each other company (column), over the runs.

    Its mean is the AUC, on average over the runs; a half is a tie.
    """
    ill = np.array(bad)
    scores = np.array(runs)
    gaps = scores[:, ill, None] - scores[:, None, ~ill]
    return ((np.sign(gaps) + 1) / 2).mean(axis=0)


def interval(won: np.ndarray) -> str:
    """Return the mean, and the middle 95 % of it over samples of defaulters and others with replacement."""
    chance = np.random.default_rng(SEED)
    ill, well = (chance.integers(0, size, (SAMPLES, size)) for size in won.shape)
    means = [won[np.ix_(one, other)].mean() for one, other in zip(ill, well, strict=True)]
    low, high = np.quantile(means, (0.025, 0.975))
    return f"{won.mean():.3f} ({low:.3f} to {high:.3f})"


PAGE = """## Back-test on public invoices

{companies} companies, {defaults} defaults, {months} months of invoices, never the rating. {repeats} times
5-fold cross-validation, bins and weights fitted inside each fold; AUC is the mean over the repeats, in
brackets the middle 95 % over {samples:,} samples of the companies with replacement (of the same
predictions). The last column is the shipped scorecard's AUC less that of the line, on the same samples.
"""
AFTER = """
Out of fold the scorecard expects {expected:.1f} defaults where there are {observed}; Brier score {brier:.3f},
against {base:.3f} for always saying the base rate; Spiegelhalter's p {p:.2f}; slope of calibration
{slope:.2f} (1 is right). The indicators of the shipped scorecard were chosen on these same companies.
*Chosen in the folds* makes a choice anew in each, among {candidates} scorecards (both kinds of bins; the
three indicators, alone or with one of {others}), by cross-validation inside the fold: what it loses is what
the choice may flatter the first line by.
"""


def slope_of(likely: Sequence[float], bad: Sequence[bool]) -> float:
    """Return the slope of a regression of the outcomes on the log odds that were foretold."""
    odds = np.log(np.array(likely) / (1 - np.array(likely)))
    return float(LogisticRegression(C=1e6).fit(odds[:, None], list(bad)).coef_[0][0])


def public(folder: Path) -> Bench:
    """Return the public companies."""
    mapping = parse_mapping(find_mapping("cumcm2020c-a1"))
    known, _ = load_outcomes(folder / "a1_enterprises.parquet")
    with load(resolve(folder, mapping), mapping) as books:
        found = books.indicator_rows(books.days()[1], MONTHS)
    return Bench([found[name] for name in sorted(found)], [known[name].bad for name in sorted(found)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data" / "cumcm2020c"
    )
    folder = parser.parse_args().data
    if not folder.is_dir():
        print(f"## Back-test on public invoices\n\nNot run: the public data set is not at `{folder.name}`.")
        return
    bench = public(folder)
    without_size = tuple(each for each in SCORECARD_INDICATORS if each not in SIZE)
    every = tuple(each.name for each in INDICATORS)
    methods: dict[str, Fit] = {
        f"shipped scorecard: {len(SCORECARD_INDICATORS)} indicators, by place": bench.card(
            "place", SCORECARD_INDICATORS
        ),
        "the same without sales": bench.card("place", without_size),
        "the same indicators by weight of evidence": bench.card("evidence", SCORECARD_INDICATORS),
        f"chosen in the folds among {len(CANDIDATES)}": bench.chosen,
        f"logistic regression, {len(REGRESSED)} indicators, C = 1": bench.regression(REGRESSED, 1),
        f"logistic regression, {len(REGRESSED)} indicators, C = 0.1": bench.regression(REGRESSED, 0.1),
        f"logistic regression, {len(every)} indicators, C = 0.1": bench.regression(every, 0.1),
        "sales alone": lambda _, test: [-float(bench.rows[at]["sales_amount"] or 0) for at in test],
    }
    runs = {}
    for name, fit in methods.items():
        note(f"back-test: {name}")
        runs[name] = crossed(fit, bench.bad, REPEATS)
    won = {name: wins(each, bench.bad) for name, each in runs.items()}
    shipped = next(iter(methods))
    lines = [
        (name, interval(each), "" if name == shipped else interval(won[shipped] - each))
        for name, each in won.items()
    ]
    middle = [statistics.fmean(column) for column in zip(*runs[shipped], strict=True)]
    right = calibration(middle, bench.bad)
    print(
        PAGE.format(
            companies=len(bench.bad),
            defaults=sum(bench.bad),
            months=MONTHS,
            repeats=REPEATS,
            samples=SAMPLES,
        )
    )
    print(table(("what", "AUC (95 %)", "scorecard less this (95 %)"), lines))
    print(
        AFTER.format(
            expected=right.expected,
            observed=right.observed,
            brier=right.brier,
            base=right.brier_of_base_rate,
            p=right.p or 0,
            slope=slope_of(middle, bench.bad),
            candidates=len(CANDIDATES),
            others=len(OTHERS),
        )
    )


if __name__ == "__main__":
    main()
