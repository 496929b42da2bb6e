"""The indicators off tax books, each worked by hand over a few records, executed on the engine."""

import csv
import io
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tallystick.admission.indicators import TAX_INDICATORS, tax_indicator_table, tax_indicator_values
from tallystick.admission.period import period_before
from tallystick.admission.tax_books import (
    CONTROL_ITEMS,
    RECEIVED,
    STATEMENT_ITEMS,
    TAX_TABLES,
    VAT_KINDS,
    tax_columns,
    tax_tables,
)
from tallystick.admission.tax_mapping import parse_tax_mapping
from tallystick.admission.tax_measures import INVOICED, sold
from tallystick.analytics.engine import sql_of
from tallystick.analytics.mappings.tax import tax_mapping
from tallystick.analytics.tax_books import load_tax, resolve_tax
from tallystick.services.sample_tax_books import sample_tax_books
from tallystick.values.money import currency

PERIOD = period_before(date(2026, 1, 15), 4)  # September to December 2025
SQL_TYPES = {"string": "VARCHAR", "date": "DATE", "int64": "BIGINT"}
READ = {  # the columns of each record below
    "received": ("enterprise", "source"),
    "registrations": ("enterprise", "established_on", "capital_minor"),
    "changes": ("enterprise", "changed_on", "item"),
    "declarations": (
        *("enterprise", "tax_kind", "period_from", "period_to"),
        *("base_minor", "due_minor", "paid_minor", "status"),
    ),
    "statements": ("enterprise", "period_from", "period_to", "item", "amount_minor"),
    "violations": ("enterprise", "occurred_on", "penalty_minor", "outcome"),
}
RECORDS = {
    "received": [("E1", name) for name in TAX_TABLES] + [("E2", "changes"), ("E3", "declarations")],
    "registrations": [("E1", "2025-12-01", 500000)],
    "changes": [
        ("E1", "2025-09-01", "address"),
        ("E1", "2025-12-31", "legal_representative"),
        ("E1", "2025-08-31", "name"),  # before the period
        ("E1", "2026-01-01", "name"),  # after it
    ],
    "declarations": [
        ("E1", "vat", "2025-09-01", "2025-09-30", 100000, 13000, 13000, "paid"),
        ("E1", "vat", "2025-10-01", "2025-10-31", 0, 0, 0, "declared"),  # zero
        ("E1", "income", "2025-07-01", "2025-09-30", 90000, 2000, 1500, "overdue"),  # 5.00 owed
        ("E1", "vat", "2025-08-01", "2025-08-31", 77700, 9900, 0, "overdue"),  # before the period
        ("E1", "vat", "2026-01-01", "2026-01-31", 5, 5, 0, "overdue"),  # after it
        ("E3", "vat", "2025-09-01", "2025-09-30", 100, 13, None, None),  # says neither
    ],
    "statements": [
        *(("E1", "2025-07-01", "2025-09-30", item, 1) for item in ("total_assets", "revenue")),
        *(("E1", "2025-10-01", "2025-12-31", item, 7) for item in ("total_assets", "cost")),  # one quarter
        ("E1", "2025-01-01", "2025-12-31", "total_assets", 300000),
        ("E1", "2025-01-01", "2025-12-31", "total_liabilities", 200000),
        ("E1", "2025-01-01", "2025-12-31", "revenue", 80000),
        ("E1", "2025-01-01", "2025-12-31", "cost", 90000),
        ("E1", "2025-01-01", "2025-12-31", "expenses", 10000),
        ("E1", "2026-01-01", "2026-03-31", "revenue", 1),
    ],
    "violations": [
        ("E1", "2025-10-01", 20000, "settled"),
        ("E1", "2025-11-01", None, "open"),
        ("E1", "2025-11-02", 500, "open"),
        ("E1", "2025-08-01", 900, "open"),  # before the period
    ],
}


@pytest.fixture(scope="module")
def rows() -> dict[str, dict[str, int | None]]:
    with duckdb.connect() as connection:
        for name, columns in {
            "received": RECEIVED,
            **{name: tax_columns(name) for name in TAX_TABLES},
        }.items():
            kinds = ", ".join(f'"{column}" {SQL_TYPES[kind]}' for column, kind in columns.items())
            connection.execute(f"CREATE TABLE tax_{name} ({kinds})")
            for record in RECORDS[name]:
                filled = dict(zip(READ[name], record, strict=True))
                places = ", ".join("?" * len(columns))
                connection.execute(
                    f"INSERT INTO tax_{name} VALUES ({places})",  # noqa: S608
                    [filled.get(column) for column in columns],
                )
        connection.execute(f"CREATE TABLE sold AS SELECT 'E1' AS enterprise, 80000 AS {INVOICED}")
        cursor = connection.execute(sql_of(tax_indicator_table(tax_tables(), sold(), PERIOD)))
        names = [column[0] for column in cursor.description]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {row.pop("enterprise"): row for row in found}


