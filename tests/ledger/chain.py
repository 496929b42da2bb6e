"""A chain in memory for tests: executes blocks, keeps the state, signs headers, as an engine would."""

from tallystick.ledger.audit import MemoryKeeper
from tallystick.ledger.block import Block, Entry, SignedHeader, header_hash, header_sign_bytes
from tallystick.ledger.check import Registry
from tallystick.ledger.execution import Machine, Order, make_header
from tallystick.ledger.genesis import parse_genesis
from tallystick.ledger.proof import StateProof
from tallystick.ledger.trie_proof import prove
from tallystick.values.canonical import sha256
from tallystick.values.identifiers import account_address
from tests.ledger.notebook import (
    CHAIN,
    GENESIS_TIME,
    NOTEBOOK,
    PROPOSER_PUBLIC_KEY,
    genesis_document,
    sign_header,
)


class Chain:
    """Blocks and state; ``add`` executes the next block and returns its results."""

    def __init__(self, contracts=(NOTEBOOK,), genesis=None):
        self.genesis = genesis or genesis_document()
        self.machine = Machine(CHAIN, Registry(contracts))
        self.keeper = MemoryKeeper()
        self.blocks = []
        self._keep(
            Order(0, GENESIS_TIME, ()), self.machine.begin(parse_genesis(self.genesis)), sha256(self.genesis)
        )

    @property
    def head(self):
        return self.blocks[-1].header

    @property
    def root(self):
        return bytes.fromhex(self.head.app_hash)

    def add(self, *wires, time=None):
        order = Order(self.head.height + 1, time or self.head.time + 1000, wires)
        executed = self.machine.execute(order, self.keeper, self.keeper, bytes.fromhex(self.head.app_hash))
        self._keep(order, executed, header_hash(self.head))
        return executed.results

    def prove_state(self, key):
        block = self.blocks[-1]
        return StateProof(
            header=block.header,
            signature=block.signature,
            key=key,
            value=self.keeper.get(key),
            pages=prove(self.keeper, key),
        )

    def _keep(self, order, executed, previous):
        header = make_header(order, executed, CHAIN, previous, account_address(PROPOSER_PUBLIC_KEY))
        signed = SignedHeader(header, sign_header(header_sign_bytes(header)).hex())
        entries = tuple(Entry(wire, sha256(wire).hex()) for wire in order.wires)
        self.blocks.append(Block(header, signed.signature, entries, executed.results))
        self.keeper.apply(executed)
