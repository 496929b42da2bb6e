"""The consensus key of a node: in an encrypted file of its own store, or in a hardware module."""

from dataclasses import dataclass
from pathlib import Path

from tallystick.bootstrap.node.document import StoredKey, TokenKey, node_folder
from tallystick.config import Settings
from tallystick.engines.cometbft.signer import ConsensusKey
from tallystick.errors import Rejection
from tallystick.signing.keystore import KeyStore
from tallystick.signing.pkcs11 import HardwareKey, create_key
from tallystick.signing.secret import read_or_create_secret


@dataclass(frozen=True)
class FileKey:
    """A key in a store of encrypted files."""

    store: KeyStore
    address: str

    @property
    def public_key(self) -> bytes:
        """The public half, 32 bytes."""
        return self.store.public_key(self.address)

    def sign(self, message: bytes) -> bytes:
        """Return the signature of ``message``, 64 bytes; raises as ``KeyStore.sign``."""
        return self.store.sign(self.address, message)


def make_key(settings: Settings, token: TokenKey | None) -> StoredKey | TokenKey:
    """Make a new consensus key: on the token, if one is named, else in the node's store.

    Raises:
        Rejection: ``pin_missing``; and as ``signing.pkcs11.create_key``.
    """
    if token is None:
        return StoredKey(_store(settings).create())
    create_key(Path(token.module), token.token, token.label, _pin(settings))
    return token


def open_key(settings: Settings, key: StoredKey | TokenKey) -> ConsensusKey:
    """Return the consensus key, ready to sign.

    Raises:
        Rejection: ``pin_missing``; and as ``KeyStore`` and ``HardwareKey.open``.
    """
    if isinstance(key, StoredKey):
        opened = FileKey(_store(settings), key.address)
        opened.sign(b"")  # says now, and not at the first vote, that the key cannot be used
        return opened
    return HardwareKey.open(Path(key.module), key.token, key.label, _pin(settings))


def _store(settings: Settings) -> KeyStore:
    return KeyStore(node_folder(settings) / "keys", read_or_create_secret(settings.secret_path))


def _pin(settings: Settings) -> str:
    if not settings.pkcs11_pin:
        raise Rejection("pin_missing", "The hardware module wants its PIN in TALLYSTICK_PKCS11_PIN.")
    return settings.pkcs11_pin