def test_every_tax_indicator_is_the_one_worked_by_hand(rows: dict[str, dict[str, int | None]]) -> None:
    values = tax_indicator_values(rows["E1"], currency("CNY"))
    assert {name: value.value for name, value in values.items()} == {
        "enterprise_age_days": 30,
        "registered_capital_amount": "5000.00",
        "registration_change_count": 2,
        "control_change_count": 1,
        "declared_sales_amount": "1000.00",  # 1000 + 0
        "declared_sales_gap": "0.2500",  # (1000 − 800) ÷ 800
        "effective_tax_burden": "0.1500",  # (130 + 0 + 20) ÷ 1000
        "overdue_declaration_count": 1,
        "zero_declaration_count": 1,
        "levied_tax_amount": "150.00",
        "tax_arrears_amount": "5.00",
        "unpaid_declaration_count": 1,
        "liabilities_to_assets": "0.6667",
        "expenditure_to_revenue": "1.2500",  # (900 + 100) ÷ 800
        "revenue_amount": "800.00",
        "violation_count": 3,
        "open_violation_count": 2,
        "penalty_amount": "205.00",
    }


def test_a_table_that_was_not_received_gives_no_figure_and_an_empty_one_gives_none(
    rows: dict[str, dict[str, int | None]],
) -> None:
    changes = {"registration_change_count", "control_change_count"}
    assert {name: value for name, value in rows["E2"].items() if value is not None} == dict.fromkeys(
        changes, 0
    )
    values = tax_indicator_values(rows["E2"], currency("CNY"))
    for each in TAX_INDICATORS:
        assert (values[each.name].missing is None) == (each.name in changes)


def test_declarations_that_do_not_say_what_was_paid_leave_it_unknown(
    rows: dict[str, dict[str, int | None]],
) -> None:
    assert rows["E3"]["levied_tax_amount"] == 13
    for name in ("tax_arrears_amount", "unpaid_declaration_count", "overdue_declaration_count"):
        assert rows["E3"][name] is None


def test_the_tables_have_one_definition_that_the_sample_and_the_mappings_keep_to() -> None:
    """Kinds of tax, items of change and of statements: what the indicators look for is what the files say."""
    made = {
        name: list(csv.DictReader(io.StringIO(data.decode())))
        for name, data in sample_tax_books("E1", date(2026, 1, 15), 7, 100_000_00).items()
    }
    assert made.keys() == TAX_TABLES.keys()
    for name, rows in made.items():
        assert all(tuple(row) == tuple(tax_columns(name)) for row in rows)
    assert {row["tax_kind"] for row in made["declarations"]} <= set(VAT_KINDS)
    assert {row["item"] for row in made["statements"]} == set(STATEMENT_ITEMS)
    for name in ("tallystick", "tax-ccf2020"):
        mapping = parse_tax_mapping(tax_mapping(name))
        assert mapping.layouts.keys() <= TAX_TABLES.keys()
        for table, layout in mapping.layouts.items():
            assert layout.columns.keys() <= tax_columns(table).keys()


def test_chinese_items_and_kinds_are_the_same_as_ours(tmp_path: Path) -> None:
    said = {
        "增值税": "vat",
        "资产总计": "total_assets",
        "负债合计": "total_liabilities",
        "法定代表人": CONTROL_ITEMS[0],
    }
    ours = {
        "changes": "E1,2025-10-01,legal_representative,a,b",
        "declarations": "E1,vat,goods,2025-10-01,2025-10-31,2025-11-05,1000,0,30,30,paid",
        "statements": "E1,2025-01-01,2025-12-31,total_assets,8\nE1,2025-01-01,2025-12-31,total_liabilities,4",
    }
    found = []
    for words in ({}, {english: chinese for chinese, english in said.items()}):
        for name, lines in ours.items():
            for english, chinese in words.items():
                lines = lines.replace(english, chinese)
            head = ",".join(tax_columns(name))
            (tmp_path / f"{name}.csv").write_text(f"{head}\n{lines}\n", "utf-8")
        mapping = parse_tax_mapping(tax_mapping("tallystick"))
        with load_tax(resolve_tax(tmp_path, mapping), mapping) as books:
            found.append(books.indicators("E1", date(2026, 1, 15), 4, None))
    assert found[0] == found[1]
    assert found[0]["liabilities_to_assets"].value == "0.5000"
    assert found[0]["control_change_count"].value == 1
    assert found[0]["declared_sales_amount"].value == "10.00"


def test_without_tax_books_every_figure_is_missing_with_its_reason() -> None:
    assert all(value.missing for value in tax_indicator_values(None, currency("CNY")).values())
