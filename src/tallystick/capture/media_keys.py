"""Keys of media files: one for each file, shown to others by a commitment, kept wrapped (NaCl secretbox)."""

import hashlib
import secrets
from typing import Final

from nacl.encoding import RawEncoder
from nacl.exceptions import CryptoError
from nacl.hash import blake2b
from nacl.secret import SecretBox

from tallystick.errors import Corruption

KEY_BYTES: Final = 32
_COMMITMENT_TAG: Final = b"tallystick/media-key/1\x00"
_PURPOSE: Final = b"media keys"


def fresh_key() -> bytes:
    """Return 32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def commitment(key: bytes) -> str:
    """Return what may be published of a key: the SHA-256 (64 hex digits) of a tag and the key.

    The cipher alone does not bind a file to one key; whoever opens a file compares this first.
    """
    return hashlib.sha256(_COMMITMENT_TAG + key).hexdigest()


def wrap_key(key: bytes, under: bytes) -> bytes:
    """Return ``key`` as a database may keep it: 72 bytes, sealed with a random nonce.

    Args:
        key: 32 bytes.
        under: at least 32 random bytes: this installation's secret.
    """
    return bytes(_box(under).encrypt(key))


def unwrap_key(wrapped: bytes, under: bytes) -> bytes:
    """Return the 32 bytes that ``wrap_key`` was given.

    Raises:
        Corruption: ``unreadable_media_key`` when they were changed, or wrapped under another secret.
    """
    try:
        key = _box(under).decrypt(wrapped)
    except (CryptoError, ValueError) as error:
        raise Corruption(
            "unreadable_media_key", "The key of a media file does not open under this secret."
        ) from error
    return key


def _box(under: bytes) -> SecretBox:
    return SecretBox(blake2b(under, digest_size=KEY_BYTES, person=_PURPOSE, encoder=RawEncoder))
