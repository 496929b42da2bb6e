"""The home of an installation: that it can be used at all, and that one process at a time sets it up."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tallystick.errors import Rejection

LOCK_NAME: Final = "setup.lock"


def make_home(home: Path) -> None:
    """Make the folder ``home`` for its owner only, unless it is there.

    Raises:
        Rejection: ``home_not_writable`` when it cannot be made, or not be used by this user.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _not_writable(home, error.strerror) from None
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        raise _not_writable(home, "this user may not read and write there")


@contextmanager
def set_up_alone(home: Path) -> Iterator[None]:
    """Keep every other process out of the same block on the same home; it waits for its turn.

    The operating system drops the lock of a process that dies. The block is not to be entered again inside.

    Raises:
        Rejection: ``home_not_writable``.
    """
    try:
        lock = os.open(home / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _not_writable(home, error.strerror) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _not_writable(home: Path, reason: str | None) -> Rejection:
    return Rejection(
        "home_not_writable", f"The home {home} cannot be used ({reason}); TALLYSTICK_HOME names another."
    )
