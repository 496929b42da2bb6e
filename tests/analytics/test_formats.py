"""Workbooks and JSON arrays read like any other file, within limits, and what is odd in them is named."""

import json
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from tallystick.analytics.books import Limits, load
from tallystick.errors import Rejection, Unavailable
from tests.analytics.folders import AS_OF, HEADER, PURCHASE_LINE, canonical, opened, plain, write

ROWS = [
    ("E1", "007", date(2025, 10, 5), " Example Buyer ", 100, 13, 113, "valid"),
    ("E1", "8", datetime(2025, 11, 5), "橡胶公司", 250, 32, 282, "valid"),  # noqa: DTZ001 - as sheets keep days
    ("E1", 9, "2025-11-06", "橡胶公司", -50.0, -6, -56, "void"),
]


def workbook(folder: Path, rows: list[tuple[object, ...]], name: str = "sales.xlsx") -> Path:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("one")
    sheet.append(HEADER.split(","))
    for row in rows:
        sheet.append(row)
    book.save(folder / name)
    return folder / name


def refused(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises((Rejection, Unavailable)) as caught:
        load({"sales": path}, canonical(), limits)
    return caught.value.code


def test_a_workbook_and_a_json_array_read_like_csv(tmp_path: Path) -> None:
    lines = [",".join(str(c)[:10] if isinstance(c, date) else str(c) for c in row) for row in ROWS]
    folder = write(tmp_path, lines, [PURCHASE_LINE])
    with opened(folder) as books:
        expected = plain(books.indicators("E1", AS_OF, 6)), books.quality("E1")
    (folder / "sales.csv").unlink()
    workbook(folder, ROWS)
    with opened(folder) as books:
        assert (plain(books.indicators("E1", AS_OF, 6)), books.quality("E1")) == expected
    (folder / "sales.xlsx").unlink()
    records = [dict(zip(HEADER.split(","), row, strict=True)) for row in ROWS]
    (folder / "sales.json").write_text(json.dumps(records, default=lambda day: str(day)[:10], indent=1))
    with opened(folder) as books:
        assert (plain(books.indicators("E1", AS_OF, 6)), books.quality("E1")) == expected


def test_empty_rows_and_fields_left_out_at_the_end_of_a_row_are_read(tmp_path: Path) -> None:
    with load({"sales": workbook(tmp_path, [ROWS[0], (), ROWS[0][:7]])}, canonical()) as books:
        assert books.row_counts["sales"] == 2
        assert {finding.code: finding.count for finding in books.quality("E1")}["missing_value"] == 1


def test_a_formula_in_a_workbook_is_named(tmp_path: Path) -> None:
    path = workbook(tmp_path, [(*ROWS[0][:4], "=1+1", 13, 113, "valid")])
    with pytest.raises(Rejection, match="E2") as caught:
        load({"sales": path}, canonical())
    assert caught.value.code == "formula_in_sheet"


def test_a_workbook_with_too_many_rows_is_refused_while_it_is_read(tmp_path: Path) -> None:
    assert refused(workbook(tmp_path, ROWS), Limits(rows=2)) == "too_many_rows"
    assert refused(workbook(tmp_path, ROWS), Limits(seconds=-1)) == "books_too_slow"


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = workbook(tmp_path, ROWS)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/more.xml", "w") as part,
    ):
        for _ in range(1030):
            part.write(b" " * (1 << 20))
    assert path.stat().st_size < 3_000_000
    assert refused(path) == "workbook_too_large"


@pytest.mark.parametrize("kept", [0.2, 0.8])
def test_a_damaged_workbook_is_refused(tmp_path: Path, kept: float) -> None:
    path = workbook(tmp_path, ROWS)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    assert refused(path) == "bad_workbook"


def test_a_json_array_that_breaks_off_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "sales.json"
    record = json.dumps(dict(zip(HEADER.split(","), ROWS[0], strict=True)), default=str)
    for text in (f"[{record},", f"[{record}, {record[:40]}", f"[{record}, 5]"):
        path.write_text(text)
        assert refused(path) == "unreadable_file"
