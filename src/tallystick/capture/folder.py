"""Files of the quarantine and of the media store: for their owner only, and durable before they are named."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tallystick.errors import Unavailable


def make(folder: Path) -> None:
    """Make ``folder`` for its owner only (0700), unless it is there.

    Raises:
        Unavailable: ``media_files_unavailable``.
    """
    with reachable():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def sync(folder: Path) -> None:
    """Return once the names in ``folder`` are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def reachable() -> Iterator[None]:
    """Turn what the disk refuses into an error of ours.

    Raises:
        Unavailable: ``media_files_unavailable``.
    """
    try:
        yield
    except OSError as error:
        raise Unavailable(
            "media_files_unavailable", f"The files of the media cannot be used: {error.strerror}."
        ) from error
