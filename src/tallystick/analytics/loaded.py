"""Loaded books: how a set of books of either kind is opened into an engine, asked, and let go of again."""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from tallystick.analytics.engine import connect
from tallystick.analytics.patience import time_limit, turn
from tallystick.analytics.sources import Limits
from tallystick.errors import TooLarge

Fill = Callable[[duckdb.DuckDBPyConnection, Path, Limits], None]
"""Puts the sources into the engine, by way of the folder."""


@dataclass(frozen=True)
class Opened:
    """An engine with books in it, its private folder, and what must be let go of in the end."""

    connection: duckdb.DuckDBPyConnection
    folder: Path
    held: ExitStack


def opened(fill: Fill, limits: Limits) -> Opened:
    """Return an engine that ``fill`` has filled, within the limits' turn, time and memory.

    Raises:
        TooLarge: ``books_too_large``.
        Unavailable: ``books_busy``, ``books_too_slow``; only where the limits bound waiting and time.
    """
    with ExitStack() as undo:
        undo.enter_context(turn(limits.wait_s))
        folder = Path(tempfile.mkdtemp(prefix="tallystick-books-"))
        undo.callback(shutil.rmtree, folder, ignore_errors=True)
        connection = undo.enter_context(connect(folder, limits))
        with time_limit(connection, limits.seconds):
            try:
                fill(connection, folder, limits)
            except duckdb.OutOfMemoryException as error:
                raise TooLarge("books_too_large", "The books need more memory than allowed.") from error
        return Opened(connection, folder, undo.pop_all())


class Loaded:
    """A loaded set of books; may be asked from any thread, and must be closed."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the memory and the staging folder; calling it again does nothing."""
        self._opened.held.close()

    def _ask(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        return self._asked(sql, parameters)[1]

    def _ask_named(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        columns, rows = self._asked(sql, parameters)
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def _asked(self, sql: str, parameters: Sequence[object]) -> tuple[list[str], list[Any]]:
        # A cursor of its own for every question: a connection answers one thread at a time.
        with closing(self._opened.connection.cursor()) as cursor:
            cursor.execute(sql, list(parameters))
            rows = cursor.fetchall()
            return [column[0] for column in cursor.description or ()], rows
