"""The door: checks what is submitted and lets it into the waiting room, or says why not."""

from collections.abc import Sequence

from tallystick.engines.embedded.verifiers import Verifier
from tallystick.engines.embedded.waiting import WaitingRoom
from tallystick.engines.storage.store import Store
from tallystick.errors import Rejection, TallystickError
from tallystick.ledger.accounts import Account, account_state_key, decode_account
from tallystick.ledger.check import Registry, check_active, check_sender, forged_signature, unknown_account
from tallystick.ledger.mempool import Pending
from tallystick.ledger.transaction import Transaction, parse

MAX_CACHED_ACCOUNTS = 100_000


class Door:
    """Checks transactions against committed accounts and what already waits; for many threads."""

    def __init__(
        self, chain_id: str, registry: Registry, store: Store, room: WaitingRoom, verifier: Verifier
    ) -> None:
        self._chain_id = chain_id
        self._registry = registry
        self._store = store
        self._room = room
        self._verifier = verifier
        self._accounts: dict[str, Account | None] = {}
        self._version = -1

    def submit_many(self, wires: Sequence[bytes]) -> list[str | TallystickError]:
        """Let transactions in; each gets its hash (hex) or its refusal."""
        self._room.check()
        candidates = [_read(wire) for wire in wires]
        with self._room.lock:
            self._refresh()
            for candidate in candidates:
                self._identify(candidate)
        self._verify(candidates)
        with self._room.lock:
            self._refresh()
            answers = [self._admit(candidate) for candidate in candidates]
            self._room.ring()
        return answers

    def next_sequence(self, address: str) -> int:
        """Return the account's next sequence number, counting what waits.

        Raises:
            Unauthorised: ``unknown_account``.
        """
        with self._room.lock:
            self._refresh()
            account = self._account(address)
            if account is None:
                raise unknown_account(address)
            return self._room.mempool.last_sequence(address, account.sequence) + 1

    def committed_sequence(self, address: str) -> int:
        """Return the account's last committed sequence number."""
        with self._room.lock:
            self._refresh()
            account = self._account(address)
            return account.sequence if account is not None else 0

    def _identify(self, candidate: "_Candidate") -> None:
        """Find the key that must have signed."""
        if candidate.transaction is None:
            return
        body = candidate.transaction.body
        try:
            sender = check_sender(body, self._chain_id, self._account(body.sender))
            candidate.public_key = sender.public_key
        except Rejection as refused:
            candidate.refusal = refused

    def _verify(self, candidates: list["_Candidate"]) -> None:
        """Check the signatures of those that are not refused yet."""
        asked = [one for one in candidates if one.transaction is not None and one.refusal is None]
        checks = [(one.public_key, one.transaction.wire) for one in asked if one.transaction is not None]
        for candidate, is_genuine in zip(asked, self._verifier.verify(checks), strict=True):
            if not is_genuine:
                candidate.refusal = forged_signature()

    def _admit(self, candidate: "_Candidate") -> str | TallystickError:
        """Put the transaction into the mempool, if it is the next one of an active account."""
        transaction = candidate.transaction
        if transaction is None or candidate.refusal is not None:
            return candidate.refusal or forged_signature()
        try:
            account = self._account(transaction.body.sender)
            if account is None or account.public_key != candidate.public_key:
                raise forged_signature()
            check_active(account)
            self._registry.task(transaction.body)
            self._room.mempool.add(Pending(transaction, candidate.public_key), account.sequence)
        except TallystickError as refused:
            return refused
        return transaction.hash.hex()

    def _account(self, address: str) -> Account | None:
        if address not in self._accounts:
            value = self._store.get(account_state_key(address))
            self._accounts[address] = None if value is None else decode_account(value)
        return self._accounts[address]

    def _refresh(self) -> None:
        """Forget the accounts when anybody has committed since they were read."""
        version = self._store.version()
        if version != self._version or len(self._accounts) > MAX_CACHED_ACCOUNTS:
            self._accounts.clear()
            self._version = version


class _Candidate:
    """A transaction at the door."""

    __slots__ = ("public_key", "refusal", "transaction")

    def __init__(self, transaction: Transaction | None, refusal: TallystickError | None) -> None:
        self.transaction = transaction
        self.refusal = refusal
        self.public_key = b""


def _read(wire: bytes) -> _Candidate:
    try:
        return _Candidate(parse(wire), None)
    except Rejection as refused:
        return _Candidate(None, refused)
