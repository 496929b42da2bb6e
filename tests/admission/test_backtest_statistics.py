"""Statistics of a back-test, worked by hand and against scikit-learn."""

import math
from random import Random

import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from tallystick.admission.bands import Rate, stability_index
from tallystick.admission.calibration import calibration
from tallystick.admission.outcomes import columns_of
from tallystick.admission.ranking import auc, auc_difference, ks
from tallystick.errors import Malformed


def test_auc_with_delong_is_as_worked_by_hand():
    # Defaulters 3, 1; others 2, 0: pairs won 3 of 4. Placements: bad 1, 1/2; good 1/2, 1; each variance 1/8.
    found = auc([3, 1, 2, 0], [True, True, False, False])
    assert found.value == 0.75
    assert found.error == pytest.approx(math.sqrt(0.125 / 2 + 0.125 / 2))


def test_auc_equals_scikit_learn_with_ties_and_under_a_monotone_map():
    random = Random(7)  # noqa: S311 - the same numbers on every run
    points = [float(random.randrange(12)) for _ in range(500)]
    bad = [random.random() < (value + 1) / 14 for value in points]
    assert auc(points, bad).value == pytest.approx(roc_auc_score(bad, points))
    assert auc([value**3 for value in points], bad) == auc(points, bad)
    assert auc_difference(points, points, bad).p == 1.0


def test_ks_is_the_widest_gap_and_one_kind_of_outcome_is_refused():
    assert ks([3, 1, 2, 0], [True, True, False, False]).value == 0.5
    with pytest.raises(Malformed, match="must have defaulted"):
        auc([1, 2], [True, True])


def test_psi_and_wilson_are_as_worked_by_hand():
    assert stability_index(list(range(10)), list(range(10))) == 0
    low, high = Rate(10, 0).interval or (1, 0)
    assert (round(low, 4), round(high, 4)) == (0.0, 0.2775)


def test_brier_equals_scikit_learn():
    likely, bad = [0.1, 0.4, 0.8, 0.3], [False, True, True, False]
    assert calibration(likely, bad).brier == pytest.approx(brier_score_loss(bad, likely))


@pytest.mark.parametrize("name", ["信誉评级", "rating", "credit_rating", "Grade"])
def test_a_rating_is_refused_as_an_outcome_column(name):
    with pytest.raises(Malformed) as refused:
        columns_of(["企业代号", name], {"default": name})
    assert refused.value.code == "leaking_column"
