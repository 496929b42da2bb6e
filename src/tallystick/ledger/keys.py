"""Ed25519 signatures (RFC 8032) as every node checks them: one library, one answer."""

from nacl import bindings
from nacl.exceptions import BadSignatureError

PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether ``signature`` (64 bytes) is that of ``public_key`` (32 bytes) over ``message``.

    Wrong sizes give False. libsodium also refuses keys of small order and signatures whose scalar is
    not reduced, so that nobody but the signer can make a second signature for the same message.
    """
    if len(public_key) != PUBLIC_KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    try:
        bindings.crypto_sign_open(signature + message, public_key)
    except BadSignatureError:
        return False
    return True


def is_public_key(public_key: bytes) -> bool:
    """Return whether these are 32 bytes that name a usable point of the curve (not of small order)."""
    return len(public_key) == PUBLIC_KEY_BYTES and bool(
        bindings.crypto_core_ed25519_is_valid_point(public_key)
    )
