"""Files that were handed in are kept whole, once, and noticed when they change."""

import hashlib

import pytest

from tallystick.errors import Corruption, Malformed, TooLarge
from tallystick.services import files
from tallystick.services.books import safe_name
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
    ("given", "kept"),
    [
        ("sales.csv", "sales.csv"),
        ("../../etc/passwd", "passwd"),
        (r"C:\books\销项 2026.csv", "销项 2026.csv"),
        ("a\x00b\n.csv", "a_b_.csv"),
        ("...", "book"),
        ("x" * 300 + ".parquet", "x" * 112 + ".parquet"),
    ],
)
def test_a_file_name_from_a_browser_is_made_safe(given: str, kept: str) -> None:
    assert safe_name(given) == kept
