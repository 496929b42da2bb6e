"""What a node remembers of transactions: those it has verified, and how far each sender's numbers go."""

from collections import OrderedDict

from tallystick.errors import Rejection
from tallystick.ledger.accounts import Account, account_state_key, decode_account
from tallystick.ledger.check import (
    Registry,
    check_active,
    check_sender,
    check_sequence,
    forged_signature,
    is_genuine,
)
from tallystick.ledger.protocols import Reader
from tallystick.ledger.transaction import Transaction, parse


class Verified:
    """Reads transactions and checks signatures, each once; the answers are those of ``parse``/``is_genuine``.

    A result of a block never depends on what is remembered: what is not, is worked out again.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._known: OrderedDict[bytes, tuple[Transaction, bytes]] = OrderedDict()

    def parse(self, wire: bytes) -> Transaction:
        """Return the transaction in these bytes; raises as ``tallystick.ledger.transaction.parse``."""
        known = self._known.get(wire)
        return known[0] if known is not None else parse(wire)

    def genuine(self, transaction: Transaction, public_key: bytes) -> bool:
        """Return whether the transaction is signed by this key (32 bytes)."""
        known = self._known.get(transaction.wire)
        if known is not None and known[1] == public_key:
            return True
        if not is_genuine(transaction, public_key):
            return False
        self._known[transaction.wire] = transaction, public_key
        if len(self._known) > self._limit:
            self._known.popitem(last=False)
        return True

    def forget(self, wire: bytes) -> None:
        """Forget a transaction that is in a block."""
        self._known.pop(wire, None)


class Waiting:
    """The application's half of the mempool: each sender's last number among what CometBFT holds.

    CometBFT keeps the transactions, and shows them again after each block (*recheck*), in their order and
    before any new one. Until it has, the numbers from before the block say what waits: whoever asks for the
    next number in between must not be given one that is taken.
    """

    def __init__(self, chain_id: str, registry: Registry, state: Reader, verified: Verified) -> None:
        self._chain_id = chain_id
        self.registry = registry
        self._state = state
        self._verified = verified
        self._last: dict[str, int] = {}
        self._before_block: dict[str, int] = {}

    def admit(self, wire: bytes) -> None:
        """Take in one transaction, as the next of its sender.

        Raises:
            Rejection: see ``tallystick.ledger.check`` for the codes.
        """
        self._before_block.clear()
        transaction = self._verified.parse(wire)
        self._take(transaction)
        try:
            self.registry.task(transaction.body)
        except Rejection:
            self._last[transaction.body.sender] -= 1
            raise

    def keep(self, wire: bytes) -> None:
        """Take in once more, after a block, what was admitted before it.

        What it asks for has been found already; who sends it may have changed. Raises as ``admit``.
        """
        transaction = self._verified.parse(wire)
        try:
            self._take(transaction)
        except Rejection:
            self._before_block.pop(transaction.body.sender, None)
            raise

    def next_sequence(self, address: str) -> int | None:
        """Return the account's next number, counting what waits; None when there is no such account."""
        account = self._account(address)
        if account is None:
            return None
        return max(self._last_of(address, account), self._before_block.get(address, 0)) + 1

    def begin_anew(self) -> None:
        """Forget what waits: a block was committed, and CometBFT shows what is left of it again."""
        self._before_block = self._last
        self._last = {}

    def _take(self, transaction: Transaction) -> None:
        body = transaction.body
        account = check_sender(body, self._chain_id, self._account(body.sender))
        if not self._verified.genuine(transaction, account.public_key):
            raise forged_signature()
        check_sequence(body, self._last_of(body.sender, account))
        check_active(account)
        self._last[body.sender] = body.sequence

    def _last_of(self, sender: str, account: Account) -> int:
        return max(account.sequence, self._last.get(sender, 0))

    def _account(self, address: str) -> Account | None:
        value = self._state.get(account_state_key(address))
        return None if value is None else decode_account(value)
