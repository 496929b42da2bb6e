"""Sealing short texts that the database keeps, under this installation's secret (NaCl secretbox)."""

import base64
import binascii
from typing import Final

from nacl.encoding import RawEncoder
from nacl.exceptions import CryptoError
from nacl.hash import blake2b
from nacl.secret import SecretBox

from tallystick.errors import Corruption

_KEY_BYTES: Final = SecretBox.KEY_SIZE


class TextSeal:
    """Seals and opens texts for one purpose; another purpose or secret cannot open them.

    Args:
        secret: at least 32 random bytes of this installation.
        purpose: at most 16 ASCII characters that name what the texts are.
    """

    def __init__(self, secret: bytes, purpose: str) -> None:
        key = blake2b(secret, digest_size=_KEY_BYTES, person=purpose.encode("ascii"), encoder=RawEncoder)
        self._box = SecretBox(key)

    def __repr__(self) -> str:
        return "TextSeal()"

    def seal(self, text: str) -> str:
        """Return ``text`` sealed with a random nonce, in URL-safe base64."""
        return base64.urlsafe_b64encode(bytes(self._box.encrypt(text.encode()))).decode("ascii")

    def unseal(self, sealed: str) -> str:
        """Return the text that ``seal`` was given.

        Raises:
            Corruption: ``unreadable_sealed_text`` when it was changed, or sealed under another secret.
        """
        try:
            return self._box.decrypt(base64.urlsafe_b64decode(sealed)).decode()
        except (CryptoError, binascii.Error, ValueError) as error:
            raise Corruption(
                "unreadable_sealed_text", "A sealed text in the database does not open under this secret."
            ) from error
