"""The kinds of file in a key store: one that says how it opens, and one for each key."""

from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar

import msgspec

from tallystick.errors import Corruption, Malformed
from tallystick.signing.files import read_private
from tallystick.signing.sealing import Derivation, Sealed
from tallystick.values import canonical

MAX_FILE_BYTES: Final = 4096

T = TypeVar("T")


class StoreFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``store.json``; ``mark`` is a known text, sealed, by which a wrong passphrase is recognised."""

    derivation: Derivation
    format: Literal["tallystick/key-store/1"]
    mark: Sealed


class SealedKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What every key file says about its key; the seed is sealed, the public half is not."""

    derivation: Derivation
    public_key: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    seed: Sealed


class KeyFile(SealedKey, frozen=True, forbid_unknown_fields=True):
    """``<address>.json``: the key that the address was made from."""

    format: Literal["tallystick/key/1"]


class SuccessorFile(SealedKey, frozen=True, forbid_unknown_fields=True):
    """``<address>/<number>.json``: a key made to follow; it says of whom, in case files are mixed up."""

    address: str
    format: Literal["tallystick/successor-key/1"]
    number: int


def read_document(path: Path, kind: type[T]) -> T | None:
    """Return the document at ``path``, or None if there is no file.

    Raises:
        Corruption: ``damaged_key_file``; Unavailable: ``files_unavailable``.
    """
    file = read_private(path, MAX_FILE_BYTES)
    if file is None:
        return None
    try:
        return canonical.decode(file.data, kind)
    except Malformed:
        raise damaged(path) from None


def damaged(path: Path) -> Corruption:
    """Return the error for a file that is not what was written; it says which, never what is in it."""
    return Corruption("damaged_key_file", f"The key file {path} is damaged; put it back from a backup.")
