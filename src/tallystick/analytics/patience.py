"""Patience: how long a load may wait for its turn, and how long it may work, where many ask at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import duckdb

from tallystick.errors import Unavailable

TURNS: Final = 2
"""Sets of books that one process holds open for people who share it; each may take its full memory."""

_turns = threading.BoundedSemaphore(TURNS)
_AGAIN_S: Final = 0.05


@contextmanager
def turn(wait_s: float | None) -> Iterator[None]:
    """Hold one of the process's turns, waiting at most ``wait_s`` seconds for it; ``None`` takes none.

    Raises:
        Unavailable: ``books_busy``.
    """
    if wait_s is None:
        yield
        return
    if not _turns.acquire(timeout=wait_s):
        raise Unavailable("books_busy", "Other books are being read just now; try again shortly.")
    try:
        yield
    finally:
        _turns.release()


@contextmanager
def time_limit(connection: duckdb.DuckDBPyConnection, seconds: float | None) -> Iterator[None]:
    """Interrupt whatever the connection does once ``seconds`` have passed; ``None`` lets it finish.

    How long books take depends on what else the machine does, so the same ones may be read later; what no
    waiting mends, too many rows or bytes, has limits of its own.

    Raises:
        Unavailable: ``books_too_slow``.
    """
    if seconds is None:
        yield
        return
    done = threading.Event()
    timer = threading.Thread(target=_interrupt, args=(connection, seconds, done), daemon=True)
    timer.start()
    try:
        yield
    except duckdb.InterruptException as error:
        raise Unavailable(
            "books_too_slow",
            f"Reading the books took more than {seconds:g} seconds; try again later or with fewer rows.",
        ) from error
    finally:
        done.set()
        timer.join()


def _interrupt(connection: duckdb.DuckDBPyConnection, seconds: float, done: threading.Event) -> None:
    wait = seconds
    while not done.wait(wait):
        connection.interrupt()
        # An interrupt between two statements is lost, so it is said until it was heard.
        wait = _AGAIN_S
