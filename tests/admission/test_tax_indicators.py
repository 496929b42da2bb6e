"""The indicators off tax books, each worked by hand over a few records, executed on the engine."""

from datetime import date

import duckdb
import pytest

from tallystick.admission.books import COLUMNS, invoices
from tallystick.admission.indicators import TAX_INDICATORS, tax_indicator_table, tax_indicator_values
from tallystick.admission.period import period_before
from tallystick.admission.tax_tables import TAX_TABLES, tax_tables
from tallystick.analytics.engine import sql_of
from tallystick.values.money import currency

PERIOD = period_before(date(2026, 1, 15), 4)  # September to December 2025
SQL_TYPES = {"string": "VARCHAR", "date": "DATE", "int64": "BIGINT"}
RECORDS = {
    "received": [("E1", name) for name in TAX_TABLES if name != "received"]
    + [("E2", "changes"), ("E3", "declarations")],
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
        for name, columns in {**TAX_TABLES, "invoices": COLUMNS}.items():
            table = name if name == "invoices" else f"tax_{name}"
            kinds = ", ".join(f'"{column}" {SQL_TYPES[kind]}' for column, kind in columns.items())
            connection.execute(f"CREATE TABLE {table} ({kinds})")
            for record in RECORDS.get(name, []):
                places = ", ".join("?" * len(columns))
                connection.execute(f"INSERT INTO {table} VALUES ({places})", list(record))  # noqa: S608
        connection.execute(
            "INSERT INTO invoices VALUES ('sale', 'E1', '1', '2025-10-05', 'A', 80000, 0, 80000, 'valid')"
        )
        cursor = connection.execute(sql_of(tax_indicator_table(tax_tables(), invoices(), PERIOD)))
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


def test_without_tax_books_every_figure_is_missing_with_its_reason() -> None:
    assert all(value.missing for value in tax_indicator_values(None, currency("CNY")).values())
