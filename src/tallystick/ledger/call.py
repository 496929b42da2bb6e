"""The call: what one contract sees and may do while it runs one transaction."""

from tallystick.errors import Conflict, Corruption, Malformed, NotFound, TooLarge
from tallystick.ledger import keys
from tallystick.ledger.accounts import Account, account_state_key, decode_account, encode_account
from tallystick.ledger.protocols import Contract, Reader
from tallystick.ledger.state import Overlay, check_pair
from tallystick.values.identifiers import account_address

MAX_WRITES = 1024


class ContractCall(Overlay):
    """A ``Call`` over the block's state; its writes count only if whoever made it merges them."""

    __slots__ = ("_prefix", "_privileged", "chain_id", "height", "index", "sender", "time")

    def __init__(
        self,
        below: Reader,
        contract: Contract,
        sender: str,
        chain_id: str,
        height: int,
        index: int,
        time: int,
    ) -> None:
        super().__init__(below)
        self._prefix = contract.name + "/"
        self._privileged = contract.privileged
        self.sender = sender
        self.chain_id = chain_id
        self.height = height
        self.index = index
        self.time = time

    def put(self, key: str, value: bytes) -> None:
        """Write a value under the contract's own name; see ``Call.put``."""
        check_pair(key, value)
        self._write(key, value)

    def delete(self, key: str) -> None:
        """Remove a key of the contract's own; see ``Call.delete``."""
        self._write(key, None)

    def account(self, address: str) -> Account | None:
        """Return the account at ``address``, or None."""
        value = self.get(account_state_key(address))
        return None if value is None else decode_account(value)

    def open_account(self, public_key: bytes) -> str:
        """Open the account of a public key and return its address; see ``Call.open_account``."""
        _check_public_key(public_key)
        address = account_address(public_key)
        if self.account(address) is not None:
            raise Conflict("account_exists", f"The account {address} exists already.")
        self._write_account(address, Account(active=True, key=public_key.hex(), sequence=0))
        return address

    def rotate_account(self, address: str, public_key: bytes) -> None:
        """Let another key sign for ``address``; see ``Call.rotate_account``."""
        _check_public_key(public_key)
        account = self._require_account(address)
        self._write_account(address, Account(account.active, public_key.hex(), account.sequence))

    def set_account_active(self, address: str, active: bool) -> None:
        """Suspend or reinstate an account; see ``Call.set_account_active``."""
        account = self._require_account(address)
        self._write_account(address, Account(active, account.key, account.sequence))

    def _require_account(self, address: str) -> Account:
        account = self.account(address)
        if account is None:
            raise NotFound("unknown_account", f"There is no account {address} on this ledger.")
        return account

    def _write_account(self, address: str, account: Account) -> None:
        if not self._privileged:
            raise Corruption("foreign_state", f"The contract {self._prefix[:-1]} may not write accounts.")
        self.writes[account_state_key(address)] = encode_account(account)

    def _write(self, key: str, value: bytes | None) -> None:
        if not key.startswith(self._prefix):
            raise Corruption("foreign_state", f"The contract {self._prefix[:-1]} may not write {key!r:.80}.")
        if len(self.writes) >= MAX_WRITES and key not in self.writes:
            raise TooLarge("state_limit", f"One transaction may write {MAX_WRITES} keys.")
        self.writes[key] = value


def _check_public_key(public_key: bytes) -> None:
    if not keys.is_public_key(public_key):
        raise Malformed("bad_public_key", "That is not a usable Ed25519 public key of 32 bytes.")
