"""What is sealed opens to the same bytes under its key, and to nothing after any change."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.capture import media_keys
from tallystick.capture.media_store import CHUNK_BYTES, MediaStore
from tallystick.errors import Conflict, Corruption, Forbidden, NotFound, TallystickError

SIZES = sorted({0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 2 * CHUNK_BYTES + 5})


@pytest.fixture
def store(tmp_path):
    return MediaStore(tmp_path / "media")


def opened(store, sealed, key=None):
    return b"".join(store.open_(sealed.ciphertext_sha256, key or sealed.key, sealed.key_commitment))


@pytest.mark.parametrize("size", SIZES)
def test_any_size_opens_to_the_same_bytes(store, size):
    content = bytes(range(256)) * (size // 256 + 1)
    sealed = store.seal(content[:size])
    assert opened(store, sealed) == content[:size]
    assert sealed.size_bytes == size


def test_the_same_file_twice_has_another_key_and_another_name(store):
    first, second = store.seal(b"same"), store.seal(b"same")
    assert first.ciphertext_sha256 != second.ciphertext_sha256
    assert first.key != second.key
    assert repr(first.key) not in repr(first)


def stored(tmp_path, sealed):
    (path,) = [each for each in (tmp_path / "media").rglob("*") if sealed.ciphertext_sha256 in each.name]
    return path


def test_a_file_is_for_its_owner_only(store, tmp_path):
    assert stored(tmp_path, store.seal(b"x")).stat().st_mode & 0o077 == 0


@given(data=st.data())
def test_any_changed_byte_is_found(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("changed")
    store = MediaStore(folder / "media")
    sealed = store.seal(b"content " * 20)
    path = stored(folder, sealed)
    whole = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole)
    with pytest.raises(Corruption) as caught:
        opened(store, sealed)
    assert caught.value.code == "media_changed"


def test_pieces_that_are_cut_off_or_swapped_are_found_even_under_a_hash_of_their_own(store, tmp_path):
    """Whoever can name a ciphertext of his own still cannot put one together from another's pieces."""
    sealed = store.seal(bytes(CHUNK_BYTES) + b"b" * CHUNK_BYTES + b"end")
    whole = stored(tmp_path, sealed).read_bytes()
    head = len(whole) - (2 * (CHUNK_BYTES + 17) + 3 + 17)
    first, second = head + CHUNK_BYTES + 17, head + 2 * (CHUNK_BYTES + 17)
    swapped = whole[:head] + whole[first:second] + whole[head:first] + whole[second:]
    for changed in (whole[:second], swapped, whole + whole[second:]):
        name = hashlib.sha256(changed).hexdigest()
        store.put_ciphertext(name, [changed])
        with pytest.raises(Corruption):
            b"".join(store.open_(name, sealed.key, sealed.key_commitment))


def test_another_key_is_refused_before_anything_is_read(store):
    sealed = store.seal(b"content")
    with pytest.raises(Forbidden) as caught:
        opened(store, sealed, media_keys.fresh_key())
    assert caught.value.code == "wrong_media_key"


def test_a_ciphertext_from_elsewhere_is_kept_under_its_hash_alone(store, tmp_path):
    sealed = store.seal(b"content")
    other = MediaStore(tmp_path / "elsewhere")
    with pytest.raises(NotFound) as caught:
        opened(other, sealed)
    assert caught.value.code == "media_missing"
    with pytest.raises(Conflict):
        other.put_ciphertext(sealed.ciphertext_sha256, [b"something else"])
    other.put_ciphertext(sealed.ciphertext_sha256, store.ciphertext(sealed.ciphertext_sha256))
    assert opened(other, sealed) == b"content"


def test_a_name_that_is_no_hash_leads_nowhere(store):
    for name in ("../secret", "", "A" * 64):
        with pytest.raises(TallystickError):
            store.holds(name)


@given(key=st.binary(min_size=32, max_size=32), place=st.integers(0, 71), under=st.binary(min_size=32))
def test_a_wrapped_key_opens_under_its_secret_alone(key, place, under):
    wrapped = media_keys.wrap_key(key, under)
    assert media_keys.unwrap_key(wrapped, under) == key
    changed = bytearray(wrapped)
    changed[place] ^= 1
    for wrong in ((bytes(changed), under), (wrapped, under + b"x")):
        with pytest.raises(Corruption):
            media_keys.unwrap_key(*wrong)
