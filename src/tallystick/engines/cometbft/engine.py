"""The network engine: what ``Engine`` promises, over one member's own node of a CometBFT network.

Reading asks the node's application; the node is the member's own and is believed. What others are to believe
is proved by what the validators have signed (``bundles``).
"""

import time
from collections.abc import Sequence
from typing import Final, TypeVar

from tallystick.engines.cometbft.bundles import make_inclusion, make_state
from tallystick.engines.cometbft.following import Follower
from tallystick.engines.cometbft.headers import FOR_BLOCK
from tallystick.engines.cometbft.rpc import Rpc
from tallystick.engines.cometbft.sending import RETRY_S, Sender
from tallystick.engines.storage.reading import hash_bytes
from tallystick.engines.wire import queries
from tallystick.engines.wire.queries import Down, Pairs, ProvedState, Scan, Standing, pack, unpack_answer
from tallystick.engines.wire.telling import heard
from tallystick.errors import Conflict, Corruption, NotFound, TallystickError, Unavailable
from tallystick.ledger.answers import Assent, Certificate, Receipt, Status, Validator
from tallystick.ledger.block import Block, Header
from tallystick.ledger.check import unknown_account
from tallystick.ledger.proof import Bundle
from tallystick.values.identifiers import account_address, account_address_of

#: How long after it was sent a transaction that is in no block is sent once more.
RESEND_S: Final = 3.0
#: How long a proof waits for the block after its own, whose header holds what is to be proved.
NEXT_BLOCK_S: Final = 10.0

T = TypeVar("T")


