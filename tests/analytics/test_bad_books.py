"""Books that cannot be read: each refused with its code, naming what is wrong, and nothing left behind."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tallystick.admission.mapping import parse_mapping
from tallystick.analytics.books import Limits, load, resolve
from tallystick.analytics.engine import connect
from tallystick.analytics.reading import read_side
from tallystick.analytics.sources import stage
from tallystick.errors import Malformed, NotFound, Rejection, TooLarge
from tests.analytics.folders import (
    AS_OF,
    HEADER,
    PURCHASE_LINE,
    SALE_LINE,
    YUAN_MAPPING,
    canonical,
    opened,
    write,
)


def refused(folder: Path, limits: Limits | None = None) -> Rejection:
    mapping = canonical()
    with pytest.raises(Rejection) as caught:
        load(resolve(folder, mapping), mapping, limits)
    return caught.value


def as_parquet(folder: Path, columns: str) -> None:
    """Turn the sales file into Parquet with the given select list."""
    rows = duckdb.read_csv(str(folder / "sales.csv"))
    rows.project(columns).write_parquet(str(folder / "sales.parquet"), compression="zstd")
    (folder / "sales.csv").unlink()


def with_cell(column: int, text: str) -> str:
    cells = SALE_LINE.split(",")
    cells[column] = text
    return ",".join(cells)


CELLS = [
    # column, text, code
    (4, "abc", "wrong_type"),
    (4, "1，000", "wrong_type"),
    (4, "NaN", "wrong_type"),
    (4, "1e3", "bad_amount_in_column"),
    (4, "1.5", "bad_amount_in_column"),
    (4, "1234567890123", "bad_amount_in_column"),
    (5, "--5", "wrong_type"),
    (6, "0.001", "bad_amount_in_column"),
    (2, "05.10.2025", "bad_date"),
    (2, "yesterday", "bad_date"),
    (7, "vaild", "unknown_status"),
    (0, "", "missing_enterprise"),
    (0, "  ", "missing_enterprise"),
    (3, "B" * 201, "bad_text"),
]


@pytest.mark.parametrize(("column", "text", "code"), CELLS)
def test_a_wrong_value_is_named_with_its_column_and_row(
    tmp_path: Path, column: int, text: str, code: str
) -> None:
    error = refused(write(tmp_path, [SALE_LINE, with_cell(column, text)], [PURCHASE_LINE]))
    assert isinstance(error, Malformed)
    assert error.code == code
    assert error.details["column"] == HEADER.split(",")[column]
    assert error.details["row"] == 2
    assert error.details["value"] == text.strip()[:60]
    assert "sales.csv, row 2" in error.message


def test_an_unknown_status_comes_with_the_nearest_one(tmp_path: Path) -> None:
    error = refused(write(tmp_path, [with_cell(7, "vaild")]))
    assert error.details["nearest"] == "valid"


def test_the_value_is_named_in_the_files_own_words(tmp_path: Path) -> None:
    header = "企业,号码,日期,购方,金额,税额,合计,状态"
    (tmp_path / "销项.csv").write_text(f"{header}\nE1,1,2025/10/5,B,12.345,1,13,有效发票\n")
    (tmp_path / "进项.csv").write_text(f"{header.replace('购方', '销方')}\n")
    with pytest.raises(Malformed, match=r"销项\.csv, row 1, column '金额': '12\.345'") as caught:
        opened(tmp_path, parse_mapping(YUAN_MAPPING.encode()))
    assert caught.value.code == "bad_amount_in_column"


def test_an_unknown_column_comes_with_the_nearest_one(tmp_path: Path) -> None:
    error = refused(write(tmp_path, [SALE_LINE], header=HEADER.replace("counterparty", "counterpart")))
    assert error.code == "unknown_column"
    assert error.details["column"] == "counterparty"
    assert error.details["nearest"] == "counterpart"


HEADER_LINE = f"{HEADER}\n"
UNREADABLE: list[tuple[str, Callable[[Path], object]]] = [
    ("a row is too long", lambda path: path.write_text(f"{HEADER_LINE}{SALE_LINE},more\n")),
    ("a row is too short", lambda path: path.write_text(f"{HEADER_LINE}E1,1\n")),
    ("a quote is never closed", lambda path: path.write_text(f'{HEADER_LINE}E1,"1\n')),
    ("a line is endless", lambda path: path.write_text(f"{HEADER_LINE}E1,{'1' * 3_000_000}\n")),
    ("it is not text", lambda path: path.write_bytes(b"\xff\xfe\x00\x01" * 100)),
    ("it holds a NUL", lambda path: path.write_bytes(f"{HEADER_LINE}".encode() + b"E1,\x00\n")),
    ("a column is there twice", lambda path: path.write_text("number," + HEADER_LINE)),
]


@pytest.mark.parametrize(("why", "spoil"), UNREADABLE, ids=[why for why, _ in UNREADABLE])
def test_a_broken_csv_file_is_unreadable(tmp_path: Path, why: str, spoil: Callable[[Path], object]) -> None:
    folder = write(tmp_path, [SALE_LINE])
    spoil(folder / "sales.csv")
    error = refused(folder)
    assert error.code == "unreadable_file", why
    assert "sales.csv" in error.message
    assert tempfile.gettempdir() not in error.message.replace(str(tmp_path), "")


def test_a_truncated_parquet_file_is_unreadable(tmp_path: Path) -> None:
    folder = write(tmp_path, [SALE_LINE], [PURCHASE_LINE])
    as_parquet(folder, "*")
    whole = (folder / "sales.parquet").read_bytes()
    for kept in (len(whole) // 2, len(whole) - 1, 3):
        (folder / "sales.parquet").write_bytes(whole[:kept])
        assert refused(folder).code == "unreadable_file"
    # The frame is whole, the pages are not.
    (folder / "sales.parquet").write_bytes(whole[:4] + b"\x00" * 200 + whole[204:])
    assert refused(folder).code == "unreadable_file"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("net_minor", "true"),
        ("net_minor", "1::FLOAT"),
        ("issued_on", "20251005"),
        ("number", "1.5::DOUBLE"),
        ("status", "[1]"),
    ],
)
def test_a_parquet_column_of_the_wrong_type_is_named(tmp_path: Path, column: str, value: str) -> None:
    folder = write(tmp_path, [SALE_LINE], [PURCHASE_LINE])
    as_parquet(folder, f"* REPLACE ({value} AS {column})")
    error = refused(folder)
    assert (error.code, error.details["column"]) == ("wrong_type", column)


def test_json_that_is_none_is_unreadable(tmp_path: Path) -> None:
    folder = write(tmp_path, [SALE_LINE])
    (folder / "sales.csv").unlink()
    (folder / "sales.jsonl").write_text('{"enterprise": "E1",\n')
    assert refused(folder).code == "unreadable_file"


def test_a_file_of_another_kind_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "sales.xls").write_bytes(b"PK\x03\x04")
    with pytest.raises(Malformed, match=r"must end in one of \.csv, \.parquet"):
        load({"sales": tmp_path / "sales.xls", "purchases": tmp_path / "sales.xls"}, canonical())


def test_a_file_that_is_not_there_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match=r"sales\.csv cannot be read"):
        load({"sales": tmp_path / "sales.csv", "purchases": tmp_path / "sales.csv"}, canonical())


def test_an_empty_file_and_a_header_alone_are_empty_books(tmp_path: Path) -> None:
    assert refused(write(tmp_path, [], [])).code == "empty_books"
    (tmp_path / "sales.csv").write_bytes(b"")
    assert refused(tmp_path).code == "empty_books"


def test_a_folder_without_the_files_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        resolve(tmp_path, canonical())
    assert caught.value.code == "no_such_file"


def test_two_files_of_one_side_are_not_chosen_between(tmp_path: Path) -> None:
    (write(tmp_path, [SALE_LINE]) / "sales.jsonl").write_text("{}\n")
    with pytest.raises(Malformed) as caught:
        resolve(tmp_path, canonical())
    assert caught.value.code == "ambiguous_source"


def test_a_file_over_the_size_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    error = refused(write(tmp_path, [SALE_LINE] * 100), Limits(file_bytes=500))
    assert isinstance(error, TooLarge)
    assert error.code == "file_too_large"


def test_a_small_file_with_more_rows_than_allowed_is_refused(tmp_path: Path) -> None:
    error = refused(write(tmp_path, [SALE_LINE] * 11), Limits(rows=10))
    assert isinstance(error, TooLarge)
    assert error.code == "too_many_rows"


def test_a_parquet_file_that_unpacks_to_far_more_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path, [SALE_LINE], [PURCHASE_LINE])
    as_parquet(folder, "*, unnest(list_resize([0], 3000000, 0)) AS copy")
    assert (folder / "sales.parquet").stat().st_size < 1_000_000
    assert refused(folder, Limits(rows=100_000)).code == "too_many_rows"


def test_no_more_rows_are_taken_in_than_it_takes_to_refuse_them(tmp_path: Path) -> None:
    limits = Limits(rows=10)
    staging = tmp_path / "staging"
    staging.mkdir()
    write(tmp_path, [SALE_LINE] * 5000)
    (staged,) = stage({"sales": tmp_path / "sales.csv"}, staging, limits)
    with connect(staging, limits) as connection:
        with pytest.raises(TooLarge):
            read_side(connection, staged, canonical(), limits)
        assert connection.execute("SELECT count(*) FROM raw_sales").fetchall() == [(11,)]


def test_amounts_that_no_longer_add_up_exactly_are_refused(tmp_path: Path) -> None:
    rows = [f"E1,{number},2025-10-05,B1,999999999999,0,0,valid" for number in range(401)]
    assert refused(write(tmp_path, rows)).code == "amounts_too_large"


def test_nothing_is_left_behind_after_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    staging = tmp_path / "staging"
    staging.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(staging))
    refused(write(tmp_path, [with_cell(4, "abc")]))
    assert list(staging.iterdir()) == []
    with opened(write(tmp_path, [SALE_LINE])) as books:
        assert len(list(staging.iterdir())) == 1
        books.indicators("E1", AS_OF, 12)
    assert list(staging.iterdir()) == []


def test_an_unknown_enterprise_is_not_found(tmp_path: Path) -> None:
    with opened(write(tmp_path, [SALE_LINE])) as books:
        for ask in (
            lambda: books.quality("E2"),
            lambda: books.indicators("' OR 1=1 --", AS_OF, 12),
            lambda: books.monthly("E2", AS_OF, 12),
            lambda: books.extract("E2", tmp_path),
        ):
            with pytest.raises(NotFound) as caught:
                ask()
            assert caught.value.code == "unknown_enterprise"
