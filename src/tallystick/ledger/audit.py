"""The auditor: follows a chain from its genesis document and checks every block against the rules."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from tallystick.errors import Corruption, Rejection
from tallystick.ledger.block import (
    NO_HASH,
    Block,
    SignedHeader,
    data_root,
    header_hash,
    verify_header,
)
from tallystick.ledger.check import Registry
from tallystick.ledger.execution import Executed, Machine, Order, make_header
from tallystick.ledger.genesis import parse_genesis
from tallystick.ledger.protocols import Contract, Reader
from tallystick.ledger.state import MemoryState
from tallystick.ledger.trie import EMPTY_ROOT, MemoryPages, PageReader
from tallystick.values.canonical import sha256

CHECKS = {
    "height": "its height does not follow the block before",
    "chain": "it belongs to another chain",
    "previous_hash": "it does not name the hash of the block before",
    "time": "its time is not after that of the block before",
    "signature": "it is not signed by the proposer of the genesis document",
    "entries": "it does not hold one result for each of the transactions that its header counts",
    "entry_hash": "a transaction does not have the hash beside it",
    "data_hash": "its data hash is not that of its transactions",
    "results": "a result is not what executing the transaction gives",
    "results_hash": "its results hash is not that of its results",
    "app_hash": "its app hash is not that of the state after it",
    "genesis": "it is not the block that the genesis document gives",
    "stored_form": "the file does not hold it in the form in which it was written; restore a backup",
    "stored_place": "the file holds its transactions in another place; restore a backup",
    "missing": "the file lacks it, though it holds what came with it or after it; restore a backup",
    "proof": "a proof made from it does not hold",
}


# Told how many blocks are done, and how many there are.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Followed:
    """What following a ledger from block 0 has shown to be right.

    Attributes:
        chain_id: name of the chain.
        height: number of the last block.
        transactions: transactions in all blocks.
        app_hash: root of the state after the last block, hex.
    """

    chain_id: str
    height: int
    transactions: int
    app_hash: str


class StateKeeper(Reader, PageReader, Protocol):
    """Where the auditor keeps the state that it derives."""

    def apply(self, executed: Executed) -> None:
        """Take over a block's changes."""
        ...


class MemoryKeeper:
    """State and pages in memory."""

    def __init__(self) -> None:
        self.state = MemoryState()
        self.pages = MemoryPages()
        self.get = self.state.get
        self.scan = self.state.scan
        self.page = self.pages.page

    def apply(self, executed: Executed) -> None:
        """Take over a block's changes."""
        self.state.apply(executed.state_changes)
        self.pages.apply(executed.page_changes)


class Auditor:
    """Checks blocks one after another, from block 0 on, and derives the state.

    Attributes:
        app_hash: root of the state after the last block, 32 bytes.
        height: number of the last block; -1 before block 0.
        transactions: how many transactions the blocks so far hold.
    """

    def __init__(self, genesis: bytes, registry: Registry, keeper: StateKeeper) -> None:
        self._genesis = parse_genesis(genesis)
        self._machine = Machine(self._genesis.chain_id, registry)
        self._keeper = keeper
        self._previous = sha256(genesis)
        self._time = -1
        self.app_hash = EMPTY_ROOT
        self.height = -1
        self.transactions = 0

    def follow(self, block: Block) -> None:
        """Check the next block and take over its changes.

        Raises:
            Corruption: ``block_wrong`` with the details ``height`` and ``check``, a key of ``CHECKS``.
        """
        self._check_header(block)
        self._check_entries(block)
        header = block.header
        order = Order(header.height, header.time, [entry.data for entry in block.entries])
        executed = self._execute(order)
        for stored, derived in zip(block.results, executed.results, strict=True):
            _require((stored.code, stored.data) == (derived.code, derived.data), header.height, "results")
        _require(header.results_hash == executed.results_root.hex(), header.height, "results_hash")
        _require(header.app_hash == executed.app_hash.hex(), header.height, "app_hash")
        if header.height == 0:
            made = make_header(order, executed, header.chain_id, self._previous, header.proposer)
            _require(made == header and header.time == self._genesis.time, 0, "genesis")
        self._keeper.apply(executed)
        self._previous = header_hash(header) if self._genesis.proposer else NO_HASH
        self._time = header.time
        self.app_hash, self.height = executed.app_hash, header.height
        self.transactions += header.transactions

    def followed(self) -> Followed:
        """Return what the blocks so far come to."""
        return Followed(self._genesis.chain_id, self.height, self.transactions, self.app_hash.hex())

    def _execute(self, order: Order) -> Executed:
        try:
            if order.height == 0:
                return self._machine.begin(self._genesis)
            return self._machine.execute(order, self._keeper, self._keeper, self.app_hash)
        except (Rejection, Corruption) as error:
            raise wrong_block(order.height, "results" if order.height else "genesis") from error

    def _check_header(self, block: Block) -> None:
        header, height = block.header, block.header.height
        _require(height == self.height + 1, self.height + 1, "height")
        _require(header.chain_id == self._genesis.chain_id, height, "chain")
        _require(header.previous_hash == self._previous.hex(), height, "previous_hash")
        _require(header.time > self._time, height, "time")
        _require(self._is_signed(SignedHeader(header, block.signature)), height, "signature")

    def _is_signed(self, signed: SignedHeader) -> bool:
        proposer = self._genesis.proposer_public_key
        if not proposer:  # validators agreed on it: their signatures are in its certificate, not in the block
            return signed.signature == ""
        return verify_header(signed, proposer)

    def _check_entries(self, block: Block) -> None:
        header, height = block.header, block.header.height
        counts = {header.transactions, len(block.entries), len(block.results)}
        _require(len(counts) == 1 and (height > 0 or counts == {0}), height, "entries")
        hashes = [sha256(entry.data) for entry in block.entries]
        for entry, data_hash in zip(block.entries, hashes, strict=True):
            _require(entry.data_hash == data_hash.hex(), height, "entry_hash")
        _require(header.data_hash == data_root(hashes).hex(), height, "data_hash")


def replay(genesis: bytes, blocks: Iterable[Block], contracts: Iterable[Contract]) -> Followed:
    """Follow blocks from block 0 on, in memory, and return what they come to.

    Raises:
        Corruption: ``block_wrong`` for the first block that breaks a rule.
    """
    auditor = Auditor(genesis, Registry(contracts), MemoryKeeper())
    for block in blocks:
        auditor.follow(block)
    return auditor.followed()


def wrong_block(height: int, check: str) -> Corruption:
    """Return the error ``block_wrong`` that names the block and the check, a key of ``CHECKS``."""
    return Corruption("block_wrong", f"Block {height} is wrong: {CHECKS[check]}.", height=height, check=check)


def _require(holds: bool, height: int, check: str) -> None:
    if not holds:
        raise wrong_block(height, check)
