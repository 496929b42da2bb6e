"""Uploaded files: kept once each under their SHA-256, written whole or not at all."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tallystick.errors import Corruption, Malformed, TooLarge
from tallystick.records.models import Book
from tallystick.services.installation import Installation

MAX_FILE_BYTES: Final = 64 * 1024 * 1024


def keep(installation: Installation, content: bytes) -> str:
    """Store ``content`` and return its SHA-256 (64 hex digits); durable when this returns.

    Raises:
        Malformed: ``empty_file``.
        TooLarge: ``file_too_large`` above ``MAX_FILE_BYTES``.
    """
    _require_size(content)
    sha256 = hashlib.sha256(content).hexdigest()
    target = path_of(installation, sha256)
    if not target.exists():
        with tempfile.NamedTemporaryFile(dir=installation.files, delete=False) as draft:
            draft.write(content)
            draft.flush()
            os.fsync(draft.fileno())
        Path(draft.name).replace(target)
    return sha256


@contextlib.contextmanager
def staged(content: bytes, name: str) -> Iterator[Path]:
    """Lend ``content`` as a file of that name while it is checked; nothing of it stays.

    Raises:
        Malformed, TooLarge: as ``keep``.
    """
    _require_size(content)
    with tempfile.TemporaryDirectory(prefix="tallystick-files-") as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        yield path


def discard_unused(installation: Installation, sha256: str) -> None:
    """Remove a file that no book names any more."""
    if not Book.objects.filter(sha256=sha256).exists():
        path_of(installation, sha256).unlink(missing_ok=True)


def _require_size(content: bytes) -> None:
    if not content:
        raise Malformed("empty_file", "The file is empty.")
    if len(content) > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES // 2**20
        raise TooLarge("file_too_large", f"The file is larger than {limit} MiB.", limit_mib=limit)


@contextlib.contextmanager
def named(installation: Installation, files: Mapping[str, tuple[str, str]]) -> Iterator[dict[str, Path]]:
    """Lend files under the names that people gave them, so that messages speak of those names.

    Args:
        installation: whose store it is.
        files: what each file is for -> (SHA-256, file name).

    Raises:
        Corruption: ``file_gone`` or ``file_changed``.
    """
    with tempfile.TemporaryDirectory(prefix="tallystick-files-") as folder:
        lent: dict[str, Path] = {}
        for purpose, (sha256, name) in files.items():
            place = Path(folder) / purpose
            place.mkdir()
            lent[purpose] = place / name
            lent[purpose].symlink_to(require(installation, sha256))
        yield lent


def path_of(installation: Installation, sha256: str) -> Path:
    """Return where the file with this hash lies."""
    return installation.files / sha256


def require(installation: Installation, sha256: str) -> Path:
    """Return the path of a file that must be there unchanged.

    Raises:
        Corruption: ``file_gone`` or ``file_changed``.
    """
    path = path_of(installation, sha256)
    if not path.exists():
        raise Corruption("file_gone", "A file that was handed in is no longer in the store.", sha256=sha256)
    if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        raise Corruption("file_changed", "A file that was handed in has changed since.", sha256=sha256)
    return path
