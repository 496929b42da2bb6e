"""Back-test on 86 companies from invoices alone: our scorecard, a logistic regression, and volume alone."""

import argparse
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from report import table
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tallystick.admission.calibration import calibration
from tallystick.admission.indicators import INDICATORS
from tallystick.admission.mapping import parse_mapping
from tallystick.admission.ranking import auc, auc_difference
from tallystick.analytics.books import load, resolve
from tallystick.analytics.mappings import find_mapping
from tallystick.analytics.outcomes import load_outcomes
from tallystick.analytics.scorecards import fit_scorecard
from tallystick.cli.scorecard import SCORECARD_INDICATORS

MONTHS = 36
REPEATS = 20
SEED = 20261128
SIZE = ("sales_amount",)
Fit = Callable[[Sequence[int], Sequence[int]], list[float]]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data" / "cumcm2020c"
    )
    folder = parser.parse_args().data
    if not folder.is_dir():
        print(f"## Back-test on public invoices\n\nNot run: the public data set is not at `{folder.name}`.")
        return
    mapping = parse_mapping(find_mapping("cumcm2020c-a1"))
    known, _ = load_outcomes(folder / "a1_enterprises.parquet")
    with load(resolve(folder, mapping), mapping) as books:
        found = books.indicator_rows(books.days()[1], MONTHS)
    names = sorted(found)
    rows, bad = [found[name] for name in names], [known[name].bad for name in names]
    features = np.array([[float(row[each.name] or 0) for each in INDICATORS] for row in rows])
    features = np.sign(features) * np.log1p(np.abs(features))

    def card(
        indicators: Sequence[str], train: Sequence[int], test: Sequence[int]
    ) -> tuple[list[float], list[float]]:
        fitted = fit_scorecard(
            [rows[at] for at in train],
            [bad[at] for at in train],
            indicators,
            name="bench",
            months=MONTHS,
            currency=mapping.currency,
        )
        points = [float(fitted.points(rows[at])) for at in test]
        # Out of fold, folds are joined by probability: each has a scale of its own.
        return points, [fitted.scale.probability(each) for each in points]

    def regression(train: Sequence[int], test: Sequence[int]) -> list[float]:
        model = make_pipeline(StandardScaler(), LogisticRegression()).fit(
            features[train], np.array(bad)[train]
        )
        return [float(each) for each in model.predict_proba(features[test])[:, 1]]

    without_size = tuple(each for each in SCORECARD_INDICATORS if each not in SIZE)
    methods: dict[str, Fit] = {
        "scorecard, seven indicators": lambda train, test: card(SCORECARD_INDICATORS, train, test)[1],
        "the same without sales": lambda train, test: card(without_size, train, test)[1],
        f"logistic regression, {len(INDICATORS)} indicators": regression,
        "sales alone": lambda _, test: [-float(rows[at]["sales_amount"] or 0) for at in test],
    }
    scores = {name: crossed(fit, bad) for name, fit in methods.items()}
    middle = {
        name: [statistics.fmean(column) for column in zip(*runs, strict=True)]
        for name, runs in scores.items()
    }
    first = middle["scorecard, seven indicators"]
    lines = []
    for name, runs in scores.items():
        aucs, whole, gap = (
            [auc(run, bad).value for run in runs],
            auc(middle[name], bad),
            auc_difference(first, middle[name], bad),
        )
        lines.append(
            (
                name,
                f"{statistics.fmean(aucs):.3f} ({min(aucs):.3f} to {max(aucs):.3f})",
                f"{whole.value:.3f} ({whole.low or 0:.3f} to {whole.high or 0:.3f})",
                "" if middle[name] is first else f"{gap.value:+.3f} ({gap.low:+.3f} to {gap.high:+.3f})",
            )
        )
    right = calibration(first, bad)
    print("## Back-test on public invoices\n")
    print(
        f"{len(bad)} companies, {sum(bad)} defaults, {MONTHS} months of invoices, never the rating. "
        f"{REPEATS} times 5-fold cross-validation, "
        "bins and weights fitted inside each fold.\n"
    )
    print(
        table(
            (
                "what",
                "AUC over the repeats (least to most)",
                "AUC of mean predictions (95 %, DeLong)",
                "scorecard less this",
            ),
            lines,
        )
    )
    print(
        f"\nOut of fold the scorecard expects {right.expected:.1f} defaults where there are "
        f"{right.observed}; Brier "
        f"{right.brier:.3f} against {right.brier_of_base_rate:.3f} for the base rate; "
        f"Spiegelhalter p {right.p or 0:.2f}."
    )


def crossed(fit: Fit, bad: Sequence[bool]) -> list[list[float]]:
    """Return the out-of-fold predictions of each repeat."""
    folds = list(RepeatedStratifiedKFold(n_splits=5, n_repeats=REPEATS, random_state=SEED).split(bad, bad))
    runs = []
    for repeat in range(0, len(folds), 5):
        predicted = [0.0] * len(bad)
        for train, test in folds[repeat : repeat + 5]:
            for at, value in zip(test, fit(list(train), list(test)), strict=True):
                predicted[at] = value
        runs.append(predicted)
    return runs


if __name__ == "__main__":
    main()
