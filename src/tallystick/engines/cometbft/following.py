"""Following the chain: which transactions are in blocks, learnt block by block, for all who wait at once.

Blocks are followed by their numbers, from the node's own ledger. Nothing depends on CometBFT's index of
transactions, which may lag or be off, nor on its web sockets, which lose what a slow reader misses.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from tallystick.engines.wire.queries import Standing
from tallystick.ledger.answers import Receipt

POLL_S: Final = 0.03
MAX_REMEMBERED: Final = 20_000
#: A wait that begins later than this after the last one asks for its own receipt, and follows from there.
MAX_BEHIND: Final = 50


class Follower:
    """Receipts of the blocks that came while somebody waited; one of those who wait asks for all."""

    def __init__(self, standing: Callable[[], Standing], receipts: Callable[[int], list[Receipt]]) -> None:
        self._standing = standing
        self._receipts = receipts
        self._seen: OrderedDict[str, Receipt] = OrderedDict()
        self._height = -1
        self._asks = threading.Lock()
        self._changed = threading.Condition()

    def receipt(self, transaction_hash: str) -> Receipt | None:
        """Return the receipt if the transaction is in a block that was followed."""
        with self._changed:
            return self._seen.get(transaction_hash)

    def begin(self) -> None:
        """Follow from the present block on, unless that is being done already.

        Called before a receipt is asked for: what is committed after that shows in ``receipt``.
        """
        with self._changed:
            has_begun = self._height >= 0
        if not has_begun:
            self._skip_to(self._standing().height)

    def wait(self, transaction_hash: str, deadline: float) -> Receipt | None:
        """Return the receipt as soon as its block is followed; None when that did not happen for a moment.

        Raises:
            Unavailable: what asking the node raises.
        """
        if self._asks.acquire(blocking=False):
            try:
                self._follow()
            finally:
                self._asks.release()
        found = self.receipt(transaction_hash)
        left = deadline - time.monotonic()
        if found is None and left > 0:
            with self._changed:
                self._changed.wait(min(POLL_S, left))
        return found or self.receipt(transaction_hash)

    def _follow(self) -> None:
        height = self._standing().height
        if height - self._height > MAX_BEHIND:
            self._skip_to(height - MAX_BEHIND)
        while self._height < height:
            found = self._receipts(self._height + 1)
            with self._changed:
                self._height += 1
                for receipt in found:
                    self._seen[receipt.transaction_hash] = receipt
                while len(self._seen) > MAX_REMEMBERED:
                    self._seen.popitem(last=False)
                self._changed.notify_all()

    def _skip_to(self, height: int) -> None:
        with self._changed:
            self._height = max(self._height, height)
