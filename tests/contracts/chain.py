"""A ledger in memory for the tests of contracts: the ledger's own execution, a block a transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
from nacl.signing import SigningKey

from tallystick.contracts.catalogue import CONTRACTS
from tallystick.contracts.membership import join_statement, rotate_statement
from tallystick.contracts.shapes import Arguments
from tallystick.ledger import trie
from tallystick.ledger.accounts import Account, account_state_key, decode_account
from tallystick.ledger.block import Result
from tallystick.ledger.check import Registry
from tallystick.ledger.execution import Executed, Machine, Order
from tallystick.ledger.genesis import compose_genesis, parse_genesis
from tallystick.ledger.state import MemoryState, Writes
from tallystick.ledger.transaction import Body, assemble, signing_bytes
from tallystick.values import canonical
from tallystick.values.identifiers import account_address

CHAIN = "example-consortium"
START = 1_790_000_000_000


@dataclass(frozen=True)
class Key:
    """A key that a test signs with; ``number`` stands for its whole seed."""

    number: int

    @property
    def signing(self) -> SigningKey:
        return SigningKey(self.number.to_bytes(32, "big"))

    @property
    def public(self) -> str:
        return bytes(self.signing.verify_key).hex()

    @property
    def address(self) -> str:
        return account_address(bytes(self.signing.verify_key))

    def sign(self, message: bytes) -> str:
        return self.signing.sign(message).signature.hex()


def founder(key: Key, *roles: str, name: str = "Example Bank") -> dict[str, object]:
    return {"public_key": key.public, "roles": list(roles), "name": name}


def join(key: Key, *roles: str, name: str = "Example Rubber Co., Ltd.") -> dict[str, object]:
    possession = key.sign(join_statement(CHAIN, key.public))
    return {"public_key": key.public, "possession": possession, "roles": list(roles), "name": name}


def rotation(address: str, new: Key) -> dict[str, object]:
    return {"public_key": new.public, "possession": new.sign(rotate_statement(CHAIN, address, new.public))}


class Chain:
    """The state of a chain; every ``send`` makes one block. With ``validators``, one of a network."""

    def __init__(
        self, founders: Sequence[dict[str, object]], validators: Sequence[dict[str, object]] | None = None
    ) -> None:
        self.machine = Machine(CHAIN, Registry(CONTRACTS))
        self.state, self.pages = MemoryState(), trie.MemoryPages()
        self.height, self.time = 0, START
        contracts: dict[str, object] = {"membership": {"members": list(founders)}}
        if validators is not None:
            contracts["nodes"] = {"nodes": list(validators)}
        document = compose_genesis(CHAIN, START, bytes.fromhex(Key(999_999).public), contracts)
        self._take(self.machine.begin(parse_genesis(document)))

    def send(
        self,
        key: Key,
        contract: str,
        action: str,
        arguments: dict[str, object] | Arguments,
        address: str | None = None,
    ) -> Result:
        """Execute one transaction that ``key`` signs for ``address`` (by default, the key's own)."""
        return self.seal([self.wire(key, contract, action, arguments, address)])[0]

    def wire(
        self,
        key: Key,
        contract: str,
        action: str,
        arguments: dict[str, object] | Arguments,
        address: str | None = None,
        ahead: int = 0,
    ) -> bytes:
        """Return a transaction; ``ahead`` counts those of the sender's that go before it in its block."""
        sender = address or key.address
        account = self.account(sender)
        body = Body(
            action=action,
            arguments=canonical.encode(
                arguments.as_arguments() if isinstance(arguments, Arguments) else arguments
            ),
            chain_id=CHAIN,
            contract=contract,
            sender=sender,
            sequence=ahead + (1 if account is None else account.sequence + 1),
        )
        return assemble(body, bytes.fromhex(key.sign(signing_bytes(body))))

    def seal(self, wires: Sequence[bytes]) -> tuple[Result, ...]:
        """Execute one block of these transactions; ``changes`` is then what it wrote."""
        self.height, self.time = self.height + 1, self.time + 1000
        order = Order(self.height, self.time, wires)
        executed = self.machine.execute(order, self.state, self.pages, self.app_hash)
        self.changes: Writes = dict(executed.state_changes)
        self._take(executed)
        return executed.results

    def account(self, address: str) -> Account | None:
        value = self.state.get(account_state_key(address))
        return None if value is None else decode_account(value)

    def get(self, key: str) -> bytes | None:
        return self.state.get(key)

    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        return self.state.scan(prefix)

    def held(self, contract: str) -> dict[str, object]:
        """Return what a contract keeps, decoded, by state key."""
        return {key: msgspec.json.decode(value) for key, value in self.scan(contract + "/")}

    def _take(self, executed: Executed) -> None:
        self.state.apply(executed.state_changes)
        self.pages.apply(executed.page_changes)
        self.app_hash = executed.app_hash
