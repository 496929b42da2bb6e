"""Hostile members: they have accounts and keys of their own, and send what they should not."""

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING, Any, Final

from nacl.signing import SigningKey

from tallystick.ledger.transaction import MAX_TRANSACTION_BYTES
from tallystick.values.identifiers import account_address
from tests.simulation import documents
from tests.simulation.documents import public
from tests.simulation.node import Node
from tests.simulation.rules import nodes
from tests.simulation.rules.ledger import read
from tests.simulation.rules.membership import ACCOUNT, MEMBER
from tests.simulation.rules.state import Document

if TYPE_CHECKING:
    from tests.simulation.world import World

MAX_POISON: Final = 60
FLOOD: Final = 25
RECENT: Final = 80


class Outlaws:
    """Throws what some hostile member does next.

    Attributes:
        keys: their accounts' keys: of the hostile nodes' operators, and of one that runs no node.
    """

    def __init__(self, world: "World", keys: list[SigningKey], chance: Random) -> None:
        self.keys = keys
        self._world = world
        self._chance = chance
        self._acts: tuple[Callable[[Node, SigningKey], list[bytes]], ...] = (
            self._replay,
            self._forge,
            self._skip_numbers,
            self._flood,
            self._copy_opening,
            self._step_into_a_case,
            self._appoint_alone,
            self._suspend,
            self._use_another_chain,
            self._send_junk,
            self._send_unfit_arguments,
            self._use_a_members_key,
            self._join_without_proof,
            self._register_anothers_key,
        )

    def act(self) -> None:
        """Send something to some node, and leave it to hostile validators for their blocks."""
        up = [node for node in self._world.nodes if node.is_up]
        if not up:
            return
        act, node = self._chance.choice(self._acts), self._chance.choice(up)
        self._world.faults["hostile act"] += 1
        for wire in act(node, self._chance.choice(self.keys)):
            self._world.poison.append(wire)
            self._world.try_to(partial(node.submit, wire))
        del self._world.poison[:-MAX_POISON]

    def _sent(
        self, node: Node, key: SigningKey, contract: str, action: str, arguments: Document, ahead: int = 0
    ) -> bytes:
        address = account_address(bytes(key.verify_key))
        number = (node.replica.waiting.next_sequence(address) or 1) + ahead
        return documents.transaction(key, address, number, contract, action, arguments)

    def _digest(self) -> str:
        return sha256(self._chance.randbytes(16)).hexdigest()

    def _recent(self, action: str) -> list[dict[str, Any]]:
        bodies = [read(wire) for wire in self._world.auditor.history[-RECENT:]]
        return [body for body in bodies if isinstance(body, dict) and body["action"] == action]

    def _own_step(self, key: SigningKey) -> Document:
        lender = account_address(bytes(key.verify_key))
        return documents.step(lender, self._digest(), "application", self._digest(), self._applicant())

    def _applicant(self) -> SigningKey:
        return SigningKey(self._chance.randbytes(32))

    def _replay(self, node: Node, key: SigningKey) -> list[bytes]:
        history = self._world.auditor.history[-RECENT:]
        return self._chance.sample(history, min(3, len(history)))

    def _forge(self, node: Node, key: SigningKey) -> list[bytes]:
        """Send in another member's name, with its next number and without its key."""
        victim = self._chance.choice(self._world.members).address
        number = node.replica.waiting.next_sequence(victim) or 1
        return [documents.transaction(key, victim, number, "membership", "leave", {})]

    def _skip_numbers(self, node: Node, key: SigningKey) -> list[bytes]:
        return [self._sent(node, key, "anchoring", "anchor", self._own_step(key), 3)]

    def _flood(self, node: Node, key: SigningKey) -> list[bytes]:
        own = self._own_step(key)
        return [
            self._sent(node, key, "anchoring", "anchor", {**own, "case": self._digest()}, ahead)
            for ahead in range(FLOOD)
        ]

    def _copy_opening(self, node: Node, key: SigningKey) -> list[bytes]:
        """Send another lender's opening, with its applicant's signature, as one's own."""
        seen = self._recent("anchor")
        return [self._sent(node, key, "anchoring", "anchor", body["arguments"]) for body in seen[-1:]]

    def _step_into_a_case(self, node: Node, key: SigningKey) -> list[bytes]:
        seen = self._recent("anchor")
        return [
            self._sent(
                node,
                key,
                "anchoring",
                "anchor",
                {"case": body["arguments"].get("case", ""), "step": "admission", "digest": self._digest()},
            )
            for body in seen[-1:]
        ]

    def _appoint_alone(self, node: Node, key: SigningKey) -> list[bytes]:
        validators = [each["member"] for _, each in self._world.auditor.ledger.state.under(nodes.VALIDATOR)]
        own = account_address(bytes(key.verify_key))
        asked = {
            "member": self._chance.choice([own, *validators]),
            "power": self._chance.choice((0, 1, 3, 50)),
        }
        return [self._sent(node, key, "nodes", "appoint", asked)]

    def _suspend(self, node: Node, key: SigningKey) -> list[bytes]:
        victim = self._chance.choice([key for key, _ in self._world.auditor.ledger.state.under(MEMBER)])
        address = {"address": victim.removeprefix(MEMBER)}
        return [self._sent(node, key, "membership", "suspend", address)]

    def _use_another_chain(self, node: Node, key: SigningKey) -> list[bytes]:
        address = account_address(bytes(key.verify_key))
        number = node.replica.waiting.next_sequence(address) or 1
        leave = documents.transaction(key, address, number, "membership", "leave", {}, "another-consortium")
        return [leave]

    def _send_junk(self, node: Node, key: SigningKey) -> list[bytes]:
        good = self._sent(node, key, "anchoring", "anchor", self._own_step(key))
        return [
            b"",
            self._chance.randbytes(100),
            good + b" ",
            good[:64] + good[64:].replace(b",", b", ", 1),
            bytes(MAX_TRANSACTION_BYTES + 1),
        ]

    def _send_unfit_arguments(self, node: Node, key: SigningKey) -> list[bytes]:
        own = self._own_step(key)
        unfit: tuple[Document, ...] = (
            {},
            {**own, "more": 1},
            {**own, "case": "A" * 64},
            {**own, "digest": 7},
        )
        return [
            self._sent(node, key, "anchoring", "anchor", self._chance.choice(unfit)),
            self._sent(node, key, "anchoring", "erase", own),
            self._sent(node, key, "treasury", "pay", own),
        ]

    def _use_a_members_key(self, node: Node, key: SigningKey) -> list[bytes]:
        """Open a case with one's own member key as that of the applicant."""
        lender = account_address(bytes(key.verify_key))
        arguments = documents.step(lender, self._digest(), "application", self._digest(), key)
        return [self._sent(node, key, "anchoring", "anchor", arguments)]

    def _join_without_proof(self, node: Node, key: SigningKey) -> list[bytes]:
        """Register the key of somebody else."""
        victim = self._chance.choice(self._world.members)
        key_of_another = public(self._applicant())
        stolen = {**documents.join(victim.key, ["operator"], "Stolen"), "public_key": key_of_another}
        return [self._sent(node, key, "membership", "join", stolen)]

    def _register_anothers_key(self, node: Node, key: SigningKey) -> list[bytes]:
        """Name another validator's consensus key as one's own, with the proof that it gave for itself."""
        seen = self._recent("register")
        own = self._world.auditor.ledger.state.get(ACCOUNT + account_address(bytes(key.verify_key)))
        return [
            self._sent(node, key, "nodes", "register", body["arguments"])
            for body in seen[-1:]
            if own is not None
        ]
