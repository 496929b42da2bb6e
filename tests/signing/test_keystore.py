"""The key store: what it keeps, who can open it, what happens when files are damaged."""

import logging
import stat
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from tallystick.errors import (
    Conflict,
    Corruption,
    Malformed,
    NotFound,
    TallystickError,
    Unauthorised,
    Unavailable,
)
from tallystick.ledger.keys import verify
from tallystick.signing import sealing
from tallystick.signing.files import PrivateFile
from tallystick.signing.keystore import KeyStore
from tallystick.signing.sealing import MINIMUM, MODERATE, Cost, Derivation
from tallystick.values.identifiers import account_address

PASSPHRASE = b"correct horse battery staple"
WRONG = b"another passphrase"
# RFC 8032, section 7.1, test 2.
SEED = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
PUBLIC = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
SIGNATURE_OF_72 = (
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def store(folder: Path) -> KeyStore:
    return opened(folder)


def opened(folder: Path, passphrase: bytes = PASSPHRASE) -> KeyStore:
    return KeyStore(folder, passphrase, MINIMUM)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def edit(path: Path, change: Callable[[dict[str, object]], object]) -> None:
    document = msgspec.json.decode(path.read_bytes())
    change(document)
    path.write_bytes(msgspec.json.encode(document))


# Keeping and signing


def test_an_imported_seed_signs_as_rfc_8032_says(store: KeyStore) -> None:
    address = store.import_seed(SEED)
    assert address == account_address(bytes.fromhex(PUBLIC))
    assert store.public_key(address).hex() == PUBLIC
    assert store.sign(address, b"\x72").hex() == SIGNATURE_OF_72


def test_keys_stay_across_processes(store: KeyStore, folder: Path) -> None:
    addresses = sorted(store.create() for _ in range(3))
    again = opened(folder)
    assert list(again.addresses()) == addresses
    for address in addresses:
        assert verify(store.public_key(address), b"message", again.sign(address, b"message"))


def test_a_store_without_keys_has_no_addresses_and_makes_no_files(store: KeyStore, folder: Path) -> None:
    assert store.addresses() == ()
    assert not folder.exists()


def test_each_key_is_another(store: KeyStore) -> None:
    assert len({store.create() for _ in range(20)}) == 20


def test_public_keys_are_read_without_stretching_the_passphrase(
    store: KeyStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = store.create()
    monkeypatch.setattr(Derivation, "key", lambda *_: pytest.fail("the passphrase was stretched"))
    again = opened(folder)
    assert again.public_key(again.addresses()[0]) == store.public_key(address)


def test_the_passphrase_is_stretched_once(
    store: KeyStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = store.create(), store.create()
    again, derive, count = opened(folder), Derivation.key, []

    def slowly(derivation: Derivation, passphrase: bytes) -> bytes:
        count.append(1)
        time.sleep(0.05)  # long enough for the other threads to ask too
        return derive(derivation, passphrase)

    monkeypatch.setattr(Derivation, "key", slowly)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda address: again.sign(address, b""), [first, second] * 8))
    assert len(count) == 1


def test_a_key_is_imported_once(store: KeyStore, folder: Path) -> None:
    address = store.import_seed(SEED)
    before = (folder / f"{address}.json").read_bytes()
    with pytest.raises(Conflict) as refused:
        store.import_seed(SEED)
    assert refused.value.code == "key_exists"
    assert (folder / f"{address}.json").read_bytes() == before


@pytest.mark.parametrize("seed", [b"", SEED[:-1], SEED + b"\x00"])
def test_a_seed_of_another_length_is_refused(store: KeyStore, folder: Path, seed: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        store.import_seed(seed)
    assert refused.value.code == "bad_seed"
    assert not folder.exists()


@pytest.mark.parametrize("name", ["", "store", "../keys/store", "tly1x", account_address(bytes(32)), "TLY1"])
def test_an_address_without_a_key_is_unknown(store: KeyStore, name: str) -> None:
    store.create()
    for use in (
        lambda: store.public_key(name),
        lambda: store.sign(name, b""),
        lambda: store.case_public_key(name, "A-1"),
        lambda: store.sign_for_case(name, "A-1", b""),
    ):
        with pytest.raises(NotFound) as refused:
            use()
        assert refused.value.code == "unknown_key"


def test_files_that_are_no_keys_are_not_listed(store: KeyStore, folder: Path) -> None:
    address = store.create()
    (folder / "tly1notes.json").write_text("{}")
    (folder / ".new-abc").write_text("half a file")
    assert store.addresses() == (address,)


# One-off keys for cases


def test_a_case_key_is_the_same_every_time_and_signs(store: KeyStore, folder: Path) -> None:
    address = store.create()
    public = store.case_public_key(address, "A-2026-0001")
    assert opened(folder).case_public_key(address, "A-2026-0001") == public
    assert verify(public, b"message", opened(folder).sign_for_case(address, "A-2026-0001", b"message"))


def test_the_case_key_is_keyed_blake2b_of_the_reference(store: KeyStore) -> None:
    address = store.import_seed(SEED)
    seed = blake2b("申请-1".encode(), digest_size=32, key=SEED, person=b"tally/case-key/1").digest()
    assert store.case_public_key(address, "申请-1") == bytes(SigningKey(seed).verify_key)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(references=st.lists(st.text(min_size=1, max_size=200), min_size=2, max_size=5, unique=True))
def test_case_keys_of_one_member_differ_from_each_other_and_from_the_members(
    tmp_path: Path, references: list[str]
) -> None:
    store = opened(tmp_path / "keys")
    address = (store.addresses() or (store.create(),))[0]
    keys = {store.case_public_key(address, reference) for reference in references}
    assert len(keys | {store.public_key(address)}) == len(references) + 1


def test_two_members_have_different_keys_for_one_reference(store: KeyStore) -> None:
    first, second = store.create(), store.create()
    assert store.case_public_key(first, "A-1") != store.case_public_key(second, "A-1")


@pytest.mark.parametrize("reference", ["", "x" * 201])
def test_a_reference_has_limits(store: KeyStore, reference: str) -> None:
    address = store.create()
    with pytest.raises(Malformed) as refused:
        store.case_public_key(address, reference)
    assert refused.value.code == "bad_reference"


# Who can open it


def test_a_wrong_passphrase_opens_nothing_and_adds_nothing(store: KeyStore, folder: Path) -> None:
    address = store.create()
    files = sorted(folder.iterdir())
    wrong = opened(folder, WRONG)
    for use in (
        wrong.create,
        lambda: wrong.sign(address, b""),
        lambda: wrong.case_public_key(address, "A-1"),
    ):
        with pytest.raises(Unauthorised) as refused:
            use()
        assert refused.value.code == "wrong_passphrase"
    assert sorted(folder.iterdir()) == files


def test_an_empty_passphrase_is_refused(folder: Path) -> None:
    with pytest.raises(Malformed) as refused:
        opened(folder, b"")
    assert refused.value.code == "empty_passphrase"


def test_files_are_for_their_owner_only(store: KeyStore, folder: Path) -> None:
    store.create()
    assert mode(folder) == 0o700
    assert [mode(path) for path in folder.iterdir()] == [0o600, 0o600]


def test_the_default_cost_is_the_moderate_one_and_a_store_keeps_its_own(folder: Path, tmp_path: Path) -> None:
    assert Cost(operations=3, memory_bytes=256 * 1024**2) == MODERATE
    address = opened(folder).create()
    KeyStore(folder, PASSPHRASE, Cost(2, 16384)).create()
    written = msgspec.json.decode((folder / f"{address}.json").read_bytes())["derivation"]
    assert (written["operations"], written["memory_bytes"]) == (MINIMUM.operations, MINIMUM.memory_bytes)
    assert written == msgspec.json.decode((folder / "store.json").read_bytes())["derivation"]
    KeyStore(tmp_path / "dear", PASSPHRASE).create()
    written = msgspec.json.decode((tmp_path / "dear" / "store.json").read_bytes())["derivation"]
    assert (written["operations"], written["memory_bytes"]) == (3, 256 * 1024**2)


def test_two_who_open_a_new_store_at_once_share_it(folder: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        addresses = list(threads.map(lambda _: opened(folder).create(), range(8)))
    store = opened(folder)
    assert list(store.addresses()) == sorted(addresses)
    for address in addresses:
        assert verify(store.public_key(address), b"m", store.sign(address, b"m"))


# Damage


def damaged(use: Callable[[], object]) -> None:
    with pytest.raises(Corruption) as stopped:
        use()
    assert stopped.value.code == "damaged_key_file"


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"\xff\xfe", b"null", b"{" * 5000],
    ids=["empty", "{}", "[]", "bytes", "null", "deep"],
)
@pytest.mark.parametrize("name", ["key", "store"])
def test_a_file_that_is_no_document_is_named_as_damaged(
    store: KeyStore, folder: Path, name: str, content: bytes
) -> None:
    address = store.create()
    (folder / f"{address if name == 'key' else 'store'}.json").write_bytes(content)
    damaged(lambda: opened(folder).sign(address, b""))


def test_every_changed_byte_of_a_key_file_is_noticed_when_the_key_is_used(
    store: KeyStore, folder: Path
) -> None:
    address = store.import_seed(SEED)
    path = folder / f"{address}.json"
    sound = path.read_bytes()
    for place in range(len(sound)):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :])
        damaged(lambda: store.sign(address, b""))
    path.write_bytes(sound)
    assert store.sign(address, b"\x72").hex() == SIGNATURE_OF_72


