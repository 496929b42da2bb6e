"""Accounts: who may send transactions, with which key, and how many they have sent so far."""

import msgspec

from tallystick.errors import Corruption

PREFIX = "accounts/"


class Account(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the state holds about one account; field order is the canonical (sorted) order.

    Attributes:
        active: whether the account may send transactions now.
        key: Ed25519 public key that signs for the account, 64 lower hex digits.
        sequence: number of the last transaction that was counted; the next one carries ``sequence + 1``.
    """

    active: bool
    key: str
    sequence: int

    @property
    def public_key(self) -> bytes:
        """The 32 bytes of the key."""
        return bytes.fromhex(self.key)

    def counted(self) -> "Account":
        """Return the account with one more transaction counted."""
        return Account(self.active, self.key, self.sequence + 1)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Account)


def account_state_key(address: str) -> str:
    """Return the state key of an account address."""
    return PREFIX + address


def encode_account(account: Account) -> bytes:
    """Return the canonical bytes kept in the state."""
    return _encoder.encode(account)


def decode_account(value: bytes) -> Account:
    """Return the account kept in ``value``.

    Raises:
        Corruption: ``damaged_account`` when the bytes are not an account.
    """
    try:
        return _decoder.decode(value)
    except msgspec.MsgspecError as error:
        raise Corruption("damaged_account", f"An account in the state cannot be read: {error}.") from None
