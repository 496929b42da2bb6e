"""What a policy table makes of indicators and findings, in the shape that `assess` prints."""

import json
from datetime import date

import pytest

from tallystick.admission.indicators import INDICATORS, IndicatorValue
from tallystick.admission.judgement import Judgement, judge
from tallystick.admission.period import period_before
from tallystick.admission.quality import FINDING_KINDS, Finding
from tallystick.errors import Malformed
from tallystick.policy.table import parse
from tallystick.policy.wording import Wording
from tallystick.values import canonical

AS_OF = date(2026, 1, 15)


def words(text: str) -> dict[str, str]:
    return {"en": text, "zh": text}


TABLE = {
    "format": "tallystick/decision-table/1",
    "name": "admission-test",
    "title": words("Admission"),
    "effective_from": "2026-01-01",
    "hit": "sum",
    "inputs": [
        {"name": "longest_sales_gap_months", "label": words("gap"), "type": "integer", "min": "0"},
        {"name": "purchase_to_sales_ratio", "label": words("ratio"), "type": "decimal"},
        {"name": "impossible_date", "label": words("dates"), "type": "integer", "min": "0"},
    ],
    "acceptable": {"approve_up_to": "10", "refer_up_to": "20"},
    "rules": [
        {
            "code": "GAP",
            "text": words("Sales stop for more than two months."),
            "when": {"longest_sales_gap_months": "> 2"},
            "points": {"base": "5", "excess_of": "longest_sales_gap_months", "per_unit": "2"},
        },
        {
            "code": "SPENDS_MORE",
            "text": words("Purchases exceed sales."),
            "when": {"purchase_to_sales_ratio": "> 1"},
            "points": {"base": "8"},
        },
        {
            "code": "DATES",
            "text": words("Invoices on days that do not exist."),
            "when": {"impossible_date": "> 0"},
            "points": {"base": "15"},
        },
    ],
}


def judged(gap: int, ratio: str | None, impossible: int = 0) -> Judgement:
    indicators = {
        "longest_sales_gap_months": IndicatorValue("longest_sales_gap_months", gap, "months"),
        "purchase_to_sales_ratio": IndicatorValue("purchase_to_sales_ratio", ratio, "ratio"),
    }
    finding = Finding("impossible_date", impossible, "left_out", Wording(en="a", zh="b"))
    return judge(
        indicators,
        parse(json.dumps(TABLE).encode()),
        enterprise="E1",
        as_of=AS_OF,
        period=period_before(AS_OF, 12),
        data_quality=[finding],
    )


@pytest.mark.parametrize(
    ("gap", "ratio", "impossible", "outcome", "points"),
    [
        (0, "0.6800", 0, "accept", "0"),
        (3, "0.6800", 0, "accept", "7"),  # 5 + 2 × 1
        (4, "0.6800", 0, "accept", "9"),  # a longer gap costs more
        (3, "1.0001", 0, "refer", "15"),  # 7 + 8
        (0, "0.6800", 1, "refer", "15"),  # findings count too
        (5, "1.2000", 1, "reject", "34"),  # 5 + 2 × 3 + 8 + 15
    ],
)
def test_points_are_summed_and_held_against_the_range(
    gap: int, ratio: str, impossible: int, outcome: str, points: str
) -> None:
    judgement = judged(gap, ratio, impossible)
    assert (judgement.outcome, judgement.points) == (outcome, points)


def test_an_indicator_without_a_meaning_refers_and_is_named() -> None:
    judgement = judged(0, None)
    assert judgement.outcome == "refer"
    assert judgement.points is None
    assert [reason.code for reason in judgement.decision.reasons] == ["missing_input:purchase_to_sales_ratio"]


def test_the_document_has_the_shape_that_is_printed() -> None:
    document = judged(3, "1.0001").document()
    assert document == {
        "enterprise": "E1",
        "as_of": "2026-01-15",
        "period": {"from": "2025-01-01", "to": "2025-12-31"},
        "outcome": "refer",
        "points": "15",
        "acceptable_points_max": "10",
        "reasons": [
            {"code": "GAP", "text": words("Sales stop for more than two months."), "points": "7"},
            {"code": "SPENDS_MORE", "text": words("Purchases exceed sales."), "points": "8"},
        ],
        "indicators": {
            "longest_sales_gap_months": {"value": 3, "unit": "months"},
            "purchase_to_sales_ratio": {"value": "1.0001", "unit": "ratio"},
        },
        "data_quality": [
            {"code": "impossible_date", "count": 0, "treatment": "left_out", "text": {"en": "a", "zh": "b"}}
        ],
        "policy": {"name": "admission-test", "version": parse(json.dumps(TABLE).encode()).version},
    }
    assert canonical.encode(document)


def test_a_table_that_gives_values_only_does_not_judge() -> None:
    grading = {
        **{key: TABLE[key] for key in ("format", "name", "title", "effective_from", "inputs")},
        "hit": "first",
        "outputs": [{"name": "grade", "label": words("grade"), "type": "text"}],
        "rules": [{"code": "ALL", "text": words("all"), "then": {"grade": "A"}}],
    }
    with pytest.raises(Malformed) as caught:
        judge(
            {
                name: IndicatorValue(name, value, "months")
                for name, value in {"longest_sales_gap_months": 0, "purchase_to_sales_ratio": "0.5"}.items()
            },
            parse(json.dumps(grading).encode()),
            enterprise="E1",
            as_of=AS_OF,
            period=period_before(AS_OF, 12),
            data_quality=[Finding("impossible_date", 0, "left_out", Wording(en="a", zh="b"))],
        )
    assert caught.value.code == "policy_does_not_judge"


def test_no_finding_hides_an_indicator_from_the_table() -> None:
    assert not {kind.code for kind in FINDING_KINDS} & {indicator.name for indicator in INDICATORS}
