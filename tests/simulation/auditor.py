"""The auditor: sees every block that is kept and every receipt, and knows by its own rules what is right."""

from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING, NoReturn

from tallystick.ledger.answers import Receipt
from tallystick.ledger.block import Block as Kept
from tests.simulation.messages import PRECOMMIT, Block, Decided, Offer, Seals, Vote
from tests.simulation.rules import nodes
from tests.simulation.rules.ledger import Ledger

if TYPE_CHECKING:
    from tests.simulation.node import Node


class Failed(Exception):
    """Something is not as the rules say."""


class Auditor:
    """Follows the one history that there may be.

    Attributes:
        ledger: the state after the last block that any node keeps, by the auditor's own rules.
        powers: the validators of each height, by the same rules: a change takes effect two blocks later.
        checks: how often what was checked.
        codes: how often each code came out.
        history: every transaction in a block, in order.
    """

    def __init__(self, document: bytes, seals: Seals) -> None:
        self.ledger = Ledger(document)
        first = nodes.powers(self.ledger.state)
        self.powers = {1: first, 2: first}
        self.checks: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self.history: list[bytes] = []
        self.roots = [self.ledger.state.root()]
        self._seals = seals
        self._kept: dict[int, tuple[bytes, Kept]] = {}
        self._places: dict[bytes, tuple[int, int, str]] = {}
        self._said: dict[tuple[str, str, int, int], bytes] = {}
        self._wishes: dict[bytes, tuple[str, int]] = {}
        self._done: dict[tuple[str, int], bytes] = {}
        self._receipts: dict[bytes, Receipt] = {}

    def fail(self, what: str) -> NoReturn:
        raise Failed(what)

    def require(self, holds: object, what: str) -> None:
        if not holds:
            self.fail(what)

    def said(self, name: str, sealed: Vote | Offer) -> None:
        """Check that an honest validator says one thing only, also across a crash."""
        kind = sealed.kind if isinstance(sealed, Vote) else "offer"
        about = sealed.block_id if isinstance(sealed, Vote) else sealed.block.id
        before = self._said.setdefault((name, kind, sealed.height, sealed.round), about)
        self.checks["votes"] += 1
        self.require(
            before == about, f"{name} signed two {kind}s of height {sealed.height}, round {sealed.round}"
        )

    def signed(self, wire: bytes, wish: tuple[str, int]) -> None:
        """Note which wish of a member's (name, number) a transaction stands for."""
        self._wishes[sha256(wire).digest()] = wish

    def committed(self, node: "Node", decided: Decided) -> None:
        """Check a block that a node keeps, as it stands in the node's own file."""
        block, height = decided.block, decided.block.height
        self.checks["blocks kept"] += 1
        kept = node.replica.store.block(height)
        where = f"{node.name}, block {height}"
        if height == self.ledger.height + 1:
            self._check_new(block, decided.votes, kept, where)
        known_id, known = self._kept[height]
        self.require(known_id == block.id, f"{where}: another block than the others keep: a fork")
        self.require(known.results == kept.results, f"{where}: other results than on the other nodes")
        self.require(known == kept, f"{where}: the file holds another block than the others': {kept.header}")
        self.require(
            node.replica.app_hash.hex() == self.roots[node.replica.height], f"{where}: another app hash"
        )

    def restored(self, node: "Node") -> None:
        """Check the state of a node that began with a snapshot."""
        store, height = node.replica.store, node.replica.height
        self.checks["snapshots restored"] += 1
        where = f"{node.name}, restored at height {height}"
        self.require(node.replica.app_hash.hex() == self.roots[height], f"{where}: another app hash")
        self.require(store.first_height() == height + 1, f"{where}: it claims blocks that it lacks")
        if height == self.ledger.height:
            self.require(dict(store.scan("")) == self.ledger.state.pairs(), f"{where}: another state")

    def answered(self, member: str, number: int, receipt: Receipt) -> None:
        """Check a receipt that a member believes: it must be true, and stay so."""
        self.checks["receipts"] += 1
        name = bytes.fromhex(receipt.transaction_hash)
        place = self._places.get(name)
        self.require(
            place == (receipt.height, receipt.index, receipt.code),
            f"{member} holds a receipt for {receipt.address} ({receipt.code}); the history says {place}",
        )
        self.require(self._wishes[name] == (member, number), f"{member} has a receipt for something else")
        self._receipts[name] = receipt

    def check_receipts(self, node: "Node") -> None:
        """Check that a node's file answers every receipt that was ever given for the blocks it holds."""
        store = node.replica.store
        for name, receipt in self._receipts.items():
            if store.first_height() <= receipt.height <= node.replica.height:
                found = store.receipt(name)
                self.require(found == receipt, f"{node.name} has lost or changed {receipt.address}")
                self.checks["receipts found again"] += 1

    def _check_new(self, block: Block, votes: tuple[Vote, ...], kept: Kept, where: str) -> None:
        height = block.height
        self._check_certificate(block, votes, where)
        expected = self.ledger.execute(block.time, block.wires)
        self.powers[height + 2] = nodes.powers(self.ledger.state)
        self.checks["validator sets changed"] += self.powers[height + 2] != self.powers[height + 1]
        self.checks["blocks of a later round"] += votes[0].round > 0
        wires = tuple(entry.data for entry in kept.entries)
        self.require(wires == block.wires, f"{where}: the file holds other transactions than were agreed on")
        self.require(len(kept.results) == len(expected), f"{where}: not one result for each transaction")
        for index, (wire, must, result) in enumerate(zip(wires, expected, kept.results, strict=True)):
            place = f"{where}, transaction {index}"
            self.require(must.counted, f"{place}: nobody answers for it ({must.codes[0]})")
            self.require(
                result.code in must.codes,
                f"{place}: {result.code}, where the rules say {must.codes}: {wire!r}",
            )
            same = result.code != "ok" or result.data == must.data
            self.require(same, f"{place}: result {result.data!r}, where the rules say {must.data!r}")
            self._note(wire, (height, index, result.code), place)
        self.roots.append(self.ledger.state.root())
        self.require(
            kept.header.app_hash == self.roots[height], f"{where}: the state is not what the rules make"
        )
        self.require(kept.header.time == block.time, f"{where}: another time than was agreed on")
        self._kept[height] = block.id, kept
        self.checks["blocks"] += 1

    def _check_certificate(self, block: Block, votes: tuple[Vote, ...], where: str) -> None:
        validators = self.powers[block.height]
        keys = {vote.key for vote in votes}
        about = {(vote.kind, vote.height, vote.block_id) for vote in votes}
        self.require(
            about == {(PRECOMMIT, block.height, block.id)}, f"{where}: signatures about something else"
        )
        self.require(all(map(self._seals.is_right, votes)), f"{where}: a signature is not right")
        power, total = sum(validators.get(key, 0) for key in keys), sum(validators.values())
        self.require(3 * power > 2 * total, f"{where}: final with {power} of {total} of the power")

    def _note(self, wire: bytes, place: tuple[int, int, str], where: str) -> None:
        name = sha256(wire).digest()
        self.require(name not in self._places, f"{where}: it stands in the history already")
        self._places[name] = place
        self.history.append(wire)
        self.codes[place[2]] += 1
        wish = self._wishes.get(name)
        if wish is not None:
            before = self._done.setdefault(wish, name)
            self.require(before == name, f"{where}: the wish {wish} is carried out twice")
