"""Handing transactions to a node, again where that is safe: the same bytes stand in a block only once."""

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Final

from tallystick.engines.cometbft.rpc import Rpc
from tallystick.engines.wire.telling import ACCEPTED, heard
from tallystick.errors import Conflict, Rejection, Unavailable
from tallystick.ledger.answers import Receipt
from tallystick.ledger.transaction import parse, transaction_hash

#: A node that is starting again is asked again for this long before a submission fails.
PATIENCE_S: Final = 5.0
RETRY_S: Final = 0.25
MAX_SENT: Final = 20_000


class Sender:
    """Sends transactions, and remembers those that are in no block yet. For many threads."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._sent: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def send(self, wire: bytes) -> str:
        """Send one transaction until the node has answered, for ``PATIENCE_S`` at most; return its hash.

        Raises:
            Rejection: see ``tallystick.ledger.check`` for the codes.
            Unavailable: ``node_unreachable``, ``mempool_full``.
        """
        parse(wire)  # what no node would take is refused here, with the same code
        deadline = time.monotonic() + PATIENCE_S
        may_be_known = False
        while True:
            try:
                return self._send(wire, may_be_known)
            except Unavailable as error:
                if error.code != "node_unreachable" or time.monotonic() > deadline:
                    raise
                may_be_known = True  # the node may have taken it before it fell silent
                time.sleep(RETRY_S)

    def send_again(self, name: str, receipt_of: Callable[[str], Receipt | None]) -> Receipt | None:
        """Send once more what a node may have lost, unless it is in a block; return its receipt if it is.

        Raises:
            Rejection: when it can be in no block any more.
            Unavailable: as ``send``.
        """
        receipt = receipt_of(name)
        with self._lock:
            wire = self._sent.get(name)
        if wire is None or receipt is not None:
            return receipt
        try:
            self._send(wire, may_be_known=True)
        except Rejection:
            # Its block may have come just now: then it is refused as used, and has a receipt.
            receipt = receipt_of(name)
            if receipt is None:
                raise
        return receipt

    def forget(self, name: str) -> None:
        """Forget a transaction that is in a block."""
        with self._lock:
            self._sent.pop(name, None)

    def _send(self, wire: bytes, may_be_known: bool) -> str:
        name = transaction_hash(wire)
        try:
            answer = self._rpc.broadcast(wire)
        except Conflict as known:
            if not may_be_known:
                raise Conflict("transaction_replayed", "The node has this transaction already.") from known
            return name
        if answer.code != ACCEPTED:
            raise heard(answer.log)
        with self._lock:
            self._sent[name] = wire
            while len(self._sent) > MAX_SENT:
                self._sent.popitem(last=False)
        return name
