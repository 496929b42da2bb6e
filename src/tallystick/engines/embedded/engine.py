"""The embedded engine: what ``Engine`` promises, over one SQLite file that several processes may share."""

import contextlib
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from tallystick.engines.embedded.door import Door
from tallystick.engines.embedded.limits import Limits
from tallystick.engines.embedded.sealer import Sealer
from tallystick.engines.embedded.verifiers import LocalVerifier, ProcessVerifier
from tallystick.engines.embedded.waiting import WaitingRoom
from tallystick.engines.storage.founding import Signer, found, require_proposer
from tallystick.engines.storage.reading import LedgerFile, hash_bytes
from tallystick.engines.storage.store import Store
from tallystick.errors import Corruption, TallystickError, Unavailable
from tallystick.ledger.answers import Receipt
from tallystick.ledger.check import Registry
from tallystick.ledger.genesis import parse_genesis
from tallystick.ledger.mempool import Mempool, Pending
from tallystick.ledger.protocols import Contract
from tallystick.values.clock import Clock

# How often to look whether another process has committed what somebody here waits for.
POLL_S = 0.2
# How long to wait when the file could not be written.
RETRY_S = 0.5
DEFAULT_LIMITS = Limits()


class EmbeddedEngine(LedgerFile):
    """One ledger in one SQLite file; ``tallystick.ledger.protocols.Engine`` says what the methods do."""

    def __init__(self, path: Path, registry: Registry, signer: Signer, clock: Clock, limits: Limits) -> None:
        super().__init__(path)
        with contextlib.ExitStack() as opened:
            opened.callback(super().close)
            self._writer = Store.open(path)
            opened.callback(self._writer.close)
            self._sealer = Sealer(self._writer, registry, signer, clock, limits)
            opened.pop_all()
        genesis = parse_genesis(self.genesis())
        self._limits = limits
        self._chain_id = genesis.chain_id
        self._room = WaitingRoom(Mempool(limits.pending_transactions, limits.pending_bytes))
        self._verifier = ProcessVerifier(limits.verifiers) if limits.verifiers else LocalVerifier()
        self._door = Door(genesis.chain_id, registry, self._store, self._room, self._verifier)
        self._thread = threading.Thread(target=self._keep_sealing, name="ledger-sealer", daemon=True)
        self._thread.start()

    @classmethod
    def create(
        cls,
        path: Path,
        genesis: bytes,
        contracts: Iterable[Contract],
        proposer_signer: Signer,
        proposer_public_key: bytes,
        *,
        clock: Clock,
        limits: Limits = DEFAULT_LIMITS,
    ) -> "EmbeddedEngine":
        """Make the ledger of a genesis document in a new file and open it.

        Raises:
            Conflict: ``ledger_exists``, ``wrong_proposer``.
            Malformed: ``malformed_genesis``, ``unknown_contract``, and what the contracts raise.
            Unavailable: when the file cannot be made.
        """
        contracts = tuple(contracts)
        require_proposer(parse_genesis(genesis), proposer_public_key)
        found(path, genesis, Registry(contracts), proposer_signer)
        return cls.open(path, contracts, proposer_signer, proposer_public_key, clock=clock, limits=limits)

    @classmethod
    def open(
        cls,
        path: Path,
        contracts: Iterable[Contract],
        proposer_signer: Signer,
        proposer_public_key: bytes,
        *,
        clock: Clock,
        limits: Limits = DEFAULT_LIMITS,
    ) -> "EmbeddedEngine":
        """Open a ledger that exists.

        Args:
            path: the SQLite file.
            contracts: the contracts that it has always run.
            proposer_signer: signs block headers with the proposer's key.
            proposer_public_key: that key's public half, 32 bytes.
            clock: tells the time of blocks.
            limits: how much it takes at once.

        Raises:
            NotFound: ``no_ledger``.
            Conflict: ``wrong_proposer`` when the genesis document names another proposer.
            Corruption: ``not_a_ledger``, ``ledger_format``, ``ledger_damaged``, ``state_differs``.
            Unavailable: when the file cannot be opened now.
        """
        store = Store.open(path)
        try:
            require_proposer(parse_genesis(store.genesis()), proposer_public_key)
        finally:
            store.close()
        return cls(path, Registry(contracts), proposer_signer, clock, limits)

    @property
    def chain_id(self) -> str:
        """Name of the chain."""
        return self._chain_id

    def submit(self, wire: bytes) -> str:
        """Accept one transaction; see ``Engine.submit``."""
        answer = self._door.submit_many([wire])[0]
        if isinstance(answer, TallystickError):
            raise answer
        return answer

    def submit_many(self, wires: Sequence[bytes]) -> list[str | TallystickError]:
        """Accept many transactions; see ``Engine.submit_many``."""
        return self._door.submit_many(wires)

    def wait(self, transaction_hash: str, timeout_s: float = 10) -> Receipt:
        """Return the receipt once it is durable; see ``Engine.wait``."""
        data_hash = hash_bytes(transaction_hash)
        deadline = time.monotonic() + timeout_s
        while True:
            seen = self._room.settled_count
            receipt = self._store.receipt(data_hash)
            if receipt is not None:
                return receipt
            left = deadline - time.monotonic()
            if left <= 0:
                raise Unavailable(
                    "not_yet_committed", f"The transaction is in no block after {timeout_s} s; ask again."
                )
            self._room.await_settled(data_hash, seen, min(left, POLL_S))

    def next_sequence(self, address: str) -> int:
        """Return the account's next sequence number; see ``Engine.next_sequence``."""
        return self._door.next_sequence(address)

    def close(self) -> None:
        """Make a last block of what waits, then stop."""
        self._room.close()
        self._thread.join()
        self._verifier.close()
        self._writer.close()
        super().close()

    def _pending(self) -> int:
        return len(self._room.mempool)

    def _keep_sealing(self) -> None:
        """Seal blocks until the ledger closes; a failure that is not passing stops it for good."""
        failure: TallystickError = Corruption(
            "sealer_stopped", "The ledger has stopped on an internal fault."
        )
        period_s, full = self._limits.block_period_ms / 1000, self._limits.block_transactions
        try:
            while self._room.await_block(period_s, full):
                try:
                    self._room.settle(self._sealer.seal(self._choose))
                except Unavailable:
                    if not self._room.pause(RETRY_S):
                        break
            failure = Unavailable("ledger_closed", "The ledger is closed.")
        except TallystickError as error:
            failure = error
        finally:
            self._room.fail(failure)

    def _choose(self, others_wrote: bool) -> list[Pending]:
        if others_wrote:
            self._room.refuse_overtaken(self._door.committed_sequence)
        with self._room.lock:
            return self._room.mempool.first(self._limits.block_transactions, self._limits.block_bytes)
