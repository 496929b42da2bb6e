"""A key that follows another: when it takes over, what stays, and what damage and crashes leave."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from tallystick.errors import Corruption, NotFound, TooLarge, Unauthorised, Unavailable
from tallystick.ledger.keys import verify
from tallystick.signing import folder
from tallystick.signing.keystore import KeyStore
from tallystick.signing.sealing import MINIMUM

PASSPHRASE = b"correct horse battery staple"
MESSAGE = b"message"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def store(keys: Path) -> KeyStore:
    return opened(keys)


@pytest.fixture
def address(store: KeyStore) -> str:
    return store.create()


def opened(keys: Path, passphrase: bytes = PASSPHRASE) -> KeyStore:
    return KeyStore(keys, passphrase, MINIMUM)


def signs_with(store: KeyStore, address: str, public_key: bytes) -> bool:
    return store.public_key(address) == public_key and verify(
        public_key, MESSAGE, store.sign(address, MESSAGE)
    )


def turned(store: KeyStore, address: str) -> bytes:
    new = store.prepare_successor(address)
    store.succeed(address, new)
    return new


# Preparing and switching


def test_a_successor_that_is_prepared_signs_only_where_it_is_named(
    store: KeyStore, keys: Path, address: str
) -> None:
    old = store.public_key(address)
    new = store.prepare_successor(address)
    assert new != old
    assert signs_with(store, address, old)
    assert verify(new, MESSAGE, opened(keys).sign_as_successor(address, new, MESSAGE))


def test_once_it_has_succeeded_the_new_key_signs_in_every_process_under_the_old_address(
    store: KeyStore, keys: Path, address: str
) -> None:
    other = opened(keys)
    other.sign(address, MESSAGE)
    new = turned(store, address)
    for each in (store, other, opened(keys)):
        assert signs_with(each, address, new)
        assert each.addresses() == (address,)


def test_a_key_can_be_followed_many_times(store: KeyStore, address: str) -> None:
    followed = [store.public_key(address)]
    for _ in range(12):  # past 9, so that numbers and not texts are compared
        followed.append(turned(store, address))
        assert signs_with(store, address, followed[-1])
    assert len(set(followed)) == 13


def test_succeeding_twice_is_succeeding_once(store: KeyStore, keys: Path, address: str) -> None:
    new = turned(store, address)
    files_then = sorted(keys.rglob("*"))
    store.succeed(address, new)
    assert sorted(keys.rglob("*")) == files_then
    assert signs_with(store, address, new)


def test_of_several_prepared_the_one_that_is_named_succeeds(store: KeyStore, address: str) -> None:
    first, second, third = (store.prepare_successor(address) for _ in range(3))
    store.succeed(address, second)
    assert signs_with(store, address, second)
    store.succeed(address, third)
    assert signs_with(store, address, third)
    with pytest.raises(NotFound):  # it stood before one that has been used: it cannot come back
        store.succeed(address, first)
    assert signs_with(store, address, third)


def test_the_successors_of_one_account_are_not_anothers(store: KeyStore, address: str) -> None:
    other = store.create()
    new = store.prepare_successor(other)
    for use in (
        lambda: store.succeed(address, new),
        lambda: store.sign_as_successor(address, new, MESSAGE),
    ):
        with pytest.raises(NotFound) as refused:
            use()
        assert refused.value.code == "unknown_successor"


@pytest.mark.parametrize("name", ["", "store", "../keys", "..", "tly1x", f"tly1{'q' * 38}"])
def test_an_address_without_a_key_has_no_successor(
    store: KeyStore, keys: Path, address: str, name: str
) -> None:
    before = sorted(keys.parent.rglob("*"))
    for use in (
        lambda: store.prepare_successor(name),
        lambda: store.succeed(name, bytes(32)),
    ):
        with pytest.raises(NotFound) as refused:
            use()
        assert refused.value.code == "unknown_key"
    assert sorted(keys.parent.rglob("*")) == before


def test_case_keys_stay_those_of_the_first_seed(store: KeyStore, keys: Path, address: str) -> None:
    public = store.case_public_key(address, "A-2026-0001")
    turned(store, address)
    turned(store, address)
    assert opened(keys).case_public_key(address, "A-2026-0001") == public
    assert verify(public, MESSAGE, store.sign_for_case(address, "A-2026-0001", MESSAGE))


def test_processes_that_prepare_at_once_lose_no_key(keys: Path, address: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: opened(keys).prepare_successor(address), range(8)))
    assert len(set(made)) == 8
    for public_key in made:
        assert verify(public_key, MESSAGE, opened(keys).sign_as_successor(address, public_key, MESSAGE))


def test_an_account_has_a_limited_number_of_keys(
    store: KeyStore, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "MAX_SUCCESSORS", 2)
    new = [store.prepare_successor(address) for _ in range(2)]
    with pytest.raises(TooLarge) as refused:
        store.prepare_successor(address)
    assert refused.value.code == "too_many_keys"
    store.succeed(address, new[1])


# Who can open them


def test_a_successors_file_shows_the_public_key_only_and_is_its_owners(
    store: KeyStore, keys: Path, address: str
) -> None:
    new = turned(store, address)
    below = keys / address
    document = msgspec.json.decode((below / "1.json").read_bytes())
    assert list(document) == ["address", "derivation", "format", "number", "public_key", "seed"]
    assert (document["address"], document["number"], document["public_key"]) == (address, 1, new.hex())
    assert stat.S_IMODE(below.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in below.iterdir()} == {
        "1.json": 0o600,
        "1.used": 0o600,
    }


def test_a_wrong_passphrase_prepares_and_switches_nothing(store: KeyStore, keys: Path, address: str) -> None:
    old, new = store.public_key(address), store.prepare_successor(address)
    before = sorted(keys.rglob("*"))
    wrong = opened(keys, b"another passphrase")
    for use in (
        lambda: wrong.prepare_successor(address),
        lambda: wrong.sign_as_successor(address, new, MESSAGE),
        lambda: wrong.succeed(address, new),
    ):
        with pytest.raises(Unauthorised) as refused:
            use()
        assert refused.value.code == "wrong_passphrase"
    assert sorted(keys.rglob("*")) == before
    assert signs_with(store, address, old)


# Crashes and damage


class KilledError(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("call", range(1, 7))
def test_wherever_a_process_dies_the_old_key_or_the_new_one_signs_and_the_switch_can_be_finished(
    keys: Path, store: KeyStore, address: str, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    """Preparing and switching flush to the disk five times; the process ends at each in turn, or at none."""
    old, new, calls = store.public_key(address), b"", iter(range(1, 100))
    flush = os.fsync

    def flush_or_end(descriptor: int) -> None:
        if next(calls) == call:
            raise KilledError
        flush(descriptor)

    with monkeypatch.context() as patched, suppress(KilledError):
        patched.setattr(os, "fsync", flush_or_end)
        new = store.prepare_successor(address)
        store.succeed(address, new)
    assert next(calls) == min(call, 5) + 1
    again = opened(keys)
    assert signs_with(again, address, old) or signs_with(again, address, new)
    if new:
        again.succeed(address, new)
        assert signs_with(again, address, new)
    assert signs_with(again, address, turned(again, address))


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"\xff", b'{"address":"tly1'], ids=["empty", "{}", "bytes", "half"]
)
def test_a_damaged_successor_neither_hides_the_key_in_use_nor_bars_the_next(
    store: KeyStore, keys: Path, address: str, content: bytes
) -> None:
    old, damaged = store.public_key(address), store.prepare_successor(address)
    path = keys / address / "1.json"
    sound = path.read_bytes()
    path.write_bytes(content)
    assert signs_with(store, address, old)
    with pytest.raises(NotFound) as refused:
        store.succeed(address, damaged)
    assert refused.value.code == "unknown_successor"
    assert signs_with(store, address, old)
    path.write_bytes(sound)  # put back from a backup: the ledger may have this one
    newer = store.prepare_successor(address)
    store.succeed(address, damaged)
    assert signs_with(store, address, damaged)
    store.succeed(address, newer)
    assert signs_with(store, address, newer)


def test_every_changed_byte_of_a_successor_keeps_it_from_taking_over(
    store: KeyStore, keys: Path, address: str
) -> None:
    old, new = store.public_key(address), store.prepare_successor(address)
    path = keys / address / "1.json"
    sound = path.read_bytes()
    for place in range(len(sound)):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :])
        with pytest.raises((Corruption, NotFound)):
            store.succeed(address, new)
    assert signs_with(store, address, old)
    path.write_bytes(sound)
    store.succeed(address, new)
    assert signs_with(store, address, new)


def test_a_key_in_use_that_is_damaged_or_gone_is_reported_and_no_older_one_signs(
    store: KeyStore, keys: Path, address: str
) -> None:
    new = turned(store, address)
    path = keys / address / "1.json"
    sound = path.read_bytes()
    for spoil in (lambda: path.write_bytes(sound[:50]), path.unlink):
        spoil()
        for use in (lambda: store.sign(address, MESSAGE), lambda: store.public_key(address)):
            with pytest.raises(Corruption) as stopped:
                use()
            assert stopped.value.code == "damaged_key_file"
        path.write_bytes(sound)
    assert signs_with(store, address, new)


def test_a_successor_in_anothers_place_is_not_taken(store: KeyStore, keys: Path, address: str) -> None:
    other = store.create()
    new, others = store.prepare_successor(address), store.prepare_successor(other)
    (keys / address / "1.json").write_bytes((keys / other / "1.json").read_bytes())
    for public_key in (new, others):
        with pytest.raises(NotFound):
            store.succeed(address, public_key)


def test_files_that_are_no_keys_do_not_count(store: KeyStore, keys: Path, address: str) -> None:
    new = turned(store, address)
    for name in ("2.used.bak", "02.used", "99999.used", "used", ".new-abc", "x.json", "-1.used", "٣.used"):
        (keys / address / name).write_text("{}")
    assert signs_with(store, address, new)


def test_what_cannot_be_listed_is_reported_and_no_older_key_signs(
    store: KeyStore, keys: Path, address: str
) -> None:
    turned(store, address)
    (keys / address).rename(keys / "aside")
    (keys / address).write_text("a file stands here")
    with pytest.raises(Unavailable) as failed:
        store.sign(address, MESSAGE)
    assert failed.value.code == "files_unavailable"
