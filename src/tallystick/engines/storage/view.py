"""What the ledger file holds, to be read: blocks, results, state and trie pages."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from tallystick.engines.storage import database, stored
from tallystick.engines.storage.database import ERRORS, errors_explained, explained
from tallystick.engines.storage.stored import Row
from tallystick.errors import Corruption, Malformed, NotFound
from tallystick.ledger import trie
from tallystick.ledger.answers import Receipt
from tallystick.ledger.audit import wrong_block
from tallystick.ledger.block import Block, Header, SignedHeader
from tallystick.ledger.genesis import parse_genesis
from tallystick.ledger.state import KEY_END

SCAN_ROWS = 256
MAX_NUMBER = 2**63 - 1
_COLUMNS = "SELECT height, data, data_hash, code, result, message FROM transactions "
_TRANSACTIONS = _COLUMNS + "WHERE number >= ? AND number < ? ORDER BY number"
_TRANSACTION = _COLUMNS + "WHERE number = ?"
_HEADERS = (
    "SELECT height, first_number, header, signature FROM blocks "
    "WHERE height <= ? ORDER BY height DESC LIMIT ?"
)
_EVERY = {
    "state": "SELECT key, value FROM state ORDER BY key",
    "pages": "SELECT path, body FROM pages ORDER BY path",
    "transaction_numbers": "SELECT data_hash, number FROM transaction_numbers ORDER BY data_hash",
}
_COUNT = {
    "blocks": "SELECT count(*) FROM blocks",
    "transactions": "SELECT count(*) FROM transactions",
}


class View:
    """One connection to a ledger file; safe to share between threads, one statement at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.RLock()

    @classmethod
    def open_reading(cls, path: Path) -> Self:
        """Open an existing ledger file to read it only; see ``database.connect_reading``."""
        return cls(database.connect_reading(path))

    def close(self) -> None:
        """Close the connection; what was not committed is gone."""
        with self._lock:
            self._connection.close()

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all reads inside see one moment of the ledger."""
        with self._transaction("BEGIN"):
            yield

    def version(self) -> int:
        """Return a number that changes when another connection has committed."""
        return int(self._rows("PRAGMA data_version")[0][0])

    def genesis(self) -> bytes:
        """Return the genesis document.

        Raises:
            Corruption: ``block_wrong`` with the check ``genesis`` when it cannot be read.
        """
        try:
            document = stored.blob(self._find("SELECT value FROM meta WHERE name = 'genesis'"))
            parse_genesis(document or b"")
        except (Malformed, Corruption) as error:
            raise wrong_block(0, "genesis") from error
        return document or b""

    def height(self) -> int:
        """Return the number of the last block."""
        row = self._find("SELECT max(height) FROM blocks")
        if row is None or row[0] is None:
            raise wrong_block(0, "missing")
        return int(row[0])

    def first_height(self) -> int:
        """Return the number of the first block that the file holds: 0, unless it lacks the first ones."""
        row = self._find("SELECT value FROM meta WHERE name = 'first_height'")
        return 0 if row is None else int(row[0])

    def head(self) -> SignedHeader:
        """Return the last block's signed header."""
        with self._lock:
            return self._signed(self.height())[0]

    def transaction_count(self) -> int:
        """Return how many transactions all blocks hold together."""
        row = self._find("SELECT max(number) FROM transactions")
        return 0 if row is None or row[0] is None else int(row[0]) + 1

    def block(self, height: int) -> Block:
        """Return a block.

        Raises:
            NotFound: ``unknown_block``; ``block_not_kept`` when the file begins after it.
            Corruption: ``block_wrong`` with the check ``missing``, ``stored_form`` or ``stored_place``.
        """
        if not 0 <= height <= self.height():
            raise NotFound("unknown_block", f"There is no block {height}.")
        first_height = self.first_height()
        if height < first_height:
            raise NotFound(
                "block_not_kept",
                f"This node's ledger begins with block {first_height}; ask a node that keeps all blocks.",
                first_height=first_height,
            )
        signed, first = self._signed(height)
        with stored.readable(height):
            rows = self._rows(_TRANSACTIONS, first, min(first + signed.header.transactions, MAX_NUMBER))
        return stored.block(signed, height, rows)

    def headers(self, highest: int, limit: int) -> list[Header]:
        """Return the headers of at most ``limit`` blocks from ``highest`` down, as far as they are kept.

        Raises:
            Corruption: ``block_wrong`` with the check ``stored_form``.
        """
        rows = self._rows(_HEADERS, min(highest, MAX_NUMBER), limit)
        found = []
        for row in rows:
            with stored.readable(row[0]):
                found.append(stored.signed_header(row[1:]).header)
        return found

    def first_number(self, height: int) -> int:
        """Return the number of the first transaction of a block."""
        return self._signed(height)[1]

    def receipt(self, data_hash: bytes) -> Receipt | None:
        """Return what became of a transaction, or None when it is in no block."""
        found = self._find("SELECT number FROM transaction_numbers WHERE data_hash = ?", data_hash)
        if found is None:
            return None
        number = found[0]
        with self._lock:
            row = self._find(_TRANSACTION, number)
            if row is None:
                raise stored.index_differs()
            signed, first = self._signed(stored.transaction(row)[0])
        return stored.receipt(data_hash, number, signed, first, row)

    def get(self, key: str) -> bytes | None:
        """Return a state value, or None."""
        return stored.blob(self._find("SELECT value FROM state WHERE key = ?", key))

    def scan(self, prefix: str, after: str = "") -> Iterator[tuple[str, bytes]]:
        """Yield the pairs whose key starts with ``prefix`` and comes after ``after``, in key order."""
        rows = self._rows(
            "SELECT key, value FROM state WHERE key >= ? AND key > ? AND key < ? ORDER BY key LIMIT ?",
            prefix,
            after,
            prefix + KEY_END,
            SCAN_ROWS,
        )
        while rows:
            yield from ((key, value) for key, value in rows)
            rows = self._rows(
                "SELECT key, value FROM state WHERE key > ? AND key < ? ORDER BY key LIMIT ?",
                rows[-1][0],
                prefix + KEY_END,
                SCAN_ROWS,
            )

    def page(self, path: bytes) -> trie.Page | None:
        """Return a trie page, or None."""
        body = stored.blob(self._find("SELECT body FROM pages WHERE path = ?", path))
        return None if body is None else trie.decode_page(body)

    def every(self, table: str) -> Iterator[Row]:
        """Yield all rows of ``state``, ``pages`` or ``transaction_numbers`` by their keys, as stored."""
        with self._lock, errors_explained():
            rows = self._connection.execute(_EVERY[table])
            while some := rows.fetchmany(SCAN_ROWS):
                yield from some

    def count(self, table: str) -> int:
        """Return how many rows ``blocks`` or ``transactions`` holds."""
        return int(self._rows(_COUNT[table])[0][0])

    def _signed(self, height: int) -> tuple[SignedHeader, int]:
        """Return a block's signed header and the number of its first transaction."""
        with stored.readable(height):
            row = self._find("SELECT first_number, header, signature FROM blocks WHERE height = ?", height)
            if row is not None:
                return stored.signed_header(row), row[0]
        raise wrong_block(height, "missing")

    @contextlib.contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        with self._lock:
            with errors_explained():
                self._connection.execute(begin)
            try:
                yield
                with errors_explained():
                    self._connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    def _find(self, query: str, *values: object) -> Row | None:
        with self._lock:
            try:
                row: Row | None = self._connection.execute(query, values).fetchone()
            except ERRORS as error:
                raise explained(error) from error
            return row

    def _rows(self, query: str, *values: object) -> list[Row]:
        with self._lock, errors_explained():
            return self._connection.execute(query, values).fetchall()
