"""Files that were handed in are kept whole, once, and noticed when they change."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.analytics.books import Limits
from tallystick.errors import Corruption, Malformed, TooLarge
from tallystick.services import books, files
from tallystick.services.books import MAX_NAME_BYTES, safe_name
from tallystick.services.installation import Installation


def test_a_file_is_named_by_its_hash_and_kept_once(house: Installation) -> None:
    first, second = files.keep(house, b"books"), files.keep(house, b"books")
    assert first == second == hashlib.sha256(b"books").hexdigest()
    assert [path.name for path in house.files.iterdir()] == [first]


@pytest.mark.parametrize("damage", ["gone", "changed"])
def test_a_file_that_is_gone_or_changed_stops_the_work(house: Installation, damage: str) -> None:
    path = files.path_of(house, files.keep(house, b"books"))
    path.unlink() if damage == "gone" else path.write_bytes(b"b0oks")
    with pytest.raises(Corruption) as found:
        files.require(house, hashlib.sha256(b"books").hexdigest())
    assert found.value.code == f"file_{damage}"


def test_an_empty_file_and_one_over_the_limit_are_refused(
    house: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 4)
    with pytest.raises(Malformed):
        files.keep(house, b"")
    with pytest.raises(TooLarge):
        files.keep(house, b"books")
    assert not list(house.files.iterdir())


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("sales.csv", "sales.csv"),
        ("../../etc/passwd", "passwd"),
        (r"C:\books\销项 2026.csv", "销项 2026.csv"),
        ("a\x00b\n.csv", "a_b_.csv"),
        ("...", "book"),
        ("x" * 300 + ".parquet", "x" * 192 + ".parquet"),
        ("销" * 110 + ".csv", "销" * 65 + ".csv"),  # 3 × 65 + 4 bytes; one more would be 202
        ("sales." + "x" * 300, "sales." + "x" * 194),  # nothing that long is an ending
        ("销" * 110, "销" * 66),
        (".csv", "csv"),
    ],
)
def test_a_file_name_from_a_browser_is_made_safe(sent: str, kept: str) -> None:
    assert safe_name(sent) == kept


@given(st.text(max_size=400))
def test_every_name_that_a_browser_can_send_is_one_that_a_file_system_takes(name: str) -> None:
    safe = safe_name(name)
    assert 0 < len(safe.encode()) <= MAX_NAME_BYTES < 255
    assert not set(safe) & {"/", "\\", "\0"}
    assert safe not in {".", ".."}


def test_a_book_is_checked_under_the_limits_for_uploads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(
        "enterprise,number,issued_on,counterparty,net_minor,tax_minor,gross_minor,status\n"
        "E1,1,2025-10-05,B1,100,13,113,valid\n"
    )
    books.check("sales_book", path, "tallystick", "E1")
    monkeypatch.setattr(books, "UPLOAD_LIMITS", replace(books.UPLOAD_LIMITS, rows=0))
    with pytest.raises(TooLarge) as caught:
        books.check("sales_book", path, "tallystick", "E1")
    assert caught.value.code == "too_many_rows"


def test_what_outsiders_send_is_held_tighter_than_an_analysts_own_work() -> None:
    ours, theirs = Limits(), books.UPLOAD_LIMITS
    for name in ("file_bytes", "rows", "memory_mib", "spill_mib"):
        assert getattr(theirs, name) < getattr(ours, name)
    assert theirs.file_bytes == files.MAX_FILE_BYTES
    assert theirs.seconds is not None
    assert theirs.wait_s is not None
