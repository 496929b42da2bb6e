"""The waiting room: the mempool between those who submit, the one who seals and those who wait."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from tallystick.errors import Rejection, TallystickError
from tallystick.ledger.mempool import Mempool, Pending

MAX_REFUSED = 10_000


class WaitingRoom:
    """A mempool under one lock, with a bell for arrivals and one for settled transactions.

    Attributes:
        lock: hold it to look at or change ``mempool``.
        mempool: what waits for a block.
        settled_count: how many blocks this process has made.
    """

    def __init__(self, mempool: Mempool) -> None:
        self.lock = threading.RLock()
        self.mempool = mempool
        self._arrived = threading.Condition(self.lock)
        self._settled = threading.Condition(self.lock)
        self._refused: OrderedDict[bytes, Rejection] = OrderedDict()
        self.settled_count = 0
        self._failure: TallystickError | None = None
        self._closing = False

    def check(self) -> None:
        """Raise what stopped the ledger, if anything did."""
        if self._failure is not None:
            raise self._failure

    def ring(self) -> None:
        """Tell the sealer that something has arrived."""
        with self.lock:
            self._arrived.notify_all()

    def await_block(self, period_s: float, full: int) -> bool:
        """Return True when a block is due, False when the ledger closes and nothing waits."""
        with self.lock:
            while not self.mempool and not self._closing:
                self._arrived.wait()
            deadline = time.monotonic() + period_s
            while len(self.mempool) < full and not self._closing:
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                self._arrived.wait(left)
            return bool(self.mempool)

    def pause(self, seconds: float) -> bool:
        """Wait before another attempt; return False when the ledger closes."""
        deadline = time.monotonic() + seconds
        with self.lock:
            while not self._closing and (left := deadline - time.monotonic()) > 0:
                self._arrived.wait(left)
            return not self._closing

    def refuse_overtaken(self, committed: Callable[[str], int]) -> None:
        """Drop what another process's blocks have made impossible, and tell those who wait for it."""
        with self.lock:
            self._refused.update(self.mempool.refuse_overtaken(committed))
            while len(self._refused) > MAX_REFUSED:
                self._refused.popitem(last=False)
            self._settled.notify_all()

    def settle(self, pending: list[Pending]) -> None:
        """Forget transactions that are on the disk now, and tell those who wait for them."""
        with self.lock:
            self.mempool.remove([one.transaction.hash for one in pending])
            self.settled_count += 1
            self._settled.notify_all()

    def await_settled(self, transaction_hash: bytes, seen: int, seconds: float) -> None:
        """Return when a block has been made since ``settled_count`` was ``seen``, or after ``seconds``.

        Raises:
            Rejection: when it was accepted and then overtaken by another process.
        """
        with self.lock:
            self.check()
            if transaction_hash in self._refused:
                raise self._refused[transaction_hash]
            if self.settled_count == seen:
                self._settled.wait(seconds)
            self.check()

    def fail(self, failure: TallystickError) -> None:
        """Stop the ledger for good: from now on everybody is told why."""
        with self.lock:
            self._failure = self._failure or failure
            self._settled.notify_all()

    def close(self) -> None:
        """Let the sealer finish what waits and stop."""
        with self.lock:
            self._closing = True
            self._arrived.notify_all()