def test_a_key_file_in_anothers_place_is_noticed(store: KeyStore, folder: Path) -> None:
    first, second = store.create(), store.create()
    (folder / f"{first}.json").write_bytes((folder / f"{second}.json").read_bytes())
    damaged(lambda: store.public_key(first))
    damaged(lambda: store.sign(first, b""))


def test_another_keys_sealed_seed_is_noticed(store: KeyStore, folder: Path) -> None:
    first, second = store.create(), store.create()
    other = msgspec.json.decode((folder / f"{second}.json").read_bytes())["seed"]
    edit(folder / f"{first}.json", lambda document: document.update(seed=other))
    damaged(lambda: store.sign(first, b""))


def test_keys_without_their_store_file_are_not_given_a_new_one(store: KeyStore, folder: Path) -> None:
    address = store.create()
    (folder / "store.json").unlink()
    damaged(lambda: opened(folder).sign(address, b""))
    damaged(opened(folder).create)
    assert not (folder / "store.json").exists()


@pytest.mark.parametrize("change", [{"memory_bytes": 2**40}, {"operations": 17}, {"memory_bytes": 1}])
def test_a_store_file_cannot_ask_for_any_amount_of_work(
    store: KeyStore, folder: Path, change: dict[str, int]
) -> None:
    address = store.create()
    edit(folder / "store.json", lambda document: document["derivation"].update(change))  # type: ignore[attr-defined]
    damaged(lambda: opened(folder).sign(address, b""))


