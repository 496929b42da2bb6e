"""What is sealed opens to the same bytes with its key, and with nothing else; every change is found."""

import hashlib
import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.capture import media_store
from tallystick.capture.media_keys import commitment, fresh_key, unwrap_key, wrap_key
from tallystick.capture.media_store import CHUNK_BYTES, MediaStore, SealedMedia
from tallystick.errors import Conflict, Corruption, Malformed, NotFound, TallystickError, TooLarge

HEAD = 8 + 24
SEALED = CHUNK_BYTES + 17
BORDERS = [edge + by for edge in (0, CHUNK_BYTES, 2 * CHUNK_BYTES) for by in (-1, 0, 1) if edge + by >= 0]


@pytest.fixture
def store(tmp_path: Path) -> MediaStore:
    return MediaStore(tmp_path / "media")


def opened(store: MediaStore, sealed: SealedMedia, key: bytes | None = None) -> bytes:
    key = sealed.key if key is None else key
    return b"".join(store.open_(sealed.ciphertext_sha256, key, sealed.key_commitment))


def refusal(store: MediaStore, sealed: SealedMedia, key: bytes | None = None) -> str:
    with pytest.raises(TallystickError) as refused:
        opened(store, sealed, key)
    return refused.value.code


@given(
    size=st.sampled_from(BORDERS) | st.integers(0, 3 * CHUNK_BYTES), filler=st.binary(min_size=1, max_size=9)
)
@settings(max_examples=30)
def test_what_is_sealed_opens_to_the_same_bytes(size: int, filler: bytes) -> None:
    content = (filler * (size // len(filler) + 1))[:size]
    with tempfile.TemporaryDirectory() as folder:
        store = MediaStore(Path(folder))
        sealed = store.seal(content)
        assert opened(store, sealed) == content
        assert sealed.size_bytes == size
        assert sealed.ciphertext_bytes == (Path(folder) / sealed.ciphertext_sha256).stat().st_size


def test_a_file_is_sealed_like_its_bytes_for_its_owner_only(store: MediaStore, tmp_path: Path) -> None:
    source = tmp_path / "film"
    source.write_bytes(b"goods" * 50_000)
    sealed = store.seal(source)
    assert opened(store, sealed) == source.read_bytes()
    kept = tmp_path / "media" / sealed.ciphertext_sha256
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert [path.name for path in kept.parent.iterdir()] == [sealed.ciphertext_sha256]


def test_the_ciphertext_shows_nothing_and_the_same_file_is_another_every_time(store: MediaStore) -> None:
    one, other = store.seal(b"secret goods" * 99), store.seal(b"secret goods" * 99)
    assert len({one.ciphertext_sha256, other.ciphertext_sha256}) == len({one.key, other.key}) == 2
    assert b"secret goods" not in b"".join(store.ciphertext(one.ciphertext_sha256))
    assert one.key.hex() not in repr(one)
    assert str(one.key) not in repr(one)


def rewrite(store: MediaStore, sealed: SealedMedia, data: bytes) -> SealedMedia:
    """Put another ciphertext for the same key into the store, under its own hash."""
    name = hashlib.sha256(data).hexdigest()
    store.put_ciphertext(name, [data])
    return SealedMedia(name, sealed.key, sealed.key_commitment, sealed.size_bytes, len(data))


def test_a_byte_changed_on_the_disk_is_found_before_anything_is_handed_out(
    store: MediaStore, tmp_path: Path
) -> None:
    sealed = store.seal(b"x" * (CHUNK_BYTES + 9))
    path = tmp_path / "media" / sealed.ciphertext_sha256
    whole = path.read_bytes()
    for at in (0, 9, HEAD, HEAD + 1, SEALED, len(whole) - 1):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(Corruption) as refused:
            next(store.open_(sealed.ciphertext_sha256, sealed.key, sealed.key_commitment))
        assert refused.value.code == "media_changed"
    path.write_bytes(whole)
    assert len(opened(store, sealed)) == CHUNK_BYTES + 9


@given(data=st.data())
@settings(max_examples=40)
def test_the_cipher_finds_any_flipped_byte_even_under_a_new_name(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = MediaStore(Path(folder))
        sealed = store.seal(b"y" * 300)
        whole = b"".join(store.ciphertext(sealed.ciphertext_sha256))
        at = data.draw(st.integers(0, len(whole) - 1))
        changed = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
        assert refusal(store, rewrite(store, sealed, changed)) == "media_changed"


def test_pieces_that_were_moved_lost_or_added_are_found(store: MediaStore) -> None:
    sealed = store.seal(b"".join(bytes([number]) * CHUNK_BYTES for number in range(3)) + b"end")
    whole = b"".join(store.ciphertext(sealed.ciphertext_sha256))
    head = whole[:HEAD]
    one, two, three, last = (whole[at : at + SEALED] for at in range(HEAD, len(whole), SEALED))
    assert opened(store, rewrite(store, sealed, head + one + two + three + last)).endswith(b"end")
    for pieces in (
        (two, one, three, last),
        (one, two, three),
        (one, three, last),
        (one, one, two, three, last),
        (one, two, three, last, last),
        (last,),
        (),
    ):
        assert refusal(store, rewrite(store, sealed, head + b"".join(pieces))) == "media_changed"
    for length in (0, 5, HEAD - 1, HEAD, HEAD + 5, len(whole) - 1):
        assert refusal(store, rewrite(store, sealed, whole[:length])) == "media_changed"


def test_another_key_opens_nothing(store: MediaStore) -> None:
    sealed = store.seal(b"goods")
    other = fresh_key()
    assert refusal(store, sealed, other) == "wrong_media_key"
    assert refusal(store, sealed, b"") == "wrong_media_key"
    committed = SealedMedia(sealed.ciphertext_sha256, other, commitment(other), 5, 0)
    assert refusal(store, committed) == "media_changed"


def test_a_missing_file_is_told_from_a_name_that_cannot_be(store: MediaStore) -> None:
    sealed = store.seal(b"goods")
    assert store.holds(sealed.ciphertext_sha256)
    store.discard(sealed.ciphertext_sha256)
    assert not store.holds(sealed.ciphertext_sha256)
    with pytest.raises(NotFound, match="does not have"):
        opened(store, sealed)
    for name in ("", "../secret", "A" * 64, sealed.ciphertext_sha256 + "\n"):
        with pytest.raises(Malformed):
            store.holds(name)


def test_a_ciphertext_from_elsewhere_is_kept_if_it_is_the_right_one(
    store: MediaStore, tmp_path: Path
) -> None:
    sealed = store.seal(b"z" * 100_000)
    there = MediaStore(tmp_path / "there")
    there.put_ciphertext(sealed.ciphertext_sha256, store.ciphertext(sealed.ciphertext_sha256))
    assert opened(there, sealed) == b"z" * 100_000
    with pytest.raises(Conflict) as refused:
        there.put_ciphertext("0" * 64, [b"something else"])
    assert refused.value.code == "ciphertext_differs"
    assert len(list((tmp_path / "there").iterdir())) == 1


def test_a_file_above_the_limit_leaves_nothing(
    store: MediaStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_store, "MAX_PLAIN_BYTES", 1000)
    monkeypatch.setattr(media_store, "MAX_CIPHERTEXT_BYTES", 1100)
    store.seal(bytes(1000))
    for put in (lambda: store.seal(bytes(1001)), lambda: store.put_ciphertext("0" * 64, [bytes(1101)])):
        with pytest.raises(TooLarge):
            put()
    assert len(list((tmp_path / "media").iterdir())) == 1


def test_a_key_is_kept_wrapped_under_the_secret_of_the_installation() -> None:
    key, secret = fresh_key(), b"s" * 32
    wrapped = wrap_key(key, secret)
    assert len(wrapped) == 72
    assert key not in wrapped
    assert wrapped != wrap_key(key, secret)
    assert unwrap_key(wrapped, secret) == key
    for wrong, under in ((wrapped, b"t" * 32), (wrapped[:-1] + b"\x00\x01", secret), (b"", secret)):
        with pytest.raises(Corruption):
            unwrap_key(wrong, under)
