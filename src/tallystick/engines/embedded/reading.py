"""Reading a ledger file: what needs no signing key and changes nothing."""

import itertools
from pathlib import Path

from tallystick.engines.embedded.store import Store
from tallystick.errors import NotFound
from tallystick.ledger import trie_proof
from tallystick.ledger.block import Block, Header, header_hash
from tallystick.ledger.proof import InclusionProof, StateProof, make_inclusion
from tallystick.ledger.protocols import Receipt, Status


class LedgerFile:
    """The reading half of ``tallystick.ledger.protocols.Engine``, over one SQLite file.

    Raises:
        NotFound: ``no_ledger``.
        Corruption: ``not_a_ledger``, ``ledger_format``, ``ledger_damaged``.
        Unavailable: when the file cannot be opened now.
    """

    def __init__(self, path: Path) -> None:
        self._store = Store.open(path)

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

    def block(self, height: int) -> Block:
        """Return a committed block; see ``Engine.block``."""
        with self._store.snapshot():
            return self._store.block(height)

    def prove(self, transaction_hash: str) -> InclusionProof:
        """Return the bundle that proves a transaction; see ``Engine.prove``."""
        receipt = self.receipt(transaction_hash)
        if receipt is None:
            raise NotFound("unknown_transaction", "No block holds that transaction.")
        return self.prove_at(receipt.height, receipt.index)

    def prove_at(self, height: int, index: int) -> InclusionProof:
        """Return the bundle that proves the transaction at a storage address.

        Raises:
            NotFound: ``unknown_block``, ``unknown_transaction``.
        """
        block = self.block(height)
        if not 0 <= index < len(block.entries):
            raise NotFound("unknown_transaction", f"Block {height} has no transaction {index}.")
        return make_inclusion(block, index)

    def prove_state(self, key: str) -> StateProof:
        """Return the bundle that proves a state value or its absence; see ``Engine.prove_state``."""
        with self._store.snapshot():
            signed = self._store.head()
            return StateProof(
                header=signed.header,
                signature=signed.signature,
                key=key,
                value=self._store.get(key),
                pages=trie_proof.prove(self._store, key),
            )

    def status(self) -> Status:
        """Return where the ledger stands."""
        with self._store.snapshot():
            head, count = self._store.head().header, self._store.transaction_count()
        return Status(
            engine="embedded",
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
