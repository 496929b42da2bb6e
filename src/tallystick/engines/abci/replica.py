"""One node's copy of the ledger: checks transactions, executes blocks, keeps them once they are agreed.

Nothing is written before ``commit``; then block, results, state and trie are one commit of SQLite. So a node
that dies at any other moment comes back where its last commit left it, and is given the block again.
"""

import contextlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tallystick.contracts.nodes import version_at
from tallystick.engines.abci.limits import DEFAULT_LIMITS, MAX_BLOCK_TRANSACTIONS, Limits
from tallystick.engines.abci.memory import Verified, Waiting
from tallystick.engines.storage.cache import StateCache
from tallystick.engines.storage.founding import found
from tallystick.engines.storage.store import Store
from tallystick.errors import Conflict, Corruption, TallystickError
from tallystick.ledger import trie
from tallystick.ledger.block import NO_HASH, SignedHeader
from tallystick.ledger.check import Registry
from tallystick.ledger.execution import Executed, Machine, Order, make_header
from tallystick.ledger.genesis import parse_genesis
from tallystick.ledger.protocols import Contract

#: The contracts by the version of the chain's rules; old ones stay, so that old blocks can be replayed.
Versions = Mapping[int, Sequence[Contract]]
MAX_REFINEMENTS = 3
UPGRADE_NEEDED = "upgrade_needed"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Proposal:
    """A block as consensus speaks of it, before anything is kept.

    Attributes:
        order: height, block time and transactions (a tuple).
        proposer: account address form of the validator that proposes it.
    """

    order: Order
    proposer: str


