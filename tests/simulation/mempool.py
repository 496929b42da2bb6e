"""CometBFT's half of the mempool: the transactions, in the order in which they came."""

from hashlib import sha256
from typing import Final

from tallystick.engines.abci.replica import Replica
from tallystick.errors import Conflict, Rejection, Unavailable

MAX_WAITING: Final = 90
#: CometBFT knows the bytes already, and does not ask the application.
KNOWN: Final = "known_transaction"


class Mempool:
    """What one node holds for the next blocks; it is lost when the node goes down."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self._wires: dict[bytes, bytes] = {}

    def __len__(self) -> int:
        return len(self._wires)

    def add(self, wire: bytes) -> None:
        """Take in a transaction that the replica admits.

        Raises:
            Rejection: ``known_transaction``, and as ``Waiting.admit``; Unavailable: ``mempool_full``.
        """
        name = sha256(wire).digest()
        if name in self._wires:
            raise Conflict(KNOWN, "It waits already.")
        if len(self._wires) >= MAX_WAITING:
            raise Unavailable("mempool_full", "Too much waits.")
        self._replica.waiting.admit(wire)
        self._wires[name] = wire

    def first(self, count: int) -> tuple[bytes, ...]:
        return tuple(list(self._wires.values())[:count])

    def after_block(self, wires: tuple[bytes, ...]) -> None:
        """Forget what is in a block, and show the replica what is left again, in order (*recheck*)."""
        for wire in wires:
            self._wires.pop(sha256(wire).digest(), None)
        for name, wire in list(self._wires.items()):
            try:
                self._replica.waiting.admit(wire)
            except Rejection:
                del self._wires[name]
