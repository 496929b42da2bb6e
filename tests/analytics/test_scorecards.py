"""A fitted scorecard: no points for being better, probabilities that add up, and a table equal to it."""

from decimal import Decimal
from random import Random

import pytest

from tallystick.admission.absence import with_absences
from tallystick.admission.indicators import absent_row
from tallystick.admission.scorecard import Scorecard, policy, written
from tallystick.analytics.scorecards import EXPECTED, METHODS, Method, fit_scorecard
from tallystick.errors import Malformed
from tallystick.policy.evaluate import decide
from tallystick.policy.table import parse
from tallystick.policy.writing import policy_bytes
from tallystick.values.currencies import currency

NAMES = ("sales_amount", "active_sales_months", "peak_month_share")
CNY = currency("CNY")


def enterprises(count: int = 120) -> tuple[list[dict[str, int | None]], list[bool]]:
    """Return made-up enterprises of which the small and the interrupted default more often."""
    chance = Random(11)  # noqa: S311 - the same numbers on every run
    rows, bad = [], []
    for _ in range(count):
        size = chance.random()
        months = min(int(36 * (size + chance.random()) / 1.2), 36)
        share = None if chance.random() < 0.1 else chance.randrange(300, 9000)
        figures = {"sales_amount": int(10 ** (6 + 4 * size)), "active_sales_months": months}
        rows.append(absent_row(36) | figures | {"peak_month_share": share})
        bad.append(chance.random() < 0.6 - 0.6 * size)
    return rows, bad


def fitted(method: Method = "place") -> Scorecard:
    rows, bad = enterprises()
    return fit_scorecard(rows, bad, NAMES, name="made-up", months=36, currency=CNY, method=method)


@pytest.mark.parametrize("method", METHODS)
def test_points_only_rise_or_only_fall_with_an_indicator_and_the_best_bin_costs_nothing(method):
    for variable in fitted(method).variables:
        falling = variable.binning.direction == "falls"
        assert list(variable.points) == sorted(variable.points, reverse=falling)
        assert min(variable.points) == 0
        assert variable.weight > 0


def test_by_place_the_direction_is_that_of_the_trade():
    directions = {each.name: each.binning.direction for each in fitted().variables}
    assert "sales_amount" in directions
    assert directions == {name: EXPECTED[name] for name in directions}


@pytest.mark.parametrize("method", METHODS)
def test_as_many_defaults_are_expected_as_there_were(method):
    rows, bad = enterprises()
    card = fitted(method)
    expected = sum(card.scale.probability(card.points(row)) for row in rows)
    assert expected == pytest.approx(sum(bad), rel=0.05)


@pytest.mark.parametrize("method", METHODS)
def test_the_table_gives_the_points_of_the_scorecard(method):
    card = fitted(method)
    table = parse(policy_bytes(policy(card, {"en": "Made up", "zh": "虚构"}, "2026-01-01", 10, 20)))
    for row in enterprises()[0][::7]:
        figures: dict[str, object] = {}
        for name in NAMES:
            whole = row[name]
            if whole is not None:
                text = written(name, whole, CNY)
                figures[name] = int(text) if name == "active_sales_months" else text
        assert decide(table, with_absences(table, figures)).points == Decimal(card.points(row))


def test_too_few_defaults_are_nothing_to_fit_to():
    rows, _ = enterprises(30)
    with pytest.raises(Malformed) as refused:
        fit_scorecard(rows, [at < 9 for at in range(30)], NAMES, name="few", months=36, currency=CNY)
    assert refused.value.code == "too_few_outcomes"
