"""Level per dimension, weighted into the index, read off the bands (mission row O4)."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.errors import Malformed
from tallystick.lending.grading import grade
from tallystick.values import canonical
from tallystick.values.rounding import Rounding, round_fraction
from tests.lending.invoice_loan import FIGURES, PROGRAMME, TABLES, programme_of, programme_parts, table_of

share = st.decimals(0, 1, places=4).map(str)
figures = st.fixed_dictionaries(
    {
        "sales_amount": st.decimals(-(10**6), 10**9, places=2).map(str),
        "void_sales_share": share,
        "red_letter_sales_share": share,
        "active_sales_months": st.integers(0, 12),
        "longest_sales_gap_months": st.integers(0, 12),
        "buyer_hhi": share,
        "top5_buyer_share": share,
        "buyer_count": st.integers(0, 500),
        "purchase_to_sales_ratio": st.decimals(-5, 50, places=4).map(str),
        "sales_growth": st.decimals(-2, 50, places=4).map(str),
    }
)


def test_the_index_is_the_weighted_sum_of_the_levels_and_explains_itself():
    grading = grade(PROGRAMME, TABLES, FIGURES)
    # Levels as in the shipped cases: 45.6, 36, 23, 65.5; weights 40, 30, 15, 15.
    # 18.24 + 10.8 + 3.45 + 9.825 = 42.315, one decimal: 42.3, above B (35) and within C (50).
    assert [(each.dimension.name, each.level, each.contribution) for each in grading.levels] == [
        ("transactions", Decimal("45.6"), Decimal("18.24")),
        ("continuity", Decimal(36), Decimal("10.8")),
        ("invoicing", Decimal(23), Decimal("3.45")),
        ("concentration", Decimal("65.5"), Decimal("9.825")),
    ]
    assert (str(grading.risk_index), grading.grade, grading.outcome) == ("42.3", "C", "found")
    assert grading.label is not None
    assert grading.label.zh == "较高风险"
    rules = [each["rules"] for each in grading.document()["dimensions"]]
    assert rules[1] == ["IDLE_MONTHS", "IDLE_RUN"]


SOUND = FIGURES | {
    "sales_amount": "25000000.00",
    "void_sales_share": "0.0000",
    "red_letter_sales_share": "0.0000",
    "active_sales_months": 12,
    "longest_sales_gap_months": 0,
    "buyer_hhi": "0.1000",
    "top5_buyer_share": "0.5000",
    "buyer_count": 30,
    "purchase_to_sales_ratio": "0.6000",
    "sales_growth": "0.1000",
}


@pytest.mark.parametrize(
    ("change", "index", "band"),
    [
        ({}, "0.0", "A"),
        # (5 + 200 x 0.01) x 15 % = 1.05, half way between 1.0 and 1.1: up.
        ({"void_sales_share": "0.0600"}, "1.1", "A"),
        # (5 + 0.000003 x 15,000,000) x 40 % = 20.0, the limit of A itself.
        ({"sales_amount": "5000000.00"}, "20.0", "A"),
        # (5 + 0.000003 x 15,041,666) x 40 % = 20.0499992, still 20.0; one yuan less gives 20.0500004.
        ({"sales_amount": "4958334.00"}, "20.0", "A"),
        ({"sales_amount": "4958333.00"}, "20.1", "B"),
    ],
)
def test_the_index_has_one_decimal_and_a_band_includes_its_limit(change, index, band):
    grading = grade(PROGRAMME, TABLES, SOUND | change)
    assert (str(grading.risk_index), grading.grade) == (index, band)


@given(figures)
def test_whatever_the_figures_index_and_levels_stay_between_0_and_100(some):
    grading = grade(PROGRAMME, TABLES, some)
    assert grading.risk_index is not None
    assert all(each.level is not None and 0 <= each.level <= 100 for each in grading.levels)
    assert 0 <= grading.risk_index <= 100
    total = sum(Fraction(each.contribution or 0) for each in grading.levels)
    assert Fraction(grading.risk_index) * 10 == round_fraction(total * 10, Rounding.HALF_UP)
    assert canonical.digest(grading.document()) == canonical.digest(grade(PROGRAMME, TABLES, some).document())


@given(figures, st.sampled_from(sorted(FIGURES)), st.sampled_from([None, "many", True, [1]]))
def test_a_figure_that_does_not_hold_leaves_no_index_and_refers_by_name(some, name, value):
    grading = grade(PROGRAMME, TABLES, some | {name: value})
    assert (grading.outcome, grading.risk_index, grading.grade) == ("refer", None, None)
    assert {reason.code.split(":")[1] for reason in grading.reasons} == {name}


def test_a_first_table_may_give_the_level():
    words = {"en": "level", "zh": "水平"}
    change = {
        "hit": "first",
        "points_max": None,
        "outputs": [{"name": "level", "label": words, "type": "decimal"}],
        "rules": [{"code": "ALL", "text": words, "when": {}, "then": {"level": "50"}}],
    }
    tables = TABLES | {"continuity-level": table_of("continuity-level", change)}
    assert str(grade(PROGRAMME, tables, FIGURES).risk_index) == "46.5"  # 42.315 - 10.8 + 15 = 46.515
    change["rules"][0]["then"]["level"] = "101"
    with pytest.raises(Malformed) as caught:
        grade(PROGRAMME, TABLES | {"continuity-level": table_of("continuity-level", change)}, FIGURES)
    assert caught.value.code == "bad_level"


def test_weights_of_another_programme_weigh_differently():
    parts = programme_parts()
    for part, weight in zip(parts["dimensions"], (0, 100, 0, 0), strict=True):
        part["weight"] = weight
    assert str(grade(programme_of(parts), TABLES, FIGURES).risk_index) == "36.0"
