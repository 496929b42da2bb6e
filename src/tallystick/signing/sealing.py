"""Sealing keys under a passphrase: Argon2id (RFC 9106), then XSalsa20-Poly1305 (NaCl secretbox)."""

import secrets
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec
from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id
from nacl.secret import SecretBox

from tallystick.errors import Unavailable

MAX_OPERATIONS: Final = 16
MAX_MEMORY_BYTES: Final = 1024**3


@dataclass(frozen=True)
class Cost:
    """How dear one guess at the passphrase is made: passes, and memory in bytes."""

    operations: int
    memory_bytes: int


#: About a second and 256 MiB, once for each process that signs.
MODERATE: Final = Cost(argon2id.OPSLIMIT_MODERATE, argon2id.MEMLIMIT_MODERATE)
#: As cheap as the method allows: for tests, never for keys that matter.
MINIMUM: Final = Cost(argon2id.OPSLIMIT_MIN, argon2id.MEMLIMIT_MIN)


class Derivation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a sealing key follows from the passphrase; ``salt`` has 16 bytes in hex."""

    algorithm: Literal["argon2id-1.3"]
    memory_bytes: Annotated[int, msgspec.Meta(ge=argon2id.MEMLIMIT_MIN, le=MAX_MEMORY_BYTES)]
    operations: Annotated[int, msgspec.Meta(ge=argon2id.OPSLIMIT_MIN, le=MAX_OPERATIONS)]
    salt: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{32}\Z")]

    @classmethod
    def fresh(cls, cost: Cost) -> "Derivation":
        """Return a derivation with a new random salt."""
        return cls("argon2id-1.3", cost.memory_bytes, cost.operations, secrets.token_hex(argon2id.SALTBYTES))

    def key(self, passphrase: bytes) -> bytes:
        """Return the 32 bytes that follow from ``passphrase``; this takes the time and memory it says.

        Raises:
            Unavailable: ``key_derivation_failed`` when there is not that much memory.
        """
        try:
            return argon2id.kdf(
                SecretBox.KEY_SIZE,
                passphrase,
                bytes.fromhex(self.salt),
                opslimit=self.operations,
                memlimit=self.memory_bytes,
            )
        except CryptoError:
            raise Unavailable(
                "key_derivation_failed",
                f"Opening the key store needs {self.memory_bytes} bytes of free memory.",
            ) from None


class Sealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """32 sealed bytes: the nonce (24 bytes) and the box (32 bytes and a tag of 16), both in hex."""

    box: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{96}\Z")]
    nonce: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{48}\Z")]


def seal(key: bytes, secret: bytes) -> Sealed:
    """Return ``secret`` (32 bytes) sealed under ``key`` (32 bytes) with a random nonce."""
    nonce = secrets.token_bytes(SecretBox.NONCE_SIZE)
    return Sealed(SecretBox(key).encrypt(secret, nonce).ciphertext.hex(), nonce.hex())


def unseal(key: bytes, sealed: Sealed) -> bytes | None:
    """Return the 32 bytes, or None when ``key`` is another one or the box was changed."""
    try:
        return SecretBox(key).decrypt(bytes.fromhex(sealed.box), bytes.fromhex(sealed.nonce))
    except CryptoError:
        return None
