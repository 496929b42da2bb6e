"""What the ledger file holds, read and written: blocks, results, state and trie pages."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tallystick.engines.embedded import database
from tallystick.engines.embedded.database import errors_explained, explained
from tallystick.errors import Corruption, NotFound
from tallystick.ledger import trie
from tallystick.ledger.block import Block, Entry, Header, Result, SignedHeader
from tallystick.ledger.execution import Executed
from tallystick.ledger.protocols import Receipt
from tallystick.ledger.state import KEY_END
from tallystick.values import canonical

SCAN_ROWS = 256


class Store:
    """One connection to a ledger file; safe to share between threads, one statement at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.RLock()

    @classmethod
    def open(cls, path: Path) -> "Store":
        """Open an existing ledger file; see ``database.connect`` for what is raised."""
        return cls(database.connect(path))

    @classmethod
    def open_new(cls, path: Path) -> "Store":
        """Open a file that is to become a ledger by ``put_genesis``."""
        return cls(database.connect_new(path))

    def close(self) -> None:
        """Close the connection; what was not committed is gone."""
        with self._lock:
            self._connection.close()

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all reads inside see one moment of the ledger."""
        with self._transaction("BEGIN"):
            yield

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer inside; all of it is durable at the end, or nothing when it raises."""
        with self._transaction("BEGIN IMMEDIATE"):
            yield

    def version(self) -> int:
        """Return a number that changes when another connection has committed."""
        return int(self._rows("PRAGMA data_version")[0][0])

    def genesis(self) -> bytes:
        """Return the genesis document."""
        row = self._find("SELECT value FROM meta WHERE name = 'genesis'")
        if row is None:
            raise Corruption("ledger_damaged", "The ledger file holds no genesis document.")
        return bytes(row[0])

    def head(self) -> SignedHeader:
        """Return the last block's signed header."""
        row = self._find("SELECT header, signature FROM blocks ORDER BY height DESC LIMIT 1")
        if row is None:
            raise Corruption("ledger_damaged", "The ledger file holds no block.")
        return SignedHeader(_header(row[0]), row[1])

    def transaction_count(self) -> int:
        """Return how many transactions all blocks hold together."""
        row = self._find("SELECT max(number) FROM transactions")
        return 0 if row is None or row[0] is None else int(row[0]) + 1

    def block(self, height: int) -> Block:
        """Return a block.

        Raises:
            NotFound: ``unknown_block``.
        """
        found = self._find("SELECT header, signature, first_number FROM blocks WHERE height = ?", height)
        if found is None:
            raise NotFound("unknown_block", f"There is no block {height}.")
        header = _header(found[0])
        rows = self._rows(
            "SELECT data, data_hash, code, result, message FROM transactions"
            " WHERE number >= ? AND number < ? ORDER BY number",
            found[2],
            found[2] + header.transactions,
        )
        return Block(
            header=header,
            signature=found[1],
            entries=tuple(Entry(bytes(row[0]), bytes(row[1]).hex()) for row in rows),
            results=tuple(Result(row[2], bytes(row[3]), row[4]) for row in rows),
        )

    def receipt(self, data_hash: bytes) -> Receipt | None:
        """Return what became of a transaction, or None when it is in no block."""
        row = self._find(
            "SELECT t.height, t.number - b.first_number, t.code, t.message, t.result, b.header"
            " FROM transaction_numbers n JOIN transactions t USING (number) JOIN blocks b USING (height)"
            " WHERE n.data_hash = ?",
            data_hash,
        )
        if row is None:
            return None
        height, index, code, message, result, header = row
        return Receipt(data_hash.hex(), height, index, code, message, bytes(result), _header(header).time)

    def get(self, key: str) -> bytes | None:
        """Return a state value, or None."""
        row = self._find("SELECT value FROM state WHERE key = ?", key)
        return None if row is None else row[0]

    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Yield the pairs whose key starts with ``prefix``, in key order."""
        rows = self._rows(
            "SELECT key, value FROM state WHERE key >= ? AND key < ? ORDER BY key LIMIT ?",
            prefix,
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
        row = self._find("SELECT body FROM pages WHERE path = ?", path)
        return None if row is None else trie.decode_page(row[0])

    def pages(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield path and body of all trie pages, by path."""
        after: bytes | str = ""  # text sorts before all bytes, so the root page's empty path comes first
        while rows := self._rows(
            "SELECT path, body FROM pages WHERE path > ? ORDER BY path LIMIT ?", after, SCAN_ROWS
        ):
            yield from ((path, body) for path, body in rows)
            after = rows[-1][0]

    def put_genesis(self, document: bytes) -> None:
        """Make the tables of an empty file and keep the genesis document; inside ``writing``.

        Raises:
            Conflict: ``ledger_exists``.
        """
        database.make_tables(self._connection)
        with errors_explained():
            self._connection.execute("INSERT INTO meta VALUES ('genesis', ?)", (document,))

    def put_block(self, signed: SignedHeader, wires: list[bytes], executed: Executed) -> None:
        """Keep a block with its results and the state after it; inside ``writing``."""
        first = self.transaction_count()
        numbers = range(first, first + len(wires))
        height = signed.header.height
        with errors_explained():
            execute, many = self._connection.execute, self._connection.executemany
            execute(
                "INSERT INTO blocks VALUES (?, ?, ?, ?)",
                (height, first, canonical.encode(signed.header), signed.signature),
            )
            many(
                "INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (number, height, wire, data_hash, result.code, result.data, result.message)
                    for number, wire, data_hash, result in zip(
                        numbers, wires, executed.data_hashes, executed.results, strict=True
                    )
                ],
            )
            rows = zip(executed.data_hashes, numbers, executed.counted, strict=True)
            counted: list[list[tuple[bytes, int]]] = [[], []]
            for data_hash, number, is_counted in sorted(rows):
                counted[is_counted].append((data_hash, number))
            # A transaction that was refused unread may come again: the copy that counted is the one to find.
            many("INSERT OR IGNORE INTO transaction_numbers VALUES (?, ?)", counted[False])
            many("INSERT OR REPLACE INTO transaction_numbers VALUES (?, ?)", counted[True])
        self.put_changes(executed.state_changes, executed.page_changes)

    def put_changes(self, changes: Mapping[str, bytes | None], page_changes: trie.PageChanges) -> None:
        """Keep the state and trie pages after a block; inside ``writing``."""
        with errors_explained():
            many = self._connection.executemany
            pairs = sorted(changes.items())
            many(
                "INSERT OR REPLACE INTO state VALUES (?, ?)", [pair for pair in pairs if pair[1] is not None]
            )
            many("DELETE FROM state WHERE key = ?", [(key,) for key, value in pairs if value is None])
            pages = sorted(page_changes.items())
            many(
                "INSERT OR REPLACE INTO pages VALUES (?, ?)",
                [(path, written.body) for path, written in pages if written is not None],
            )
            many("DELETE FROM pages WHERE path = ?", [(path,) for path, written in pages if written is None])

    def clear_state(self) -> None:
        """Forget the state and its pages, to derive them again from the blocks; inside ``writing``."""
        with errors_explained():
            self._connection.execute("DELETE FROM state")
            self._connection.execute("DELETE FROM pages")

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

    def _find(self, query: str, *values: object) -> tuple[Any, ...] | None:
        with self._lock:
            try:
                row: tuple[Any, ...] | None = self._connection.execute(query, values).fetchone()
            except sqlite3.Error as error:
                raise explained(error) from error
            return row

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock, errors_explained():
            return self._connection.execute(query, values).fetchall()


def _header(data: bytes) -> Header:
    return canonical.decode(bytes(data), Header)
