"""The media store: every file as ciphertext under a key of its own, named by the SHA-256 of the ciphertext.

A file is ``TSMEDIA1``, the header of libsodium's secretstream (XChaCha20-Poly1305, 24 bytes), and the content
in pieces of 64 KiB, each with 17 bytes of tag; the last is marked, so that none can be lost, moved or added.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import IO, Final

import msgspec
from nacl import bindings
from nacl.exceptions import CryptoError

from tallystick.capture import folder as folders
from tallystick.capture import media_keys
from tallystick.errors import Conflict, Corruption, Forbidden, Malformed, NotFound, TooLarge

MAX_PLAIN_BYTES: Final = 200_000_000
CHUNK_BYTES: Final = 64 * 1024
_MAGIC: Final = b"TSMEDIA1"
_TAG_BYTES: Final = bindings.crypto_secretstream_xchacha20poly1305_ABYTES
_HEADER_BYTES: Final = bindings.crypto_secretstream_xchacha20poly1305_HEADERBYTES
_MORE: Final = bindings.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
_LAST: Final = bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL
_SEALED_CHUNK: Final = CHUNK_BYTES + _TAG_BYTES
#: What ``MAX_PLAIN_BYTES`` become.
MAX_CIPHERTEXT_BYTES: Final = (
    len(_MAGIC) + _HEADER_BYTES + MAX_PLAIN_BYTES + _TAG_BYTES * (MAX_PLAIN_BYTES // CHUNK_BYTES + 1)
)
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class SealedMedia(msgspec.Struct, frozen=True):
    """One media file in the store.

    Attributes:
        ciphertext_sha256: its name in the store, 64 hex digits; any member may know it.
        key: 32 bytes; whoever has them can read the file.
        key_commitment: what may be published of the key, 64 hex digits.
        size_bytes: of the content.
        ciphertext_bytes: of the file in the store.
    """

    ciphertext_sha256: str
    key: bytes
    key_commitment: str
    size_bytes: int
    ciphertext_bytes: int

    def __repr__(self) -> str:
        return f"SealedMedia({self.ciphertext_sha256}, {self.size_bytes} bytes)"


class MediaStore:
    """Ciphertexts in one folder; many threads and processes may use it at once.

    Every method raises Unavailable ``media_files_unavailable`` when the disk refuses.

    Args:
        folder: made when first written to, for its owner only.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def seal(self, source: Path | bytes) -> SealedMedia:
        """Return ``source`` as it is kept from now on: encrypted under a new key, durable.

        Raises:
            TooLarge: ``media_too_large`` above ``MAX_PLAIN_BYTES``.
        """
        key = media_keys.fresh_key()
        with folders.reachable(), _opened(source) as content, self._draft() as draft:
            size = 0
            for sealed, added in _sealed(content, key):
                size += added
                draft.write(sealed)
            ciphertext_bytes, sha256 = draft.keep()
        return SealedMedia(sha256, key, media_keys.commitment(key), size, ciphertext_bytes)

    def open_(self, ciphertext_sha256: str, key: bytes, key_commitment: str) -> Iterator[bytes]:
        """Yield the content in pieces of at most 64 KiB, once the whole ciphertext has its hash.

        Raises:
            Forbidden: ``wrong_media_key`` when the key is not the one that was committed to.
            NotFound: ``media_missing`` when this store does not have the file.
            Corruption: ``media_changed`` when the file is not what it was, cut off, or put together anew.
        """
        if len(key) != media_keys.KEY_BYTES or media_keys.commitment(key) != key_commitment:
            raise Forbidden("wrong_media_key", "This is not the key of this media file.")
        with self._read(ciphertext_sha256) as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != ciphertext_sha256:
                raise _changed()
            file.seek(0)
            yield from _unsealed(file, key)

    def ciphertext(self, ciphertext_sha256: str) -> Iterator[bytes]:
        """Yield the ciphertext as it is kept, for another member; whoever takes it compares its hash.

        Raises:
            NotFound: ``media_missing``.
        """
        with self._read(ciphertext_sha256) as file:
            while piece := file.read(_SEALED_CHUNK):
                yield piece

    def piece(self, ciphertext_sha256: str, offset: int, most: int) -> bytes:
        """Return at most ``most`` bytes of the ciphertext from ``offset`` on; none behind its end.

        Raises:
            NotFound: ``media_missing``.
        """
        with self._read(ciphertext_sha256) as file:
            file.seek(offset)
            return file.read(most)

    def put_ciphertext(self, ciphertext_sha256: str, pieces: Iterable[bytes]) -> int:
        """Keep a ciphertext that comes from elsewhere, and return its size in bytes.

        Raises:
            Conflict: ``ciphertext_differs`` when its SHA-256 is another.
            TooLarge: ``media_too_large`` above ``MAX_CIPHERTEXT_BYTES``.
        """
        self._path(ciphertext_sha256)
        with folders.reachable(), self._draft() as draft:
            for piece in pieces:
                draft.write(piece)
            return draft.keep(ciphertext_sha256)[0]

    def holds(self, ciphertext_sha256: str) -> bool:
        """Return whether the ciphertext is here."""
        return self._path(ciphertext_sha256).is_file()

    def discard(self, ciphertext_sha256: str) -> None:
        """Remove a ciphertext, if it is here."""
        with folders.reachable():
            self._path(ciphertext_sha256).unlink(missing_ok=True)

    def _path(self, ciphertext_sha256: str) -> Path:
        if not _SHA256.fullmatch(ciphertext_sha256):
            raise Malformed("malformed_hash", "A SHA-256 has 64 hexadecimal digits in lower case.")
        return self._folder / ciphertext_sha256

    @contextmanager
    def _read(self, ciphertext_sha256: str) -> Iterator[BufferedReader]:
        with folders.reachable():
            try:
                file = self._path(ciphertext_sha256).open("rb")
            except FileNotFoundError:
                raise NotFound("media_missing", "This store does not have the media file.") from None
            with file:
                yield file

    @contextmanager
    def _draft(self) -> Iterator["_Draft"]:
        folders.make(self._folder)
        with tempfile.NamedTemporaryFile(prefix=".new-", dir=self._folder, delete=False) as file:
            try:
                yield _Draft(file, self._folder)
            finally:
                Path(file.name).unlink(missing_ok=True)


