"""Reading a ledger file: what needs no signing key and writes nothing into it."""

import itertools
from pathlib import Path

from tallystick.engines.storage.store import Store
from tallystick.engines.storage.stored import index_differs
from tallystick.errors import Corruption, Malformed, NotFound
from tallystick.ledger import trie_proof
from tallystick.ledger.answers import Assent, Certificate, Receipt, Status, Validator
from tallystick.ledger.audit import wrong_block
from tallystick.ledger.block import Block, Header, header_hash
from tallystick.ledger.genesis import parse_genesis
from tallystick.ledger.proof import InclusionProof, StateProof, check_inclusion, check_state, make_inclusion
from tallystick.ledger.transaction import transaction_hash as hash_of
from tallystick.values.identifiers import account_address


class LedgerFile:
    """The reading half of ``tallystick.ledger.protocols.Engine``, over one SQLite file.

    Raises:
        NotFound: ``no_ledger``.
        Corruption: ``not_a_ledger``, ``ledger_format``, ``ledger_damaged``.
        Unavailable: when the file cannot be opened now.
    """

    def __init__(self, path: Path) -> None:
        self._store = Store.open_reading(path)

    def genesis(self) -> bytes:
        """Return the genesis document."""
        return self._store.genesis()

    def receipt(self, transaction_hash: str) -> Receipt | None:
        """Return the receipt of a committed transaction, or None."""
        return self._store.receipt(hash_bytes(transaction_hash))

    def read(self, key: str) -> bytes | None:
        """Return a committed state value, or None."""
        return self._store.get(key)

    def scan(self, prefix: str, limit: int = 1000) -> list[tuple[str, bytes]]:
        """Return committed pairs by prefix, in key order, at most ``limit``."""
        with self._store.snapshot():
            return list(itertools.islice(self._store.scan(prefix), limit))

    def head(self) -> Header:
        """Return the header of the last committed block."""
        return self._store.head().header

    def headers(self, highest: int, limit: int) -> list[Header]:
        """Return headers from ``highest`` down; see ``Engine.headers``."""
        return self._store.headers(highest, limit)

    def block(self, height: int) -> Block:
        """Return a committed block; see ``Engine.block``."""
        with self._store.snapshot():
            return self._store.block(height)

    def prove(self, transaction_hash: str) -> InclusionProof:
        """Return the bundle that proves a transaction; see ``Engine.prove``."""
        receipt = self.receipt(transaction_hash)
        if receipt is None:
            raise NotFound("unknown_transaction", "No block holds that transaction.")
        proof = self.prove_at(receipt.height, receipt.index)
        if hash_of(proof.data) != receipt.transaction_hash:
            raise index_differs()
        return proof

    def prove_at(self, height: int, index: int) -> InclusionProof:
        """Return the bundle that proves the transaction at a storage address.

        Raises:
            NotFound: ``unknown_block``, ``unknown_transaction``.
            Corruption: ``block_wrong`` when the block gives no proof that holds.
        """
        block = self.block(height)
        if not 0 <= index < block.header.transactions:
            raise NotFound("unknown_transaction", f"Block {height} has no transaction {index}.")
        if block.header.height != height:
            raise wrong_block(height, "height")
        if len(block.entries) != block.header.transactions:
            raise wrong_block(height, "entries")
        proof = make_inclusion(block, index)
        try:
            check_inclusion(proof, self._proposer_public_key())
        except Malformed as error:
            raise wrong_block(height, "proof") from error
        return proof

    def prove_state(self, key: str) -> StateProof:
        """Return the bundle that proves a state value or its absence; see ``Engine.prove_state``."""
        with self._store.snapshot():
            signed = self._store.head()
            proof = StateProof(
                header=signed.header,
                signature=signed.signature,
                key=key,
                value=self._store.get(key),
                pages=trie_proof.prove(self._store, key),
            )
        try:
            check_state(proof, self._proposer_public_key())
        except Malformed as error:
            raise Corruption(
                "state_differs", "The stored state is not that of the last block; verify the ledger."
            ) from error
        return proof

    def validators(self) -> tuple[Validator, ...]:
        """Return the one who signs the blocks."""
        public_key = self._proposer_public_key()
        return (Validator(account_address(public_key), public_key.hex(), 1),)

    def certificate(self, height: int) -> Certificate:
        """Return the proposer's signature of a block; see ``Engine.certificate``."""
        block = self.block(height)
        proposer = block.header.proposer
        signed = Assent(proposer, 1, block.signature)
        return Certificate(height, header_hash(block.header).hex(), 0, proposer, (signed,))

    def status(self) -> Status:
        """Return where the ledger stands."""
        with self._store.snapshot():
            signed, count = self._store.head(), self._store.transaction_count()
        head = signed.header
        return Status(
            engine="embedded" if signed.signature else "cometbft",
            chain_id=head.chain_id,
            height=head.height,
            time=head.time,
            app_hash=head.app_hash,
            header_hash=header_hash(head).hex(),
            pending=self._pending(),
            transactions=count,
        )

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    def _pending(self) -> int:
        return 0

    def _proposer_public_key(self) -> bytes:
        return parse_genesis(self.genesis()).proposer_public_key


def hash_bytes(transaction_hash: str) -> bytes:
    """Return the 32 bytes of a transaction hash.

    Raises:
        NotFound: ``unknown_transaction`` when it is not 64 hexadecimal digits.
    """
    try:
        data_hash = bytes.fromhex(transaction_hash)
    except ValueError:
        data_hash = b""
    if len(data_hash) != 32:
        raise NotFound("unknown_transaction", "A transaction hash has 64 hexadecimal digits.")
    return data_hash
