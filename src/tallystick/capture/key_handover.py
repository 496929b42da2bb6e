"""Handing the key of a media file to one other member: sealed to a key that it made for this one question.

A sealed box of NaCl (X25519, XSalsa20-Poly1305): whoever reads the line later, with every long-lived key of
both sides, cannot open it, because the half that opens it is never stored.
"""

from typing import Final

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from tallystick.capture.media_keys import KEY_BYTES, commitment
from tallystick.errors import Forbidden, Malformed

#: What a sealed key takes: its own 32 bytes, the sender's one-time key, and a tag.
SEALED_BYTES: Final = 32 + 16 + KEY_BYTES


class OneTimeKey:
    """The half that opens what is sealed to ``public`` (64 hex digits); made anew for each question."""

    def __init__(self) -> None:
        self._private = PrivateKey.generate()
        self.public = bytes(self._private.public_key).hex()

    def open_(self, sealed: bytes, key_commitment: str) -> bytes:
        """Return the media key that was sealed.

        Raises:
            Forbidden: ``wrong_media_key`` when it does not open, or is not what the ledger commits to.
        """
        try:
            key = SealedBox(self._private).decrypt(sealed)
        except (CryptoError, ValueError, TypeError):
            key = b""
        if len(key) != KEY_BYTES or commitment(key) != key_commitment:
            raise Forbidden("wrong_media_key", "The key that came is not the key of this media file.")
        return key


def seal_to(public: str, key: bytes) -> bytes:
    """Return a media key that only who made ``public`` (64 hex digits) can read: ``SEALED_BYTES``.

    Raises:
        Malformed: ``bad_one_time_key`` when nothing can be sealed to it.
    """
    try:
        return SealedBox(PublicKey(bytes.fromhex(public))).encrypt(key)
    except (CryptoError, ValueError, TypeError, RuntimeError):
        raise Malformed("bad_one_time_key", "No key can be sealed to this one-time key.") from None