class NetworkEngine:
    """One member's view of the network; ``tallystick.ledger.protocols.Engine`` says what the methods do.

    Args:
        rpc: the member's own node.
        chain_id: name of the chain that the node must belong to.

    Raises:
        Conflict: ``another_chain`` when the node belongs to another one.
        Unavailable: ``node_unreachable``.
    """

    def __init__(self, rpc: Rpc, chain_id: str) -> None:
        self._rpc = rpc
        self._chain_id = chain_id
        self._sender = Sender(rpc)
        self._follower = Follower(self._standing, self._receipts_of)
        found = rpc.status().chain_id
        if found != chain_id:
            raise Conflict(
                "another_chain", f"The node belongs to the chain {found}, not to {chain_id}.", chain_id=found
            )

    @property
    def chain_id(self) -> str:
        """Name of the chain."""
        return self._chain_id

    def submit(self, wire: bytes) -> str:
        """Accept one transaction; see ``Engine.submit``."""
        self._follower.begin()
        return self._sender.send(wire)

    def submit_many(self, wires: Sequence[bytes]) -> list[str | TallystickError]:
        """Accept many transactions; see ``Engine.submit_many``."""
        answers: list[str | TallystickError] = []
        for wire in wires:
            try:
                answers.append(self.submit(wire))
            except TallystickError as error:
                answers.append(error)
        return answers

    def wait(self, transaction_hash: str, timeout_s: float = 10) -> Receipt:
        """Return the receipt once the block is final; see ``Engine.wait``.

        What a node that fell away had in its memory only is sent again.
        """
        hash_bytes(transaction_hash)
        deadline = time.monotonic() + timeout_s
        resend_at = time.monotonic() + RESEND_S
        receipt = None
        has_asked = False
        while receipt is None:
            try:
                if not has_asked:
                    self._follower.begin()
                    receipt, has_asked = self.receipt(transaction_hash), True
                elif time.monotonic() >= resend_at:
                    resend_at = time.monotonic() + RESEND_S
                    receipt = self._sender.send_again(transaction_hash, self.receipt)
                else:
                    receipt = self._follower.wait(transaction_hash, deadline)
            except Unavailable:
                time.sleep(RETRY_S)
            if receipt is None and time.monotonic() >= deadline:
                raise Unavailable(
                    "not_yet_committed", f"The transaction is in no block after {timeout_s} s; ask again."
                )
        self._sender.forget(transaction_hash)
        return receipt

    def receipt(self, transaction_hash: str) -> Receipt | None:
        """Return the receipt of a committed transaction, or None."""
        answer = self._ask(queries.RECEIPT, hash_bytes(transaction_hash))
        return None if answer is None else unpack_answer(answer, Receipt)

    def next_sequence(self, address: str) -> int:
        """Return the account's next sequence number; see ``Engine.next_sequence``."""
        answer = self._ask(queries.SEQUENCE, address.encode())
        if answer is None:
            raise unknown_account(address)
        return int(answer)

    def read(self, key: str) -> bytes | None:
        """Return a committed state value, or None."""
        return self._ask(queries.STATE, key.encode())

    def scan(self, prefix: str, limit: int = 1000) -> list[tuple[str, bytes]]:
        """Return at most ``limit`` committed pairs by prefix, in key order."""
        found: list[tuple[str, bytes]] = []
        after = ""
        while len(found) < limit:
            wanted = min(limit - len(found), queries.MAX_SCAN)
            answer = self._asked(queries.SCAN, pack(Scan(prefix, wanted, after)), Pairs)
            found += answer.pairs
            if answer.complete or not answer.pairs:
                break
            after = answer.pairs[-1][0]
        return found

    def head(self) -> Header:
        """Return the header of the last committed block."""
        return self.headers(self._standing().height, 1)[0]

    def headers(self, highest: int, limit: int) -> list[Header]:
        """Return headers from ``highest`` down; see ``Engine.headers``."""
        wanted = min(limit, queries.MAX_HEADERS)
        return self._asked(queries.HEADERS, pack(Down(highest, wanted)), list[Header])

    def block(self, height: int) -> Block:
        """Return a committed block; see ``Engine.block``."""
        if height < 0:
            raise NotFound("unknown_block", f"There is no block {height}.")
        return self._asked(queries.BLOCK, str(height).encode(), Block)

    def prove(self, transaction_hash: str) -> Bundle:
        """Return the bundle that proves a transaction; see ``Engine.prove``."""
        receipt = self.receipt(transaction_hash)
        if receipt is None:
            raise NotFound("unknown_transaction", "No block holds that transaction.")
        return self.prove_at(receipt.height, receipt.index)

    def prove_at(self, height: int, index: int) -> Bundle:
        """Return the bundle that proves the transaction at a storage address.

        Raises:
            NotFound: ``unknown_block``, ``unknown_transaction``.
            Unavailable: ``not_yet_provable`` when the next block does not come.
        """
        block = self.block(height)
        if not 0 <= index < block.header.transactions:
            raise NotFound("unknown_transaction", f"Block {height} has no transaction {index}.")
        deadline = time.monotonic() + NEXT_BLOCK_S
        while True:
            try:
                return make_inclusion(self._rpc, block, index, self.change_heights())
            except Unavailable as error:
                _pause_or_raise(error, deadline)

    def prove_state(self, key: str) -> Bundle:
        """Return the bundle that proves a state value or its absence; see ``Engine.prove_state``."""
        deadline = time.monotonic() + NEXT_BLOCK_S
        proved = self._asked(queries.PROOF, key.encode(), ProvedState)
        while True:
            try:
                return make_state(
                    self._rpc,
                    key,
                    proved.value,
                    proved.pages,
                    proved.root,
                    proved.height,
                    self.change_heights(),
                )
            except Unavailable as error:
                _pause_or_raise(error, deadline)

    def genesis(self) -> bytes:
        """Return the network's genesis file, which every member holds."""
        return self._rpc.genesis()

    def validators(self) -> tuple[Validator, ...]:
        """Return who decides on the next block, in the order of their addresses."""
        found = self._rpc.validators(self._rpc.status().height)
        named = [
            Validator(account_address(bytes.fromhex(each.public_key)), each.public_key, each.power)
            for each in found
        ]
        return tuple(sorted(named, key=lambda validator: validator.address))

    def certificate(self, height: int) -> Certificate:
        """Return the validators' signatures of a block; see ``Engine.certificate``."""
        header, commit = self._rpc.commit(height)
        signatures = {each.address: each.signature for each in commit.signatures if each.flag == FOR_BLOCK}
        assents = [
            Assent(
                account_address(bytes.fromhex(each.public_key)),
                each.power,
                signatures.get(each.address, ""),
            )
            for each in self._rpc.validators(height)
        ]
        return Certificate(
            height=height,
            block_hash=commit.block_id.hash,
            round=commit.round,
            proposer=account_address_of(bytes.fromhex(header.proposer_address)),
            assents=tuple(assents),
        )

    def status(self) -> Status:
        """Return where the node's ledger stands."""
        standing = self._standing()
        return Status(
            engine="cometbft",
            chain_id=standing.chain_id,
            height=standing.height,
            time=standing.time,
            app_hash=standing.app_hash,
            header_hash=self._rpc.status().block_hash,
            pending=self._rpc.unconfirmed_count(),
            transactions=standing.transactions,
        )

    def close(self) -> None:
        """Let go of the connections to the node; the node runs on."""
        self._rpc.close()

    def _standing(self) -> Standing:
        return self._asked(queries.STATUS, b"", Standing)

    def _receipts_of(self, height: int) -> list[Receipt]:
        return self._asked(queries.RECEIPTS, str(height).encode(), list[Receipt])

    def change_heights(self) -> list[int]:
        """Return the blocks that changed the validators, rising."""
        return self._asked(queries.CHANGES, b"", list[int])

    def _asked(self, path: str, data: bytes, kind: type[T]) -> T:
        answer = self._ask(path, data)
        if answer is None:
            raise Corruption("node_contradicts_itself", "The node's ledger lacks what it must hold.")
        return unpack_answer(answer, kind)

    def _ask(self, path: str, data: bytes) -> bytes | None:
        answer = self._rpc.query(path, data)
        if answer.code == queries.ABSENT:
            return None
        if answer.code == queries.REFUSED:
            raise heard(answer.log)
        return answer.value


def _pause_or_raise(error: Unavailable, deadline: float) -> None:
    if error.code != "not_yet_provable" or time.monotonic() > deadline:
        raise error
    time.sleep(RETRY_S)