class Replica:
    """The ledger file of one node, and what it needs to agree with the others. For one thread.

    Attributes:
        path: the ledger file.
        waiting: the transactions that CometBFT holds for the next blocks.
        limits: how much it takes at once.
    """

    def __init__(self, path: Path, versions: Versions, limits: Limits = DEFAULT_LIMITS) -> None:
        self.path = path
        self.limits = limits
        self._versions = {version: Registry(contracts) for version, contracts in versions.items()}
        self._verified = Verified(limits.remembered)
        self._opened: _Opened | None = None
        self._executed: tuple[Proposal, Executed] | None = None
        if path.exists():
            self._open()

    @property
    def store(self) -> Store:
        """The ledger file, once there is one.

        Raises:
            Corruption: ``no_genesis`` before the chain has begun.
        """
        return self._ledger.store

    @property
    def waiting(self) -> Waiting:
        """What waits for a block; raises as ``store``."""
        return self._ledger.waiting

    @property
    def has_begun(self) -> bool:
        """Whether there is a ledger yet."""
        return self._opened is not None

    @property
    def height(self) -> int:
        """Number of the last committed block; 0 before the first."""
        return self._opened.head.header.height if self._opened is not None else 0

    @property
    def app_hash(self) -> bytes:
        """Root of the committed state; no bytes before the chain has begun."""
        return bytes.fromhex(self._opened.head.header.app_hash) if self._opened is not None else b""

    def version_at(self, height: int) -> int:
        """Return the version of the rules that block ``height`` is executed by, as far as is known now."""
        return version_at(self._opened.state.get, height) if self._opened is not None else 1

    def begin(self, document: bytes) -> bytes:
        """Begin the chain of a genesis document, and return the root of its first state (32 bytes).

        Once more with the same document, before the first block, changes nothing.

        Raises:
            Conflict: ``another_genesis``; Malformed: as ``storage.founding.found``.
        """
        if self._opened is None:
            found(self.path, document, self._registry(1), None)
            self._open()
        if self.store.genesis() != document or self.height > 0:
            raise Conflict("another_genesis", "The node's ledger belongs to another chain, or has begun.")
        return self.app_hash

    def propose(self, proposal: Proposal) -> list[bytes]:
        """Return those of the transactions, in their order, that the others will let stand in a block."""
        order = proposal.order
        wires = tuple(order.wires[:MAX_BLOCK_TRANSACTIONS])
        for _ in range(MAX_REFINEMENTS):
            executed = self._try(Proposal(Order(order.height, order.time, wires), proposal.proposer))
            if executed is None:
                return []
            if all(executed.counted):
                return list(wires)
            # What stands behind a transaction that is taken out moves up, and may come out otherwise.
            wires = tuple(wire for wire, counted in zip(wires, executed.counted, strict=True) if counted)
        return []

    def accepts(self, proposal: Proposal) -> bool:
        """Return whether a proposed block may stand: each transaction is its sender's next, and signed.

        So no block holds anything that nobody answers for, whoever proposed it.
        """
        if len(proposal.order.wires) > MAX_BLOCK_TRANSACTIONS:
            return False
        executed = self._try(proposal)
        return executed is not None and all(executed.counted)

    def execute(self, proposal: Proposal) -> Executed:
        """Execute the block that was agreed on; what comes out is a function of it and the state alone.

        Raises:
            Corruption: ``upgrade_needed`` when this software does not know the rules of that height;
                ``unexpected_height``; and as ``Machine.execute``.
        """
        if self._executed is not None and self._executed[0] == proposal:
            return self._executed[1]
        order, ledger = proposal.order, self._ledger
        if order.height != self.height + 1:
            raise Corruption(
                "unexpected_height", f"Block {order.height} cannot follow block {self.height} here."
            )
        machine = Machine(
            ledger.chain_id,
            self._registry(self.version_at(order.height)),
            self._verified.parse,
            self._verified.genuine,
        )
        executed = machine.execute(order, ledger.state, ledger.state, self.app_hash)
        self._executed = proposal, executed
        return executed

    def commit(self) -> Executed:
        """Keep the block that was executed last; when this returns, it is on the disk.

        Raises:
            Corruption: ``nothing_to_commit``.
            Unavailable: when the file cannot be written now.
        """
        if self._executed is None:
            raise Corruption("nothing_to_commit", "A commit was asked for, and no block was executed.")
        proposal, executed = self._executed
        ledger, wires = self._ledger, list(proposal.order.wires)
        header = make_header(proposal.order, executed, ledger.chain_id, NO_HASH, proposal.proposer)
        signed = SignedHeader(header, "")
        with ledger.store.writing():
            ledger.store.put_block(signed, wires, executed)
        self._executed = None
        ledger.head = signed
        ledger.state.apply(executed)
        for wire in wires:
            self._verified.forget(wire)
        ledger.waiting.registry = self._registry_from(self.version_at(self.height + 1))
        ledger.waiting.begin_anew()
        return executed

    def close(self) -> None:
        """Close the ledger file; a block that was not committed is forgotten."""
        self._executed = None
        if self._opened is not None:
            self._opened.store.close()
            self._opened = None

    def reopen(self) -> None:
        """Open the ledger file that has taken the place of the one before."""
        self.close()
        self._open()

    @property
    def _ledger(self) -> "_Opened":
        if self._opened is None:
            raise Corruption("no_genesis", "The node has no ledger yet: its chain has not begun.")
        return self._opened

    def _open(self) -> None:
        with contextlib.ExitStack() as opened:
            store = Store.open(self.path)
            opened.callback(store.close)
            chain_id, head = parse_genesis(store.genesis()).chain_id, store.head()
            root = store.page(b"") or trie.EMPTY_PAGE
            if trie.page_hash(root).hex() != head.header.app_hash:
                raise Corruption(
                    "state_differs", "The stored state is not that of the last block; verify the ledger."
                )
            state = StateCache(store, self.limits.cached_values, self.limits.cached_pages)
            registry = self._registry_from(version_at(state.get, head.header.height + 1))
            waiting = Waiting(chain_id, registry, state, self._verified)
            self._opened = _Opened(store, chain_id, head, state, waiting)
            opened.pop_all()

    def _registry_from(self, version: int) -> Registry:
        """Return the contracts that look at what waits; an unknown version stops the next block, not this."""
        return self._versions.get(version) or self._versions[max(self._versions)]

    def _registry(self, version: int) -> Registry:
        registry = self._versions.get(version)
        if registry is None:
            raise Corruption(
                UPGRADE_NEEDED,
                f"The members have agreed on version {version} of the rules; this software knows "
                f"{', '.join(map(str, self._versions))}. Install a newer one, then start the node again.",
                version=version,
            )
        return registry

    def _try(self, proposal: Proposal) -> Executed | None:
        """Execute a block that is only proposed; None when it cannot be executed here."""
        try:
            return self.execute(proposal)
        except TallystickError as error:
            if error.code == UPGRADE_NEEDED:
                raise
            _log.error("A proposed block cannot be executed: %s", error.message)
            return None


@dataclass
class _Opened:
    """A ledger file in use."""

    store: Store
    chain_id: str
    head: SignedHeader
    state: StateCache
    waiting: Waiting