class _Draft:
    """A ciphertext that is being written; it is in the store once it is kept, and gone otherwise."""

    def __init__(self, file: IO[bytes], folder: Path) -> None:
        self._file, self._folder = file, folder
        self._digest, self._size = hashlib.sha256(), 0

    def write(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > MAX_CIPHERTEXT_BYTES:
            raise _too_large()
        self._digest.update(piece)
        self._file.write(piece)

    def keep(self, expected: str | None = None) -> tuple[int, str]:
        """Return size and SHA-256 once the file is durable under its name; nobody reads half of it."""
        sha256 = self._digest.hexdigest()
        if expected not in (None, sha256):
            raise Conflict("ciphertext_differs", "What came is not the media file with this hash.")
        self._file.flush()
        os.fsync(self._file.fileno())
        # It takes the place of what may be there under this name, damaged.
        Path(self._file.name).replace(self._folder / sha256)
        folders.sync(self._folder)
        return self._size, sha256


@contextmanager
def _opened(source: Path | bytes) -> Iterator[IO[bytes]]:
    with BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        yield file


def _sealed(content: IO[bytes], key: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield the pieces of the ciphertext, each with how many bytes of the content it holds."""
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    header = bindings.crypto_secretstream_xchacha20poly1305_init_push(state, key)
    yield _MAGIC + header, 0
    size, piece, last = 0, content.read(CHUNK_BYTES), False
    while not last:
        following = content.read(CHUNK_BYTES)
        last = not following
        size += len(piece)
        if size > MAX_PLAIN_BYTES:
            raise _too_large()
        tag = _LAST if last else _MORE
        yield bindings.crypto_secretstream_xchacha20poly1305_push(state, piece, _MAGIC, tag), len(piece)
        piece = following


def _unsealed(file: IO[bytes], key: bytes) -> Iterator[bytes]:
    head = file.read(len(_MAGIC) + _HEADER_BYTES)
    if len(head) != len(_MAGIC) + _HEADER_BYTES or not head.startswith(_MAGIC):
        raise _changed()
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    bindings.crypto_secretstream_xchacha20poly1305_init_pull(state, head[len(_MAGIC) :], key)
    tag = _MORE
    while tag != _LAST:
        sealed = file.read(_SEALED_CHUNK)
        if len(sealed) < _TAG_BYTES:
            raise _changed()
        try:
            piece, tag = bindings.crypto_secretstream_xchacha20poly1305_pull(state, sealed, _MAGIC)
        except (CryptoError, ValueError) as error:
            raise _changed() from error
        yield piece
    if file.read(1):
        raise _changed()


def _changed() -> Corruption:
    return Corruption("media_changed", "The media file in the store is not what was sealed.")


def _too_large() -> TooLarge:
    return TooLarge("media_too_large", f"A media file may have {MAX_PLAIN_BYTES // 1_000_000} MB.")
