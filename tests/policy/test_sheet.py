"""Spreadsheets: a table comes back as it was, nothing is worked out, and limits and faults are named."""

import datetime
import re
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from tallystick.analytics import workbook
from tallystick.errors import Malformed, TooLarge
from tallystick.policy import sheet
from tallystick.policy.sheet import read_csv, read_sheet, write_csv, write_sheet
from tallystick.policy.table import parse
from tallystick.policy.writing import plain_policy
from tallystick.services import catalogue
from tests.policy.documents import changes_document, graph, lending_graph, sector_document, table
from tests.policy.strategies import documents

#: Written once: a workbook holds the moment at which it was written.
WORKBOOK = workbook.write_rows(write_sheet(table(changes_document())), "x")


def xlsx(rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


@settings(max_examples=80, deadline=None)
@given(documents())
def test_a_table_comes_back_from_a_spreadsheet_as_it_was(document):
    subject = table(document)
    try:
        rows = write_sheet(subject)
    except Malformed:
        assume(False)
    for back in (
        read_sheet(rows),
        read_csv(write_csv(subject)),
        read_sheet(workbook.read_rows(workbook.write_rows(rows, "x"))),
    ):
        assert plain_policy(back) == plain_policy(subject)
        assert write_sheet(back) == rows
        assert back.version == table(plain_policy(subject)).version


@pytest.mark.parametrize("name", catalogue.POLICIES)
def test_a_shipped_policy_keeps_its_version_through_both(name):
    subject = parse(catalogue.policy_document(name))
    assert read_csv(write_csv(subject)).version == subject.version
    rows = workbook.read_rows(workbook.write_rows(write_sheet(subject), name))
    assert read_sheet(rows).version == subject.version


def test_no_field_of_a_csv_file_begins_as_a_formula():
    document = sector_document()
    document["title"] = {"en": "=1+1", "zh": "'@x"}
    data = write_csv(table(document))
    fields = re.findall(r'"((?:[^"]|"")*)"', data.decode("utf-8-sig"))
    assert [field for field in fields if field.startswith(("=", "+", "-", "@"))] == []
    assert "'= false" in fields
    assert read_csv(data).title.en == "=1+1"
    assert read_csv(data).title.zh == "'@x"


def test_a_field_of_a_workbook_that_we_write_is_text_whatever_it_begins_with():
    data = workbook.write_rows(write_sheet(table(sector_document())), "sector")
    cells = [cell for row in load_workbook(BytesIO(data)).active.iter_rows() for cell in row if cell.value]
    assert {cell.data_type for cell in cells} == {"s"}
    assert "= false" in [cell.value for cell in cells]


def test_a_formula_is_refused_and_never_worked_out():
    with pytest.raises(Malformed) as caught:
        workbook.read_rows(xlsx([["a", "b"], ["c", "=1+1"]]))
    assert (caught.value.code, "B2" in caught.value.message) == ("formula_in_sheet", True)


def test_numbers_and_days_are_the_text_that_they_show():
    rows = workbook.read_rows(xlsx([[5, 0.1, 0.1 + 0.2, 1e15, True, datetime.date(2026, 1, 1), None, "x"]]))
    assert rows == [["5", "0.1", "0.3", "1000000000000000", "true", "2026-01-01", "", "x"]]


def test_a_graph_and_text_that_a_sheet_cannot_hold_are_refused_by_name():
    changed = changes_document()
    changed["title"] = {"en": "a\rb", "zh": "b"}
    for policy, named in ((graph(lending_graph()), "a graph"), (table(changed), "control")):
        with pytest.raises(Malformed) as caught:
            write_sheet(policy)
        assert (caught.value.code, named in caught.value.message) == ("not_in_sheet", True)


def rows_with(number, fields):
    rows = write_sheet(table(sector_document()))
    rows[number] = fields
    return rows


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        (rows_with(0, ["colour", "red"]), "Row 1 "),
        (rows_with(1, ["format", "x"]), "Row 2 "),
        (rows_with(2, ["title", "one"]), "Row 3 "),
        (rows_with(6, ["inputs:", "kind"]), "Row 7 "),
        (rows_with(7, ["sector", *"12345678"]), "more fields"),
        (rows_with(16, ["rules:", "text en", "text zh", "when years", "when years"]), "twice"),
        (rows_with(16, ["rules:", "text en", "text zh", "if years"]), "headings"),
        (
            rows_with(18, ["STEEL", "a", "a", "", "", "", "approve", "1", "many"]),
            "'many' is not a whole number",
        ),
    ],
)
def test_a_row_that_cannot_be_read_is_named(rows, named):
    with pytest.raises(Malformed) as caught:
        read_sheet(rows)
    assert (caught.value.code, named in caught.value.message) == ("bad_sheet", True), caught.value.message


def test_what_the_table_itself_refuses_is_refused_with_its_own_words():
    rows = write_sheet(table(changes_document()))
    rows[-1] = ["SHARE", "a", "b", "", "> a lot", "4"]
    with pytest.raises(Malformed, match="Rule SHARE, input share"):
        read_sheet(rows)


def test_sheets_have_limits(monkeypatch):
    with pytest.raises(TooLarge):
        read_csv(b" " * ((1 << 20) + 1))
    for rows in ([[]] * (sheet.MAX_ROWS + 1), [["x"] * 301], [["x" * 2001]]):
        with pytest.raises(TooLarge):
            read_sheet(rows)
    with pytest.raises(TooLarge):
        workbook.read_rows(b"x" * (workbook.MAX_FILE_BYTES + 1))
    bomb = BytesIO()
    with ZipFile(bomb, "w", ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(workbook.MAX_UNPACKED_BYTES + 1))
    with pytest.raises(TooLarge):
        workbook.read_rows(bomb.getvalue())
    monkeypatch.setattr(workbook, "MAX_ROWS", 3)
    with pytest.raises(TooLarge):
        workbook.read_rows(xlsx([["a"]] * 4))
    assert len(workbook.read_rows(xlsx([["a"]] * 3))) == 3


@pytest.mark.parametrize("data", [b"", b"PK", b"\xff\xfe", b'"a', b"a\x00b"])
def test_what_is_no_spreadsheet_is_refused(data):
    with pytest.raises(Malformed):
        read_csv(data)
    with pytest.raises(Malformed) as caught:
        workbook.read_rows(data)
    assert caught.value.code == "bad_workbook"


@settings(deadline=None)
@given(st.data())
def test_a_damaged_workbook_is_read_or_refused(data):
    whole = WORKBOOK
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:at] + data.draw(st.binary(max_size=9)) + whole[at + data.draw(st.integers(0, 30)) :]
    try:
        rows = workbook.read_rows(damaged)
    except (Malformed, TooLarge):
        return
    assert all(isinstance(field, str) for row in rows for field in row)
