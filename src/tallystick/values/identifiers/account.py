"""Account addresses: the name of a member's account on the ledger, derived from its public key (E1)."""

import re
from functools import lru_cache
from hashlib import sha256

from tallystick.errors import Malformed
from tallystick.values.identifiers import bech32m
from tallystick.values.identifiers.reading import read

_PREFIX = "tly"
_KEY_BYTES = 32
_ADDRESS_BYTES = 20
# All small or all capitals, as BIP-173 asks of readers; the check has the last word on the letters.
_FORM = re.compile(r"tly1[0-9a-z]{38}|TLY1[0-9A-Z]{38}")
_EXPECTED = "An account address is tly1 and 38 letters that fit their check."


@lru_cache(maxsize=8192)
def account_address(public_key: bytes) -> str:
    """Return the address of an Ed25519 public key: Bech32m of the first 20 bytes of its SHA-256.

    It has 42 characters: ``tly1``, 32 for the 160 bits, six to check them.

    Raises:
        Malformed: ``bad_public_key`` when the key is not 32 bytes.
    """
    if len(public_key) != _KEY_BYTES:
        raise Malformed("bad_public_key", f"A public key has {_KEY_BYTES} bytes.")
    return account_address_of(sha256(public_key).digest()[:_ADDRESS_BYTES])


def account_address_of(digest: bytes) -> str:
    """Return the address whose 20 bytes are these: the first of the SHA-256 of a public key.

    CometBFT names validators by the same 20 bytes.

    Raises:
        Malformed: ``bad_public_key`` when there are not 20.
    """
    if len(digest) != _ADDRESS_BYTES:
        raise Malformed("bad_public_key", f"An address stands for {_ADDRESS_BYTES} bytes.")
    return bech32m.encode(_PREFIX, digest)


@lru_cache(maxsize=8192)
def parse_account_address(text: str) -> str:
    """Return the account address in ``text``, in lower case and without blanks around it.

    Any one to four wrong characters are always found (BIP-173).

    Raises:
        Malformed: ``bad_account_address``.
    """
    address = read(text, _FORM, "bad_account_address", _EXPECTED).lower()
    try:
        bech32m.decode(_PREFIX, address)
    except Malformed as error:
        raise Malformed("bad_account_address", _EXPECTED) from error
    return address