def test_too_little_memory_can_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> bytes:
        raise sealing.CryptoError

    monkeypatch.setattr(sealing.argon2id, "kdf", fails)
    with pytest.raises(Unavailable) as failed:
        Derivation.fresh(MINIMUM).key(PASSPHRASE)
    assert failed.value.code == "key_derivation_failed"


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file stands here")
    with pytest.raises(Unavailable) as failed:
        opened(tmp_path / "keys").create()
    assert failed.value.code == "files_unavailable"


# Silence


def test_no_secret_is_in_a_repr_an_error_a_log_or_a_file(
    store: KeyStore, folder: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    address = store.import_seed(SEED)
    said = [repr(store), str(store), repr(PrivateFile(SEED, exposed=False))]
    path = folder / f"{address}.json"
    for use in (
        lambda: store.import_seed(SEED),
        lambda: store.import_seed(SEED + b"x"),
        lambda: opened(folder, WRONG).sign(address, b""),
        lambda: (path.write_bytes(b'{"seed":"' + SEED.hex().encode() + b'"}'), store.sign(address, b""))[1],
    ):
        with pytest.raises(TallystickError) as error:
            use()
        said += [repr(error.value), str(dict(error.value.details)), error.value.message]
        said += traceback.format_exception(error.value)
    path.unlink()
    said += [caplog.text, *capsys.readouterr(), *(file.read_text() for file in folder.iterdir())]
    for secret in (SEED.hex(), repr(SEED)[2:-1], PASSPHRASE.decode(), PASSPHRASE.hex(), WRONG.decode()):
        assert not [text for text in said if secret in text]


def test_a_key_file_shows_the_public_key_only(store: KeyStore, folder: Path) -> None:
    address = store.import_seed(SEED)
    document = msgspec.json.decode((folder / f"{address}.json").read_bytes())
    assert list(document) == ["derivation", "format", "public_key", "seed"]
    assert document["public_key"] == PUBLIC
    assert SEED.hex() not in (folder / f"{address}.json").read_text()
