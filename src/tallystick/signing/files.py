"""Files with secrets in them: whole or not there at all, for their owner only, never overwritten."""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tallystick.errors import Unavailable

OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True)
class PrivateFile:
    """A file that was read; its content stays out of ``repr``.

    Attributes:
        data: at most the number of bytes asked for.
        exposed: whether anyone but the owner may read, write or execute it.
    """

    data: bytes
    exposed: bool

    def __repr__(self) -> str:
        return f"PrivateFile({len(self.data)} bytes)"


def make_private_folder(folder: Path) -> None:
    """Make ``folder`` for its owner only (0700), unless it is there; it is durable afterwards.

    Raises:
        Unavailable: ``files_unavailable``.
    """
    with _reachable(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync_folder(folder.parent)


def names_in(folder: Path) -> tuple[str, ...]:
    """Return the names of what lies in ``folder``, sorted; none if there is no such folder.

    Raises:
        Unavailable: ``files_unavailable``.
    """
    with _reachable(folder):
        try:
            return tuple(sorted(path.name for path in folder.iterdir()))
        except FileNotFoundError:
            return ()


def create_private(path: Path, data: bytes) -> bool:
    """Write a new file (0600) and return True once it is durable; return False if there is one.

    It is written beside its place and then linked into it: nobody ever reads half of it, and of two
    who create it at the same time one wins.

    Raises:
        Unavailable: ``files_unavailable``.
    """
    with _reachable(path):
        with tempfile.NamedTemporaryFile(prefix=".new-", dir=path.parent) as draft:
            draft.write(data)
            draft.flush()
            os.fsync(draft.fileno())
            try:
                path.hardlink_to(draft.name)
            except FileExistsError:
                return False
        _sync_folder(path.parent)
        return True


def read_private(path: Path, limit_bytes: int) -> PrivateFile | None:
    """Return the file at ``path``, cut after ``limit_bytes``, or None if there is none.

    Raises:
        Unavailable: ``files_unavailable``.
    """
    with _reachable(path):
        try:
            with path.open("rb") as file:
                return PrivateFile(file.read(limit_bytes), bool(os.fstat(file.fileno()).st_mode & OTHERS))
        except FileNotFoundError:
            return None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _reachable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable("files_unavailable", f"{path} cannot be used: {error.strerror}.") from error
