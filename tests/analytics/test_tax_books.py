"""Tax books are read as strictly as invoices; what is wrong in them is left out with its reason."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from tallystick.admission.indicators import tax_indicator_values
from tallystick.admission.tax_books import TAX_TABLES, tax_table
from tallystick.admission.tax_mapping import parse_tax_mapping
from tallystick.analytics.mappings.tax import tax_mapping
from tallystick.analytics.tax_books import TaxBooks, load_tax, resolve_tax
from tallystick.errors import Malformed, NotFound
from tallystick.services.sample_tax_books import sample_tax_books

ENTERPRISE = "Example Rubber Co., Ltd."
AS_OF = date(2026, 11, 20)


def loaded(folder: Path, name: str = "tallystick") -> TaxBooks:
    mapping = parse_tax_mapping(tax_mapping(name))
    return load_tax(resolve_tax(folder, mapping), mapping)


def written(folder: Path, sound: bool = True) -> Path:
    for name, data in sample_tax_books(ENTERPRISE, AS_OF, 7, 1_000_000_00, sound).items():
        (folder / f"{name}.csv").write_bytes(data)
    return folder


def test_sample_tax_books_are_the_same_for_one_seed_and_readable(tmp_path: Path) -> None:
    assert sample_tax_books(ENTERPRISE, AS_OF, 7, 100) == sample_tax_books(ENTERPRISE, AS_OF, 7, 100)
    with loaded(written(tmp_path)) as books:
        assert books.enterprises() == (ENTERPRISE,)
        declarations = books.rows("declarations", ENTERPRISE)
        assert len(declarations) == 24
        assert declarations[0]["base_minor"] is None
        assert declarations[0]["period_from"] == date(2024, 11, 1)
        assert books.findings(ENTERPRISE)["declarations"]["exact_duplicate"] == 1
        assert books.rows("violations", ENTERPRISE) == []
        table = tax_table("declarations")
        (row,) = books.select(table.aggregate(due=table.due_minor.sum()))
        assert row["due"] == sum(each["due_minor"] for each in declarations)


def test_an_unsound_enterprise_has_violations_and_changes(tmp_path: Path) -> None:
    with loaded(written(tmp_path, sound=False)) as books:
        assert len(books.rows("violations", ENTERPRISE)) == 4
        assert len(books.rows("changes", ENTERPRISE)) == 9


BAD_ROWS = [
    ("E,vat,,2025-02-30,2025-02-28,,1,,1,,", "impossible_date"),
    ("E,vat,,2025-02-01,2025-01-31,,1,,1,,", "period_backwards"),
    ("E,,,2025-01-01,2025-01-31,,1,,1,,", "missing_value"),
]


@pytest.mark.parametrize(("line", "code"), BAD_ROWS)
def test_a_row_that_cannot_be_is_left_out_with_its_reason(tmp_path: Path, line: str, code: str) -> None:
    path = tmp_path / "declarations.csv"
    path.write_text(",".join(TAX_TABLES["declarations"].kinds) + f"\n{line}\n")
    with load_tax({"declarations": path}, parse_tax_mapping(tax_mapping("tallystick"))) as books:
        assert books.rows("declarations", "E") == []
        found = books.findings("E")["declarations"]
        assert {name for name, count in found.items() if count} == {code}


def test_a_wrong_column_or_code_comes_with_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "declarations.csv"
    header = ",".join(TAX_TABLES["declarations"].kinds)
    mapping = parse_tax_mapping(tax_mapping("tallystick"))
    for text, nearest in (
        (header.replace("due_minor", "due_minr"), "due_minr"),
        (f"{header}\nE,vat,,2025-01-01,2025-01-31,,1,,1,,payed", "paid"),
    ):
        path.write_text(text + "\n")
        with pytest.raises(Malformed) as caught:
            load_tax({"declarations": path}, mapping)
        assert caught.value.details["nearest"] == nearest
    text = tax_mapping("tax-ccf2020").decode().replace("tax_kind", "tax_knd")
    with pytest.raises(Malformed, match="tax_kind"):
        parse_tax_mapping(text.encode())


def test_a_table_that_is_not_there_gives_no_figure_and_an_empty_one_none_of_it(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "statements.csv").unlink()
    with loaded(tmp_path) as books:
        assert set(books.received) == TAX_TABLES.keys() - {"statements"}
        found = books.indicators(ENTERPRISE, AS_OF, 12, 1_000_000_00 * 12)
        assert found["violation_count"].value == 0
        assert found["liabilities_to_assets"].value is None
        assert found["declared_sales_gap"].value == "-0.0400"
        with pytest.raises(NotFound) as caught:
            books.require(ENTERPRISE.replace("Rubber", "Ruber"))
        assert caught.value.details["nearest"] == ENTERPRISE
    with pytest.raises(NotFound) as caught:
        loaded(tmp_path, "tax-ccf2020")
    assert caught.value.code == "no_such_file"


def test_the_rows_of_all_equal_those_of_each(tmp_path: Path) -> None:
    for name, data in sample_tax_books(ENTERPRISE, AS_OF, 7, 1_000_000_00).items():
        other = sample_tax_books("Example Castings", AS_OF, 8, 3_000_000_00, sound=False)[name]
        (tmp_path / f"{name}.csv").write_bytes(data + other.partition(b"\n")[2])
    with loaded(tmp_path) as books:
        rows = books.indicator_rows(AS_OF, 12, {ENTERPRISE: 5_000_00})
        assert set(rows) == {ENTERPRISE, "Example Castings"}
        for name, sold in ((ENTERPRISE, 5_000_00), ("Example Castings", None)):
            alone = books.indicators(name, AS_OF, 12, sold)
            assert tax_indicator_values(rows[name], books.currency) == alone


@pytest.mark.shared_data
def test_public_declarations_hold_no_value_added_tax_and_say_so(shared_data: Path) -> None:
    with loaded(shared_data / "tax_ccf2020", "tax-ccf2020") as books:
        rows = books.indicator_rows(date(2013, 1, 1), 12, {})
        assert len(rows) == 566
        assert all(row["declared_sales_amount"] is None for row in rows.values())
        assert all(row["violation_count"] is None for row in rows.values())
        assert sum(row["levied_tax_amount"] or 0 for row in rows.values()) > 0
        name = next(name for name, row in rows.items() if row["levied_tax_amount"])
        missing = books.indicators(name, date(2013, 1, 1), 12, None)["declared_sales_amount"].missing
        assert missing is not None
        assert "VAT" in missing.en


@pytest.mark.shared_data
def test_published_declarations_equal_sql_written_by_hand(shared_data: Path) -> None:
    folder = shared_data / "tax_ccf2020"
    by_hand = f"""
        SELECT id, sum(CAST(round(TAX_AMOUNT * 100) AS BIGINT)), count(*)
        FROM (SELECT DISTINCT * FROM '{folder / "tax_declarations.parquet"}') GROUP BY id ORDER BY id
    """  # noqa: S608 - names of our own
    with duckdb.connect() as connection, loaded(folder, "tax-ccf2020") as books:
        table = tax_table("declarations")
        totals = table.group_by("enterprise").aggregate(due=table.due_minor.sum(), n=table.count())
        found = books.select(totals.order_by("enterprise"))
        assert [tuple(row.values()) for row in found] == connection.execute(by_hand).fetchall()
        assert len(found) == 566
        assert sum(row["n"] for row in found) == 18007
