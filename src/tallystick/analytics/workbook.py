"""Workbooks (XLSX) as rows of text and back: nothing in them is worked out, and formulas are refused.

The only place that imports openpyxl. A workbook is a ZIP file, so its size is bounded before and after
it is unpacked.
"""

import csv
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any, Final, Protocol
from zipfile import BadZipFile, ZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from tallystick.errors import Malformed, Rejection, TooLarge, Unavailable

MAX_FILE_BYTES: Final = 4 << 20
MAX_UNPACKED_BYTES: Final = 64 << 20
MAX_BOOK_BYTES: Final = 1 << 30
"""Of a workbook with books in it, unpacked; it is read row by row."""
MAX_PARTS: Final = 500
MAX_ROWS: Final = 11_000
MAX_COLUMNS: Final = 300
_WIDTH: Final = 24
#: Digits that a binary64 number keeps for certain; what a spreadsheet shows has no more.
_SURE_DIGITS: Final = 15


class _Cell(Protocol):
    coordinate: str
    data_type: str
    value: Any


def read_rows(data: bytes) -> list[list[str]]:
    """Return the text of every field of a workbook's first sheet, row by row.

    A number is the decimal that the spreadsheet shows, in plain digits; a day is ISO 8601.

    Raises:
        Malformed: ``bad_workbook``; ``formula_in_sheet`` with the field named.
        TooLarge: ``workbook_too_large``.
    """
    _check_size(data)
    try:
        return _rows(data)
    except Rejection:
        raise
    except Exception as error:  # the library raises whatever a damaged file leads it to
        raise _bad(f"it is damaged ({type(error).__name__})") from error


def _rows(data: bytes) -> list[list[str]]:
    rows = []
    book = load_workbook(BytesIO(data), read_only=True, data_only=False, keep_links=False)
    sheet: Any = book.worksheets[0]
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(max_row=MAX_ROWS + 1), 1):
        if number > MAX_ROWS or len(row) > MAX_COLUMNS:
            raise _too_large()
        rows.append([_text(cell) for cell in row])
    book.close()
    return rows


def copy_sheet(path: Path, target: Path, name: str, max_rows: int, seconds: float | None) -> None:
    """Write the first sheet of a large workbook as CSV, row by row; empty rows are left out.

    Args:
        path: the workbook.
        target: where the CSV goes.
        name: what people call the workbook.
        max_rows: data rows that it may have.
        seconds: how long this may take; no limit when ``None``.

    Raises:
        Malformed: ``bad_workbook``; ``formula_in_sheet`` with the field named.
        TooLarge: ``workbook_too_large``, ``too_many_rows``.
        Unavailable: ``books_too_slow``.
    """
    _check_parts(path, MAX_BOOK_BYTES)
    deadline = None if seconds is None else monotonic() + seconds
    try:
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            rows = 0
            for row in islice(_full_rows(path, deadline), max_rows + 2):
                writer.writerow(row)
                rows += 1
    except (Rejection, Unavailable):
        raise
    except Exception as error:  # the library raises whatever a damaged file leads it to
        raise _bad(f"it is damaged ({type(error).__name__})") from error
    if rows > max_rows + 1:
        raise TooLarge("too_many_rows", f"{name} has more than {max_rows:,} rows.", file=name)


def _full_rows(path: Path, deadline: float | None) -> Iterator[list[str]]:
    book = load_workbook(path, read_only=True, data_only=False, keep_links=False)
    with closing(book):
        sheet: Any = book.worksheets[0]
        sheet.reset_dimensions()
        width = 0
        for number, cells in enumerate(sheet.iter_rows()):
            if deadline is not None and number % 1000 == 0 and monotonic() > deadline:
                raise Unavailable("books_too_slow", "Reading the workbook took too long; try again later.")
            if len(cells) > MAX_COLUMNS:
                raise _too_large()
            row = [_text(cell) for cell in cells]
            while row and not row[-1]:
                row.pop()
            if not row:
                continue
            # A row may be stored without its last fields; the first row says how many there are.
            width = width or len(row)
            yield row + [""] * (width - len(row))


def write_rows(rows: Sequence[Sequence[str]], title: str) -> bytes:
    """Return a workbook with one sheet, in which every field is text, whatever it begins with."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = title[:31]
    for at, row in enumerate(rows, 1):
        for place, text in enumerate(row, 1):
            if not text:
                continue
            cell = sheet.cell(row=at, column=place, value=text)
            cell.data_type = "s"  # never a formula, though it begins with =
            cell.quotePrefix = True  # and none when somebody edits it
            cell.number_format = "@"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if row[0].endswith(":") or place == 1:
                cell.font = Font(bold=True)
    for place in range(1, max((len(row) for row in rows), default=0) + 1):
        sheet.column_dimensions[get_column_letter(place)].width = _WIDTH
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _check_size(data: bytes) -> None:
    if len(data) > MAX_FILE_BYTES:
        raise _too_large()
    _check_parts(BytesIO(data), MAX_UNPACKED_BYTES)


def _check_parts(file: BytesIO | Path, max_bytes: int) -> None:
    try:
        with ZipFile(file) as archive:
            parts = archive.infolist()
    except (BadZipFile, ValueError, OSError) as error:
        raise _bad("it is no XLSX file") from error
    sizes = {part.filename: part.file_size for part in parts}
    # The library holds the shared texts, and nothing else of a sheet, in memory.
    shared = sizes.get("xl/sharedStrings.xml", 0)
    if len(parts) > MAX_PARTS or sum(sizes.values()) > max_bytes or shared > MAX_UNPACKED_BYTES:
        raise _too_large()


def _text(cell: _Cell) -> str:
    value = cell.value
    if cell.data_type == "f":
        raise Malformed(
            "formula_in_sheet",
            f"The field {cell.coordinate} holds a formula; only its value may stand there.",
        )
    if cell.data_type == "e":
        raise _bad(f"the field {cell.coordinate} holds the error {value}")
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def _number(value: int | float) -> str:
    shown = Decimal(value) if isinstance(value, int) else Decimal(f"{value:.{_SURE_DIGITS}g}")
    text = f"{shown:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _bad(why: str) -> Malformed:
    return Malformed("bad_workbook", f"The workbook cannot be read: {why}.")


def _too_large() -> TooLarge:
    return TooLarge(
        "workbook_too_large",
        f"A workbook may have {MAX_FILE_BYTES} bytes, {MAX_ROWS} rows and {MAX_COLUMNS} columns at most.",
    )
