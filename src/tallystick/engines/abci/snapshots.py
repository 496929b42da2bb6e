"""Snapshots: the whole state after one block, in pieces, so that a new node need not execute all blocks.

A folder for each: ``manifest.json`` and the pieces ``000000``, ``000001`` and so on. A piece is MessagePack
of pairs in key order. Nothing in a snapshot is believed: each piece must have the hash that the manifest
says, the manifest the hash that was offered, and in the end the state's root must be the app hash that two
thirds of the validators have signed.
"""

import logging
import shutil
import threading
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from tallystick.engines.storage.store import Store
from tallystick.errors import Malformed, TallystickError
from tallystick.ledger.block import Header
from tallystick.values import canonical

FORMAT: Final = 1
PIECE_BYTES: Final = 1024 * 1024
MANIFEST: Final = "manifest.json"
MAX_PIECES: Final = 20_000
_log = logging.getLogger(__name__)
Pairs = list[tuple[str, bytes]]


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a snapshot holds.

    Attributes:
        genesis: the genesis document.
        header: header of the block after which the state is; its app hash is the state's root.
        pieces: SHA-256 of each piece, 64 lower hex digits.
    """

    genesis: str
    header: Header
    pieces: list[str]

    @property
    def hash(self) -> bytes:
        """What names the snapshot: SHA-256 of the manifest, 32 bytes."""
        return sha256(self.encoded()).digest()

    def encoded(self) -> bytes:
        """Return the manifest as canonical JSON."""
        return canonical.encode(self)


def read_manifest(data: bytes) -> Manifest:
    """Return the manifest in these bytes.

    Raises:
        Malformed: ``malformed_document``, also for other bytes than its canonical ones; ``too_many_pieces``.
    """
    manifest = canonical.decode(data, Manifest)
    if manifest.encoded() != data:
        raise Malformed("malformed_document", "The manifest of the snapshot is not in canonical form.")
    if not 0 < len(manifest.pieces) <= MAX_PIECES:
        raise Malformed("too_many_pieces", f"A snapshot has 1 to {MAX_PIECES} pieces.")
    return manifest


def read_piece(data: bytes) -> Pairs:
    """Return the pairs in a piece.

    Raises:
        Malformed: ``malformed_piece``.
    """
    try:
        return msgspec.msgpack.decode(data, type=Pairs)
    except (msgspec.MsgspecError, UnicodeError):
        raise Malformed("malformed_piece", "A piece of the snapshot cannot be read.") from None


class Snapshots:
    """The snapshots in one folder; at most ``kept`` of them, the newest."""

    def __init__(self, folder: Path, kept: int) -> None:
        self._folder = folder
        self._kept = kept
        self._making: threading.Thread | None = None

    def begin(self, ledger: Path) -> bool:
        """Begin to write the state as it is now, in a thread of its own; False while one is being written.

        What is committed afterwards does not show in it: SQLite shows its reader one moment.
        """
        if self._making is not None and self._making.is_alive():
            return False
        has_begun = threading.Event()
        self._making = threading.Thread(
            target=self._make, args=(ledger, has_begun), name="snapshot", daemon=True
        )
        self._making.start()
        has_begun.wait()
        return True

    def wait(self) -> None:
        """Return when no snapshot is being written any more."""
        if self._making is not None:
            self._making.join()

    def manifests(self) -> list[Manifest]:
        """Return the snapshots that are whole, the newest first."""
        found = []
        for path in sorted(self._folder.glob(f"*/{MANIFEST}"), reverse=True):
            try:
                found.append(read_manifest(path.read_bytes()))
            except (OSError, Malformed) as error:
                _log.warning("The snapshot %s is left out: %s", path.parent.name, error)
        return found

    def piece(self, height: int, index: int) -> bytes:
        """Return a piece; no bytes when there is none."""
        try:
            return (self._place(height) / _piece_name(index)).read_bytes()
        except OSError:
            return b""

    def _make(self, ledger: Path, has_begun: threading.Event) -> None:
        try:
            with closing(Store.open_reading(ledger)) as store, store.snapshot():
                store.height()  # the moment that is seen begins with the first read
                has_begun.set()
                self._write(store)
        except (TallystickError, OSError) as error:
            _log.warning("The snapshot was not written: %s", error)
        finally:
            has_begun.set()

    def _write(self, store: Store) -> None:
        header = store.head().header
        place = self._place(header.height)
        partial = place.with_name(place.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700, parents=True)
        hashes = []
        for index, piece in enumerate(_pieces(store)):
            (partial / _piece_name(index)).write_bytes(piece)
            hashes.append(sha256(piece).hexdigest())
        manifest = Manifest(store.genesis().decode(), header, hashes)
        (partial / MANIFEST).write_bytes(manifest.encoded())
        shutil.rmtree(place, ignore_errors=True)
        partial.rename(place)
        for old in sorted(self._folder.glob(f"*/{MANIFEST}"), reverse=True)[self._kept :]:
            shutil.rmtree(old.parent, ignore_errors=True)

    def _place(self, height: int) -> Path:
        return self._folder / f"{height:015d}"


def _pieces(store: Store) -> Iterator[bytes]:
    pairs: Pairs = []
    size = 0
    for key, value in store.every("state"):
        pairs.append((key, value))
        size += len(key) + len(value)
        if size >= PIECE_BYTES:
            yield msgspec.msgpack.encode(pairs)
            pairs, size = [], 0
    yield msgspec.msgpack.encode(pairs)


def _piece_name(index: int) -> str:
    return f"{index:06d}"
