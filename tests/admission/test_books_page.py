"""The page about books lists every rule and table as the code has it."""

from pathlib import Path

import pytest

from tallystick.admission.cleaning import RULES
from tallystick.admission.pull_source import parse_pull_source
from tallystick.admission.tax_books import TAX_TABLES
from tests.admission.test_indicator_list import table_rows

PAGE = Path(__file__).parents[2] / "docs" / "books.md"


@pytest.fixture
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_the_page_lists_every_cleaning_rule(page: str) -> None:
    assert table_rows(page, "Cleaning") == [
        [f"`{rule.code}`", ", ".join(rule.actions), f"{rule.text.en} {rule.text.zh}"] for rule in RULES
    ]


def test_the_page_lists_every_tax_table_and_column(page: str) -> None:
    def named(columns: list[str]) -> str:
        return ", ".join(f"`{column}`" for column in columns)

    assert table_rows(page, "Tax books") == [
        [
            f"`{name}`",
            named(list(table.kinds)),
            named([column for column in table.kinds if column in table.required]),
        ]
        for name, table in TAX_TABLES.items()
    ]


def test_the_pull_source_that_the_page_shows_can_be_read(page: str) -> None:
    text = page.partition("## Pull sources")[2].partition("```toml\n")[2].partition("```")[0]
    assert parse_pull_source(text.encode()).tables["sales"].page_size == 10
