"""The sealer: executes what waits as the next block and makes it durable, all in one commit."""

from collections.abc import Callable, Sequence

from tallystick.engines.embedded.limits import Limits
from tallystick.engines.storage.cache import StateCache
from tallystick.engines.storage.founding import Signer
from tallystick.engines.storage.store import Store
from tallystick.errors import Corruption
from tallystick.ledger import trie
from tallystick.ledger.block import Header, SignedHeader, header_hash, header_sign_bytes
from tallystick.ledger.check import Registry, is_genuine
from tallystick.ledger.execution import Executed, Machine, Order, make_header
from tallystick.ledger.mempool import Pending
from tallystick.ledger.transaction import Transaction
from tallystick.values.clock import Clock, now_ms

Choice = Callable[[bool], list[Pending]]


class Sealer:
    """Writes blocks into one ledger file, which other processes may also write. For one thread."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        signer: Signer,
        clock: Clock,
        limits: Limits,
    ) -> None:
        with store.snapshot():
            self.head = store.head()
            root = store.page(b"") or trie.EMPTY_PAGE
        self._store = store
        self._registry = registry
        self._signer = signer
        self._proposer = self.head.header.proposer
        self._clock = clock
        self._state = StateCache(store, limits.cached_values, limits.cached_pages)
        if trie.page_hash(root).hex() != self.head.header.app_hash:
            raise Corruption(
                "state_differs", "The stored state is not that of the last block; verify the ledger."
            )

    def seal(self, choose: Choice) -> list[Pending]:
        """Make the next block; when this returns, it is on the disk.

        ``choose`` is asked while this process is the only writer: whether another process has written
        since the last block of ours goes in, the transactions for the block come out. Without any
        there is no block.

        Returns:
            The transactions in the block.

        Raises:
            Unavailable: when the file cannot be written now; nothing of the block is kept.
            Corruption: when what is stored contradicts itself.
        """
        try:
            with self._store.writing():
                pending = choose(self._catch_up())
                if not pending:
                    return pending
                wires = [one.transaction.wire for one in pending]
                previous = self.head.header
                order = Order(previous.height + 1, max(previous.time + 1, now_ms(self._clock)), wires)
                machine = self._machine(pending)
                executed = machine.execute(order, self._state, self._state, bytes.fromhex(previous.app_hash))
                signed = self._sign(order, executed, previous)
                self._store.put_block(signed, wires, executed)
        except BaseException:
            self._state.clear()
            raise
        self._state.apply(executed)
        self.head = signed
        return pending

    def _catch_up(self) -> bool:
        head = self._store.head()
        if head == self.head:
            return False
        self._state.clear()
        self.head = head
        return True

    def _machine(self, pending: Sequence[Pending]) -> Machine:
        """Return a machine that remembers what was parsed and verified when it was submitted."""
        known = {one.transaction.wire: one for one in pending}

        def genuine(transaction: Transaction, public_key: bytes) -> bool:
            return known[transaction.wire].public_key == public_key or is_genuine(transaction, public_key)

        return Machine(
            self.head.header.chain_id, self._registry, lambda wire: known[wire].transaction, genuine
        )

    def _sign(self, order: Order, executed: Executed, previous: Header) -> SignedHeader:
        header = make_header(order, executed, previous.chain_id, header_hash(previous), self._proposer)
        return SignedHeader(header, self._signer(header_sign_bytes(header)).hex())
