"""Uploads by pieces: what has arrived stays when the line breaks or the server stops, and goes on from there.

An upload is three files in the quarantine: TOKEN.json says what was announced, TOKEN.part holds the content,
TOKEN.done how much of it is on the disk for certain. The names are random; what the sender calls the file is
data only.
"""

import fcntl
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from tallystick.capture import folder as folders
from tallystick.capture import sniffing
from tallystick.capture.intake import too_large
from tallystick.errors import Conflict, Malformed, NotFound, TallystickError, TooLarge
from tallystick.values.clock import Clock

MAX_CHUNK_BYTES: Final = 8 * 1024 * 1024
MAX_OPEN: Final = 200
MAX_OPEN_PER_OWNER: Final = 10
MAX_NAME: Final = 200
MAX_AGE: Final = timedelta(hours=24)
_TOKEN_BYTES: Final = 24
_TOKEN: Final = re.compile(r"[0-9a-f]{48}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_DIGITS: Final = 12


class Announced(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was said when an upload began.

    Attributes:
        owner: who sends; nobody else can see or go on with it.
        name: as the sender calls the file.
        size_bytes: of the whole file.
        sha256: of the whole file, 64 hex digits; empty when it was not said.
        begun_at: UTC.
    """

    owner: str
    name: str
    size_bytes: int
    sha256: str
    begun_at: datetime


class Progress(msgspec.Struct, frozen=True):
    """How far an upload is: the next piece starts at ``received_bytes``."""

    name: str
    size_bytes: int
    received_bytes: int


class Uploads:
    """The uploads under way in one folder; many threads and processes may use it at once.

    Every method raises Unavailable ``media_files_unavailable`` when the disk refuses, and those that take a
    token NotFound ``unknown_upload`` when the owner has no such upload (any more).

    Args:
        folder: the quarantine; made when first written to, for its owner only.
        clock: says how old an upload is.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder, self._clock = folder, clock

    def begin(self, owner: str, name: str, size_bytes: int, sha256: str = "") -> str:
        """Return the token (48 hex digits) of a new upload, under which its pieces are sent.

        Raises:
            Malformed: ``malformed_upload`` for a name, size or hash that cannot be.
            TooLarge: ``file_too_large`` above what any kind may have; ``too_many_uploads``.
        """
        if not (0 < len(name) <= MAX_NAME and name.isprintable() and size_bytes > 0):
            raise Malformed("malformed_upload", "An upload needs a printable name and a size in bytes.")
        if sha256 and not _SHA256.fullmatch(sha256):
            raise Malformed("malformed_upload", "A SHA-256 has 64 hexadecimal digits in lower case.")
        if size_bytes > sniffing.MAX_VIDEO_BYTES:
            raise too_large(sniffing.MAX_VIDEO_BYTES)
        with folders.reachable():
            folders.make(self._folder)
            with self._locked(self._folder / ".lock", os.O_CREAT):
                self._check_room(owner)
                return self._create(Announced(owner, name, size_bytes, sha256, self._clock.now()))

    def append(self, token: str, owner: str, offset: int, piece: bytes) -> Progress:
        """Take one piece in and return how far the upload is; it is on the disk by then.

        A piece that is here already is accepted again, if it is the same.

        Raises:
            Conflict: ``wrong_offset`` when it leaves a gap: ``received_bytes`` says where to go on;
                ``piece_differs`` from what came before at this place.
            TooLarge: ``piece_too_large``; ``file_too_large`` beyond what was announced, or for its kind.
            Malformed: ``unknown_media_type`` at the first piece.
        """
        announced = self._announced(token, owner)
        if len(piece) > MAX_CHUNK_BYTES:
            raise TooLarge(
                "piece_too_large", f"A piece may have {MAX_CHUNK_BYTES} bytes.", limit_bytes=MAX_CHUNK_BYTES
            )
        if offset < 0 or offset + len(piece) > announced.size_bytes:
            raise TooLarge("file_too_large", "The piece goes beyond the size that was announced.")
        if offset == 0 and len(piece) >= min(sniffing.HEAD_BYTES, announced.size_bytes):
            limit = sniffing.limit_of(piece[: sniffing.HEAD_BYTES])
            if announced.size_bytes > limit:
                raise too_large(limit)
        with self._content(token) as content:
            done = self._done(token)
            if offset > done:
                raise Conflict("wrong_offset", f"The next piece starts at byte {done}.", received_bytes=done)
            known = done - offset
            if os.pread(content, min(known, len(piece)), offset) != piece[:known]:
                raise Conflict(
                    "piece_differs", "Another content came before at this place; begin a new upload."
                )
            if known < len(piece):
                self._write(token, content, done, piece[known:])
                done = offset + len(piece)
        return Progress(announced.name, announced.size_bytes, done)

    def status(self, token: str, owner: str) -> Progress:
        """Return how far the upload is."""
        announced = self._announced(token, owner)
        with self._content(token):
            return Progress(announced.name, announced.size_bytes, self._done(token))

    def finish(self, token: str, owner: str) -> Path:
        """Return the whole file, which stays in the quarantine until the upload is abandoned.

        Raises:
            Conflict: ``upload_incomplete`` with ``received_bytes``; ``upload_differs`` when its hash is not
                the one that was announced: then nothing stays of it.
        """
        announced = self._announced(token, owner)
        with self._content(token):
            done = self._done(token)
            if done < announced.size_bytes:
                raise Conflict(
                    "upload_incomplete",
                    f"{announced.size_bytes - done} bytes have not arrived yet.",
                    received_bytes=done,
                )
            with self._file(token, "part").open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        if announced.sha256 not in ("", sha256):
            self._remove(token)
            raise Conflict(
                "upload_differs", "What arrived has another SHA-256 than was announced; send again."
            )
        return self._file(token, "part")

    def abandon(self, token: str, owner: str) -> None:
        """Remove the upload and all that has arrived of it."""
        self._announced(token, owner)
        self._remove(token)

    def expire(self) -> int:
        """Remove uploads older than ``MAX_AGE`` and what a crash has left, and return how many."""
        with folders.reachable():
            if not self._folder.is_dir():
                return 0
            with self._locked(self._folder / ".lock", os.O_CREAT):
                tokens = {path.stem for path in self._folder.iterdir() if _TOKEN.fullmatch(path.stem)}
                old = [token for token in tokens if self._is_old(token)]
                for token in old:
                    self._remove(token)
        return len(old)

    def _is_old(self, token: str) -> bool:
        announced = self._read(token)
        return announced is None or self._clock.now() - announced.begun_at.astimezone(UTC) > MAX_AGE

    def _check_room(self, owner: str) -> None:
        under_way = [found for path in self._folder.glob("*.json") if (found := self._read(path.stem))]
        mine = sum(announced.owner == owner for announced in under_way)
        if mine >= MAX_OPEN_PER_OWNER or len(under_way) >= MAX_OPEN:
            raise TooLarge(
                "too_many_uploads",
                f"Only {MAX_OPEN_PER_OWNER} uploads may be open at once; finish or abandon one.",
                limit=MAX_OPEN_PER_OWNER,
            )

    def _create(self, announced: Announced) -> str:
        token = secrets.token_hex(_TOKEN_BYTES)
        contents = {"part": b"", "done": b"0" * _DIGITS, "json": msgspec.json.encode(announced)}
        for kind, content in contents.items():  # JSON last: with it, the upload is there
            descriptor = os.open(self._file(token, kind), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        folders.sync(self._folder)
        return token

    def _write(self, token: str, content: int, done: int, piece: bytes) -> None:
        os.ftruncate(content, done)  # what a crash has left behind the last certain byte
        written = 0
        while written < len(piece):
            written += os.pwrite(content, piece[written:], done + written)
        os.fsync(content)
        with self._file(token, "done").open("r+b", buffering=0) as file:
            file.write(b"%012d" % (done + len(piece)))  # one sector: old or new, never half
            os.fsync(file.fileno())

    def _done(self, token: str) -> int:
        return int(self._file(token, "done").read_bytes())

    def _announced(self, token: str, owner: str) -> Announced:
        announced = self._read(token) if _TOKEN.fullmatch(token) else None
        if announced is None or announced.owner != owner:
            raise _unknown()
        return announced

    def _read(self, token: str) -> Announced | None:
        with folders.reachable():
            try:
                return msgspec.json.decode(self._file(token, "json").read_bytes(), type=Announced)
            except (FileNotFoundError, msgspec.DecodeError):
                return None

    def _remove(self, token: str) -> None:
        with folders.reachable():
            for kind in ("json", "done", "part"):
                self._file(token, kind).unlink(missing_ok=True)

    def _file(self, token: str, kind: str) -> Path:
        return self._folder / f"{token}.{kind}"

    @contextmanager
    def _content(self, token: str) -> Iterator[int]:
        """Lend the descriptor of an upload's content, to one at a time."""
        with folders.reachable():
            try:
                with self._locked(self._file(token, "part")) as descriptor:
                    yield descriptor
            except FileNotFoundError as error:
                raise _unknown() from error

    @contextmanager
    def _locked(self, path: Path, flags: int = 0) -> Iterator[int]:
        descriptor = os.open(path, os.O_RDWR | flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)


def _unknown() -> TallystickError:
    return NotFound("unknown_upload", "There is no such upload; it was finished, abandoned or too old.")
