"""The shapes of what contracts read and keep: exact lengths, no unknown fields, one canonical text.

What does not fit the shape of its arguments is refused by the ledger (``malformed_arguments``) before
a contract runs; the contracts then only ask whether it makes sense.
"""

from collections.abc import Callable
from typing import Annotated, TypeVar

import msgspec

from tallystick.errors import Corruption, Malformed
from tallystick.values import canonical

#: Gives the value under a full state key, or None: ``call.get`` inside a contract, ``engine.read`` outside.
Read = Callable[[str], bytes | None]

#: 32 bytes (an Ed25519 public key, a SHA-256) and 64 bytes (an Ed25519 signature) in lower-case hex.
#: ``\Z`` and not ``$``, which would let a line end through.
PublicKey = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Digest = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Signature = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{128}\Z")]
#: An account address has 42 characters; whether its check letters fit shows when it is looked up.
Address = Annotated[str, msgspec.Meta(min_length=42, max_length=42)]

T = TypeVar("T")


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a transaction hands to an action; each action has its own, derived from this."""

    def as_arguments(self) -> dict[str, object]:
        """Return the plain JSON object that goes into the transaction's ``arguments``."""
        arguments: dict[str, object] = msgspec.to_builtins(self)
        return arguments


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a contract keeps under a state key; each record has its own, derived from this."""

    def encoded(self) -> bytes:
        """Return the canonical bytes that stand in the state."""
        return canonical.encode(self)


def read_kept(read: Read, key: str, kind: type[T]) -> T | None:
    """Return the record that the state holds under ``key``, or None; raises as ``decode_kept``."""
    value = read(key)
    return None if value is None else decode_kept(key, value, kind)


def decode_kept(key: str, value: bytes, kind: type[T]) -> T:
    """Return the record in ``value``, which stands in the state under ``key``.

    Raises:
        Corruption: ``damaged_state`` when it is not such a record.
    """
    try:
        return canonical.decode(value, kind)
    except Malformed as error:
        raise Corruption("damaged_state", f"The state under {key} cannot be read: {error.message}") from None
