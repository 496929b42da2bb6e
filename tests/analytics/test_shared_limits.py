"""What one set of books may take: disk, time and its turn, so that nobody's file is everybody's trouble."""

import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from tallystick.analytics import patience
from tallystick.analytics.books import UPLOAD_LIMITS, Limits, load
from tallystick.analytics.engine import connect
from tallystick.analytics.reading import CUT_TEXT
from tallystick.errors import Malformed, Rejection, TooLarge, Unavailable
from tests.analytics.folders import HEADER, PURCHASE_LINE, SALE_LINE, canonical, write

SMALL = Limits(memory_mib=64, spill_mib=8, threads=1)


@pytest.fixture
def staging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where loads put their folders; whatever the test did, none may be left."""
    folder = tmp_path / "staging"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def packed(folder: Path, rows: int, counterparty: str) -> Path:
    """Write ``rows`` invoices as Parquet, which holds a repeated text once, however long it is."""
    path = folder / "sales.parquet"
    cells = dict(zip(HEADER.split(","), SALE_LINE.split(","), strict=True))
    columns = [f"'{value}' AS {name}" for name, value in cells.items() if name != "counterparty"]
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT {', '.join(columns)}, {counterparty} AS counterparty FROM range({rows}) AS t(n)) "  # noqa: S608
            f"TO '{path}' (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2)"
        )
    return path


def test_the_engine_stops_at_its_share_of_the_disk(staging: Path) -> None:
    folder = staging / "engine"
    folder.mkdir()
    texts = "SELECT repeat(n::VARCHAR, 200) AS text FROM range(500000) AS t(n)"
    with connect(folder, SMALL) as connection:
        with pytest.raises(duckdb.OutOfMemoryException, match="max_temp_directory_size"):
            connection.execute(f"CREATE TABLE much AS {texts}")
        spilt = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    assert spilt <= SMALL.spill_mib << 20
    for file in sorted(folder.rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    folder.rmdir()


def test_a_long_text_that_a_small_file_repeats_is_refused_at_once(tmp_path: Path, staging: Path) -> None:
    # Unpacked this is 4 GB.
    bomb = packed(tmp_path, 200_000, "repeat('x', 20000)")
    assert bomb.stat().st_size < 100_000
    began = time.monotonic()
    with pytest.raises(Malformed) as caught:
        load({"sales": bomb}, canonical(), UPLOAD_LIMITS)
    assert (caught.value.code, caught.value.details["row"]) == ("bad_text", 1)
    assert time.monotonic() - began < 10


def test_books_that_need_more_disk_than_allowed_are_refused(tmp_path: Path, staging: Path) -> None:
    # 500,000 different texts of about 180 characters: 90 MB in each of the tables on the way.
    path = packed(tmp_path, 500_000, "rpad(n::VARCHAR, 180, 'x')")
    with pytest.raises(TooLarge) as caught:
        load({"sales": path}, canonical(), SMALL)
    assert caught.value.code == "books_too_large"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (3, f"B{' ' * CUT_TEXT}B"),  # cut it would read "B"
        (4, f"1.{'0' * CUT_TEXT}5"),  # cut it would read 1
        (3, f"{' ' * CUT_TEXT}B"),  # cut it would be missing
    ],
)
def test_what_is_cut_is_refused_and_never_taken_for_its_beginning(
    tmp_path: Path, column: int, value: str
) -> None:
    cells = SALE_LINE.split(",")
    cells[column] = value
    with pytest.raises(Rejection) as caught:
        load({"sales": write(tmp_path, [",".join(cells)]) / "sales.csv"}, canonical())
    assert caught.value.code == "bad_text"


def test_blanks_up_to_the_cut_are_still_trimmed(tmp_path: Path) -> None:
    line = SALE_LINE.replace("B1", "B1".ljust(CUT_TEXT - 1))
    with load({"sales": write(tmp_path, [line]) / "sales.csv"}, canonical()) as books:
        counts = {finding.code: finding.count for finding in books.quality("E1")}
    assert (counts["stray_blanks"], counts["missing_value"]) == (1, 0)


def test_a_json_file_with_a_key_of_its_own_on_every_line_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sales.jsonl"
    path.write_text("".join(f'{{"k{n}": 1}}\n' for n in range(501)))
    with pytest.raises(TooLarge) as caught:
        load({"sales": path}, canonical())
    assert caught.value.code == "too_many_columns"


def test_books_that_take_too_long_are_interrupted(tmp_path: Path, staging: Path) -> None:
    path = packed(tmp_path, 400_000, "'B' || n")
    began = time.monotonic()
    with pytest.raises(Unavailable) as caught:
        load({"sales": path}, canonical(), replace(UPLOAD_LIMITS, seconds=0.05))
    assert caught.value.code == "books_too_slow"
    assert time.monotonic() - began < 5


def test_the_time_limit_ends_with_the_load(tmp_path: Path, staging: Path) -> None:
    threads = threading.active_count()
    with load({"sales": write(tmp_path, [SALE_LINE]) / "sales.csv"}, canonical(), UPLOAD_LIMITS) as books:
        assert threading.active_count() == threads
        assert books.enterprises() == ("E1",)


def test_no_more_books_are_open_at_once_than_there_are_turns(tmp_path: Path, staging: Path) -> None:
    folder = write(tmp_path, [SALE_LINE], [PURCHASE_LINE])
    hurried = replace(UPLOAD_LIMITS, wait_s=0.01)
    with ExitStack() as held:
        for _ in range(patience.TURNS):
            held.enter_context(load({"sales": folder / "sales.csv"}, canonical(), hurried))
        with pytest.raises(Unavailable) as caught:
            load({"sales": folder / "sales.csv"}, canonical(), hurried)
        assert caught.value.code == "books_busy"
        assert len(list(staging.iterdir())) == patience.TURNS
        # An analyst's own work asks for no turn.
        load({"sales": folder / "sales.csv"}, canonical()).close()
    load({"sales": folder / "sales.csv"}, canonical(), hurried).close()


def test_a_refused_load_gives_its_turn_back(tmp_path: Path, staging: Path) -> None:
    (tmp_path / "sales.csv").write_bytes(b"")
    for _ in range(patience.TURNS + 1):
        with pytest.raises(Malformed):
            load({"sales": tmp_path / "sales.csv"}, canonical(), replace(UPLOAD_LIMITS, wait_s=0.01))


def test_many_uploads_at_once_wait_for_each_other_and_all_succeed(tmp_path: Path, staging: Path) -> None:
    path = write(tmp_path, [SALE_LINE]) / "sales.csv"

    def counted(_: int) -> int:
        with load({"sales": path}, canonical(), replace(UPLOAD_LIMITS, wait_s=30)) as books:
            assert len(list(staging.iterdir())) <= patience.TURNS
            return books.row_counts["sales"]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(counted, range(16))) == [1] * 16
