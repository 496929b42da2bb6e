"""The ledger file in the hands of the one who writes it: blocks, results, state and trie pages."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from tallystick.engines.storage import database
from tallystick.engines.storage.database import errors_explained
from tallystick.engines.storage.view import View
from tallystick.ledger import trie
from tallystick.ledger.block import SignedHeader
from tallystick.ledger.execution import Executed
from tallystick.values import canonical

_CLEAR = ("DELETE FROM state", "DELETE FROM pages", "DELETE FROM transaction_numbers")


class Store(View):
    """One connection that reads and writes a ledger file; safe to share between threads."""

    @classmethod
    def open(cls, path: Path) -> "Store":
        """Open an existing ledger file; see ``database.connect`` for what is raised."""
        return cls(database.connect(path))

    @classmethod
    def open_new(cls, path: Path) -> "Store":
        """Open a file that is to become a ledger by ``put_genesis``."""
        return cls(database.connect_new(path))

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer inside; all of it is durable at the end, or nothing when it raises."""
        with self._transaction("BEGIN IMMEDIATE"):
            yield

    def put_genesis(self, document: bytes) -> None:
        """Make the tables of an empty file and keep the genesis document; inside ``writing``.

        Raises:
            Conflict: ``ledger_exists``.
        """
        database.make_tables(self._connection)
        with errors_explained():
            self._connection.execute("INSERT INTO meta VALUES ('genesis', ?)", (document,))

    def put_base(self, head: SignedHeader) -> None:
        """Begin with the state after a block that is not kept itself; inside ``writing``."""
        height = head.header.height
        row = (height, 0, canonical.encode(head.header), head.signature)
        with errors_explained():
            self._connection.execute("INSERT INTO blocks VALUES (?, ?, ?, ?)", row)
        self._put_first_height(height + 1)

    def prune(self, first_height: int) -> None:
        """Forget the blocks before ``first_height``, which must not be above the last; inside ``writing``."""
        first = self.first_number(first_height)
        with errors_explained():
            for statement, limit in (
                ("DELETE FROM transaction_numbers WHERE number < ?", first),
                ("DELETE FROM transactions WHERE number < ?", first),
                ("DELETE FROM blocks WHERE height < ?", first_height),
            ):
                self._connection.execute(statement, (limit,))
        self._put_first_height(first_height)

    def _put_first_height(self, height: int) -> None:
        with errors_explained():
            self._connection.execute("INSERT OR REPLACE INTO meta VALUES ('first_height', ?)", (height,))

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

    def put_numbers(self, numbers: Mapping[bytes, int]) -> None:
        """Keep at which number each transaction is found; inside ``writing``."""
        with errors_explained():
            self._connection.executemany(
                "INSERT INTO transaction_numbers VALUES (?, ?)", sorted(numbers.items())
            )

    def clear_derived(self) -> None:
        """Forget all that follows from the blocks: state, pages, index; inside ``writing``."""
        with errors_explained():
            for statement in _CLEAR:
                self._connection.execute(statement)
