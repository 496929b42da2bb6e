"""The mempool: transactions accepted and not yet in a block, bounded, in order of arrival."""

from collections.abc import Callable, Iterable

import msgspec

from tallystick.errors import Rejection, Unavailable
from tallystick.ledger.check import check_sequence
from tallystick.ledger.transaction import Transaction


class Pending(msgspec.Struct, frozen=True):
    """A transaction that waits, with the public key its signature was checked against."""

    transaction: Transaction
    public_key: bytes


class Mempool:
    """Waiting transactions, at most ``max_count`` of them and ``max_bytes`` together.

    Each sender's transactions wait in the order of their sequence numbers, without a gap.
    """

    def __init__(self, max_count: int, max_bytes: int) -> None:
        self.max_count = max_count
        self.max_bytes = max_bytes
        self._waiting: dict[bytes, Pending] = {}
        self._last: dict[str, int] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, transaction_hash: bytes) -> bool:
        return transaction_hash in self._waiting

    def last_sequence(self, sender: str, committed: int) -> int:
        """Return the sender's last sequence number, waiting or committed."""
        return max(committed, self._last.get(sender, 0))

    def add(self, pending: Pending, committed: int) -> None:
        """Take a transaction whose sender's last committed sequence number is ``committed``.

        Raises:
            Conflict: ``transaction_replayed``, ``sequence_gap``.
            Unavailable: ``mempool_full``.
        """
        transaction = pending.transaction
        body, size = transaction.body, len(transaction.wire)
        check_sequence(body, self.last_sequence(body.sender, committed))
        if len(self._waiting) >= self.max_count or self._bytes + size > self.max_bytes:
            raise Unavailable("mempool_full", "Too many transactions are waiting already; try again soon.")
        self._waiting[transaction.hash] = pending
        self._last[body.sender] = body.sequence
        self._bytes += size

    def first(self, max_count: int, max_bytes: int) -> list[Pending]:
        """Return the oldest transactions that fit into a block of these limits; they keep waiting."""
        chosen: list[Pending] = []
        size = 0
        for pending in self._waiting.values():
            size += len(pending.transaction.wire)
            if len(chosen) == max_count or (chosen and size > max_bytes):
                break
            chosen.append(pending)
        return chosen

    def remove(self, hashes: Iterable[bytes]) -> None:
        """Forget transactions that are in a block now."""
        for transaction_hash in hashes:
            pending = self._waiting.pop(transaction_hash, None)
            if pending is not None:
                self._forget(pending)

    def refuse_overtaken(self, committed: Callable[[str], int]) -> dict[bytes, Rejection]:
        """Drop what can no longer be committed, given each sender's last committed sequence number.

        Returns:
            The refusal for each dropped transaction, by its hash.
        """
        refused: dict[bytes, Rejection] = {}
        next_sequence: dict[str, int] = {}
        for transaction_hash, pending in list(self._waiting.items()):
            body = pending.transaction.body
            last = next_sequence.get(body.sender)
            if last is None:
                last = committed(body.sender)
            try:
                check_sequence(body, last)
                next_sequence[body.sender] = body.sequence
            except Rejection as refusal:
                next_sequence[body.sender] = last
                refused[transaction_hash] = refusal
        self.remove(list(refused))
        return refused

    def _forget(self, pending: Pending) -> None:
        body = pending.transaction.body
        self._bytes -= len(pending.transaction.wire)
        if self._last.get(body.sender) == body.sequence:
            del self._last[body.sender]
