"""The list of indicators: names that others rely on, and a manual that says the same as the code."""

from pathlib import Path

import pytest

from tallystick.admission.books import COLUMNS
from tallystick.admission.indicators import ALL_INDICATORS, FRACTIONS, GROUPS, INDICATORS, indicator_values
from tallystick.admission.quality import FINDING_KINDS
from tallystick.values.money import currency

PROMISED = [
    "sales_amount",
    "purchase_amount",
    "sales_count",
    "purchase_count",
    "void_sales_share",
    "red_letter_sales_share",
    "buyer_count",
    "supplier_count",
    "top5_buyer_share",
    "buyer_hhi",
    "supplier_hhi",
    "active_sales_months",
    "longest_sales_gap_months",
    "purchase_to_sales_ratio",
    "sales_growth",
]


def table_rows(text: str, heading: str, level: str = "##") -> list[list[str]]:
    """Return the cells of the tables under a heading, without the first one's head."""
    under = text.partition(f"\n{level} {heading}\n")[2].partition("\n## ")[0]
    lines = under.partition(f"\n{level} ")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return rows[2:]


@pytest.fixture
def manual() -> str:
    return (Path(__file__).parents[2] / "docs" / "admission.md").read_text(encoding="utf-8")


def test_the_promised_indicators_are_there() -> None:
    assert set(PROMISED) <= {indicator.name for indicator in INDICATORS}


def test_the_manual_lists_every_indicator_as_the_code_has_it(manual: str) -> None:
    for group, name in GROUPS.items():
        assert table_rows(manual, f"{name.en} · {name.zh}", level="###") == [
            [f"`{i.name}`", f"{i.label.en} · {i.label.zh}", i.unit, i.formula.en, i.period.en, i.source]
            for i in ALL_INDICATORS
            if i.group == group
        ]


def test_the_manual_lists_every_finding_as_the_code_has_it(manual: str) -> None:
    assert table_rows(manual, "Data quality") == [
        [f"`{kind.code}`", kind.treatment, f"{kind.text.en} {kind.text.zh}"] for kind in FINDING_KINDS
    ]


def test_the_manual_lists_every_canonical_column(manual: str) -> None:
    assert [row[:2] for row in table_rows(manual, "The canonical invoice")] == [
        [f"`{name}`", kind] for name, kind in COLUMNS.items()
    ]


def test_the_manual_walks_through_the_mapping_that_is_shipped(manual: str) -> None:
    walked = manual.partition("```toml\n")[2].partition("```")[0]
    mappings = Path(__file__).parents[2] / "src" / "tallystick" / "analytics" / "mappings"
    assert walked == (mappings / "cumcm2020c-a1.toml").read_text(encoding="utf-8")


def test_whole_numbers_are_shown_in_their_unit() -> None:
    row = {indicator.name: -12345 for indicator in INDICATORS}
    for value, indicator in zip(indicator_values(row, currency("CNY"), 12).values(), INDICATORS, strict=True):
        shown = {"amount": "-123.45"}.get(
            indicator.unit, "-1.2345" if indicator.unit in FRACTIONS else -12345
        )
        assert value.value == shown


def test_what_is_unknown_stays_unknown() -> None:
    row = dict.fromkeys((indicator.name for indicator in INDICATORS), None)
    assert {value.value for value in indicator_values(row, currency("CNY"), 12).values()} == {None}


def test_every_kind_of_finding_is_worded_in_both_languages() -> None:
    for kind in FINDING_KINDS:
        assert kind.text.en.endswith(".")
        assert kind.text.zh.endswith("。")
