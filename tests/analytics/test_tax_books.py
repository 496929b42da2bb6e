"""Tax books are read as strictly as invoices; what is wrong in them is left out with its reason."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from tallystick.admission.tax_books import TAX_TABLES, tax_table
from tallystick.admission.tax_mapping import parse_tax_mapping
from tallystick.analytics.mappings.tax import tax_mapping
from tallystick.analytics.tax_books import TaxBooks, load_tax, resolve_tax
from tallystick.errors import Malformed
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
