"""Honest members: each wants things on the ledger, and asks its own node until it has a receipt for each.

This is what ``tallystick.services.outbox`` does: the signed bytes are kept before they are sent, and signed
anew only when they can never be committed any more.
"""

from collections import deque
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING, Final

from nacl.signing import SigningKey

from tallystick.errors import Rejection, Unavailable
from tallystick.ledger.accounts import Account, account_state_key, decode_account
from tallystick.ledger.answers import Receipt
from tallystick.values.identifiers import account_address
from tests.simulation import documents
from tests.simulation.documents import Arguments, public, sequence_of
from tests.simulation.mempool import KNOWN
from tests.simulation.node import Node

if TYPE_CHECKING:
    from tests.simulation.world import World

#: The ledger has not looked at what was asked for, and has not counted it.
OVERTAKEN: Final = frozenset({"transaction_replayed", "sequence_gap", "forged_signature"})
PAUSE_MS: Final = (40, 400)
THOUSAND: Final = 1000
LOST_ANSWERS: Final = 150


@dataclass
class Wish:
    """One thing that a member wants on the ledger."""

    number: int
    contract: str
    action: str
    arguments: Arguments
    wire: bytes = b""
    key: str = ""
    is_sent: bool = False
    code: str = ""


@dataclass
class Case:
    """A loan case as its lender knows it."""

    name: str
    applicant: SigningKey
    step: str = ""


@dataclass
class Member:
    """A member, its keys, and what it waits for."""

    world: "World"
    name: str
    key: SigningKey
    roles: tuple[str, ...]
    home: Node
    chance: Random
    keys: dict[str, SigningKey] = field(default_factory=dict)
    outbox: deque[Wish] = field(default_factory=deque)
    cases: list[Case] = field(default_factory=list)
    wishes: int = 0

    def __post_init__(self) -> None:
        self.address = account_address(bytes(self.key.verify_key))
        self.keys[public(self.key)] = self.key
        self._sleep()

    def want(self, contract: str, action: str, arguments: Arguments) -> Wish:
        """Put one more wish into the outbox."""
        self.wishes += 1
        wish = Wish(self.wishes, contract, action, arguments)
        self.outbox.append(wish)
        return wish

    def next_key(self) -> SigningKey:
        """Return a new key, kept before anything of it is sent."""
        key = self.world.signing_key(f"{self.name}/key {len(self.keys)}")
        self.keys[public(key)] = key
        return key

    def stray(self, contract: str, action: str, arguments: Arguments, node: Node) -> None:
        """Send something beside the outbox, once, to whatever node: it may take the outbox's number."""
        account = self._account()
        number = self.home.replica.waiting.next_sequence(self.address) if self.home.is_up else None
        if account is not None and number is not None and node.is_up:
            wire = documents.transaction(
                self.keys[account.key], self.address, number, contract, action, arguments
            )
            self.world.try_to(lambda: node.submit(wire))

    def _sleep(self) -> None:
        self.world.events.after(self.chance.randint(*PAUSE_MS), self._wake)

    def _wake(self) -> None:
        if self.outbox and self.home.is_up:
            self._settle(self.outbox[0])
        self._sleep()

    def _settle(self, wish: Wish) -> None:
        account = self._account()
        if account is None:
            return  # its admission has not reached its own node
        is_void = not wish.wire or self._is_void(wish, account)
        receipt = self._receipt(wish) if wish.wire else None
        if receipt is not None and receipt.code not in OVERTAKEN:
            self._answer(wish, receipt)
            return
        if is_void or receipt is not None:
            self._sign(wish, account)
        self._send(wish)

    def _is_void(self, wish: Wish, account: Account) -> bool:
        """Return whether it can never be committed: its number is used, or its signer has another key."""
        return account.key != wish.key or account.sequence >= sequence_of(wish.wire)

    def _number(self, account: Account) -> int:
        """Return the number to sign with; what waits does not count: it may be lost, and leave a gap."""
        return account.sequence + 1

    def _receipt(self, wish: Wish) -> Receipt | None:
        return self.home.replica.store.receipt(sha256(wish.wire).digest())

    def _answer(self, wish: Wish, receipt: Receipt) -> None:
        if self.world.network.is_faulty and self.chance.randrange(THOUSAND) < LOST_ANSWERS:
            self.world.faults["answer lost"] += 1
            return
        self.world.auditor.answered(self.name, wish.number, receipt)
        wish.code = receipt.code
        self.outbox.popleft()

    def _sign(self, wish: Wish, account: Account) -> None:
        key, sequence = self.keys[account.key], self._number(account)
        self.world.faults["signed anew"] += bool(wish.wire)
        wish.wire = documents.transaction(
            key, self.address, sequence, wish.contract, wish.action, wish.arguments
        )
        wish.key, wish.is_sent = account.key, False
        self.world.auditor.signed(wish.wire, (self.name, wish.number))

    def _send(self, wish: Wish) -> None:
        try:
            self.home.submit(wish.wire)
            wish.is_sent = True
        except (Rejection, Unavailable) as refused:
            self.world.refuse(refused)
            if refused.code in {*OVERTAKEN, KNOWN, "mempool_full"}:
                return  # it waits already, or what shows it as void comes with the next look
            if not wish.is_sent:  # what was taken once may still come into a block
                wish.code = refused.code
                self.outbox.popleft()

    def _account(self) -> Account | None:
        if not self.home.is_up:
            return None
        value = self.home.replica.store.get(account_state_key(self.address))
        return None if value is None else decode_account(value)
