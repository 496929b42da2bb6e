"""The SQLite file of a ledger: how it is opened, its tables, and what its errors mean."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tallystick.errors import Conflict, Corruption, NotFound, TallystickError, Unavailable

FORMAT = 1
# What reading a file may raise: Python cannot read SQLite's own message when it quotes damaged text.
ERRORS = (sqlite3.Error, UnicodeDecodeError)
BUSY_TIMEOUT_S = 10
_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE blocks (
    height INTEGER PRIMARY KEY, first_number INTEGER NOT NULL, header BLOB NOT NULL, signature TEXT NOT NULL
);
CREATE TABLE transactions (
    number INTEGER PRIMARY KEY, height INTEGER NOT NULL, data BLOB NOT NULL, data_hash BLOB NOT NULL,
    code TEXT NOT NULL, result BLOB NOT NULL, message TEXT NOT NULL
);
CREATE TABLE transaction_numbers (data_hash BLOB PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE state (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE pages (path BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
"""
# WAL with FULL: a commit is on the disk before it returns (https://www.sqlite.org/pragma.html#pragma_synchronous).
_WRITING = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -65536",
    "PRAGMA wal_autocheckpoint = 8000",
    "PRAGMA journal_size_limit = 67108864",
)
_READING = ("PRAGMA query_only = ON", "PRAGMA cache_size = -65536")
# How a reader asks for the file, one after another. WAL wants a lock file beside the ledger: where none can
# be made, that of who writes now is used; where nobody has one either, nobody writes, and none is needed.
_OPEN_TO_WRITE, _OPEN_TO_READ, _OPEN_AT_REST = "mode=rw", "mode=ro", "mode=ro&immutable=1"
_PASSING = {
    sqlite3.SQLITE_BUSY: ("ledger_locked", "Another process is writing to the ledger; try again."),
    sqlite3.SQLITE_LOCKED: ("ledger_locked", "Another process is writing to the ledger; try again."),
    sqlite3.SQLITE_FULL: ("disk_full", "The disk is full: the ledger cannot take more until there is room."),
    sqlite3.SQLITE_IOERR: ("disk_error", "The disk did not take what the ledger wrote; try again."),
    sqlite3.SQLITE_READONLY: ("ledger_read_only", "The ledger file may not be written by this user."),
    sqlite3.SQLITE_CANTOPEN: ("ledger_not_opened", "The ledger file cannot be opened by this user."),
    sqlite3.SQLITE_PERM: ("ledger_not_opened", "The ledger file cannot be opened by this user."),
}
_OUT_OF_BOUNDS = {"ledger_read_only", "ledger_not_opened"}
_DAMAGE = "The ledger file is damaged: restore it from a backup, or export its blocks; do not write to it."
_NO_LEDGER = "The file holds no Tallystick ledger: name another; if it held one, restore it from a backup."


def connect(path: Path) -> sqlite3.Connection:
    """Open the ledger file at ``path``; the connection commits only when told.

    Raises:
        NotFound: ``no_ledger`` when there is no file.
        Unavailable: when the file cannot be opened now.
        Corruption: ``ledger_damaged``, ``not_a_ledger``, ``ledger_format``.
    """
    _require_file(path)
    return _open(path, _OPEN_TO_WRITE, _WRITING, _check_format)


def connect_reading(path: Path) -> sqlite3.Connection:
    """Open the ledger file at ``path`` to read it only; file and folder may be out of bounds for writing.

    Raises:
        NotFound: ``no_ledger`` when there is no file.
        Unavailable: when the file cannot be opened now.
        Corruption: ``ledger_damaged``, ``not_a_ledger``, ``ledger_format``.
    """
    _require_file(path)
    ways = [_OPEN_TO_WRITE, _OPEN_TO_READ, *([_OPEN_AT_REST] if _is_at_rest(path) else [])]
    for way in ways[:-1]:
        try:
            return _open(path, way, _READING, _check_format)
        except Unavailable as error:
            if error.code not in _OUT_OF_BOUNDS:
                raise
    return _open(path, ways[-1], _READING, _check_format)


def connect_new(path: Path) -> sqlite3.Connection:
    """Open the file at ``path``, making it when there is none; it may hold a ledger or nothing yet.

    Raises:
        Unavailable: when the file cannot be made.
        Corruption: ``ledger_damaged``, ``not_a_ledger``.
    """
    return _open(path, "mode=rwc", _WRITING, lambda _: None)


def make_tables(connection: sqlite3.Connection) -> None:
    """Make the tables of an empty file, within the caller's transaction.

    Raises:
        Conflict: ``ledger_exists`` when the file holds something already.
    """
    with errors_explained():
        if connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone():
            raise Conflict("ledger_exists", "There is a ledger in this place already.")
        for statement in filter(str.strip, _SCHEMA.split(";")):
            connection.execute(statement)
        connection.execute("INSERT INTO meta VALUES ('format', ?)", (FORMAT,))


def explained(error: sqlite3.Error | UnicodeError) -> TallystickError:
    """Return our error for one of SQLite's: Unavailable for what passes, Corruption for damage.

    The codes are ``ledger_locked``, ``disk_full``, ``disk_error``, ``ledger_read_only``,
    ``ledger_not_opened``, ``not_a_ledger`` and ``ledger_damaged``.
    """
    primary = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if primary in _PASSING:
        return Unavailable(*_PASSING[primary])
    if primary == sqlite3.SQLITE_NOTADB:
        return Corruption("not_a_ledger", _NO_LEDGER)
    return Corruption("ledger_damaged", _DAMAGE)


@contextlib.contextmanager
def errors_explained() -> Iterator[None]:
    """Raise SQLite's errors as ours; see ``explained``."""
    try:
        yield
    except ERRORS as error:
        raise explained(error) from error


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise NotFound("no_ledger", f"There is no ledger at {path}.")


def _is_at_rest(path: Path) -> bool:
    """Return whether all that was committed is in the file itself, none of it in a write-ahead log."""
    file = path.resolve()
    log = file.with_name(file.name + "-wal")
    return not log.exists() or log.stat().st_size == 0


def _open(
    path: Path, way: str, pragmas: Iterable[str], check: Callable[[sqlite3.Connection], None]
) -> sqlite3.Connection:
    with errors_explained():
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?{way}",
            uri=True,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
    try:
        with errors_explained():
            for pragma in pragmas:
                connection.execute(pragma)
        check(connection)
    except TallystickError:
        connection.close()
        raise
    return connection


def _check_format(connection: sqlite3.Connection) -> None:
    with errors_explained():
        if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").fetchone() is None:
            raise Corruption("not_a_ledger", _NO_LEDGER)
        row = connection.execute("SELECT value FROM meta WHERE name = 'format'").fetchone()
    if row is None or row[0] != FORMAT:
        raise Corruption("ledger_format", f"The ledger file has another format than {FORMAT}.")
