"""Signatures and statements as the pages describe them."""

from nacl import bindings
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from tests.simulation.rules.state import canonical


def is_point(key: str) -> bool:
    return bool(bindings.crypto_core_ed25519_is_valid_point(bytes.fromhex(key)))


def is_signed(key: str, message: bytes, signature: str) -> bool:
    try:
        VerifyKey(bytes.fromhex(key)).verify(message, bytes.fromhex(signature))
    except BadSignatureError:
        return False
    return True


def proves(key: str, signature: str, chain: str, purpose: str, **named: str) -> bool:
    """Return whether a key signs the statement of a purpose that names these."""
    statement = canonical({"chain_id": chain, "purpose": f"tallystick/{purpose}/1", **named})
    return is_signed(key, statement, signature)
