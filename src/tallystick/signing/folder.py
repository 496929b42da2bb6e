"""The folder of a key store: which file holds which key, and which key of an account is in use.

``<address>.json`` is the key that an account began with. ``<address>/<number>.json`` are the keys made to
follow it; ``<address>/<number>.used`` marks one that has, and the highest mark says which is in use.
Files are added whole and never changed or removed: wherever a process dies, every key ever made is there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tallystick.errors import Corruption, Malformed, NotFound, TooLarge
from tallystick.signing.documents import KeyFile, SealedKey, SuccessorFile, damaged, read_document
from tallystick.signing.files import create_private, make_private_folder, names_in
from tallystick.values import canonical
from tallystick.values.identifiers import account_address, parse_account_address

MAX_SUCCESSORS: Final = 9999
_FIRST: Final = 0
_NUMBERED: Final = re.compile(r"([1-9][0-9]{0,3})\.(json|used)")


@dataclass(frozen=True)
class StoredKey:
    """A key file that was read.

    Attributes:
        path: the file.
        number: 0 for the key that the account began with, else the successor's number.
        sealed: what the file says.
    """

    path: Path
    number: int
    sealed: SealedKey


class KeyFolder:
    """The key files below one folder; knows no passphrase."""

    __slots__ = ("path",)

    def __init__(self, path: Path) -> None:
        self.path = path

    def addresses(self) -> tuple[str, ...]:
        """Return the account addresses whose keys are here, sorted."""
        names = sorted(path.stem for path in self.path.glob("*.json"))
        return tuple(name for name in names if _is_address(name))

    def first(self, address: str) -> StoredKey:
        """Return the key that the account began with.

        Raises:
            NotFound: ``unknown_key``; Corruption: ``damaged_key_file``; Unavailable: ``files_unavailable``.
        """
        path = self.path / f"{address}.json"
        kept = read_document(path, KeyFile) if _is_address(address) else None
        if kept is None:
            raise NotFound("unknown_key", "There is no key for this address in the key store.")
        if account_address(bytes.fromhex(kept.public_key)) != address:
            raise damaged(path)
        return StoredKey(path, _FIRST, kept)

    def in_use(self, address: str) -> StoredKey:
        """Return the key that signs for the account now; raises as ``first``."""
        number = self._number_in_use(address)
        return self.first(address) if number == _FIRST else self._successor(address, number)

    def waiting(self, address: str) -> Iterator[StoredKey]:
        """Yield the successors that may follow the key in use, the newest first; damaged ones are left out.

        Raises:
            Unavailable: ``files_unavailable``.
        """
        in_use = self._number_in_use(address)
        for number in sorted(self._numbers(address, "json"), reverse=True):
            if number > in_use:
                try:
                    yield self._successor(address, number)
                except Corruption:
                    continue  # what was never used must not stand in the way of what is

    def add_first(self, address: str, key: KeyFile) -> bool:
        """Keep the key that ``address`` is made from; return False if there is one. Raises as ``waiting``."""
        return create_private(self.path / f"{address}.json", canonical.encode(key))

    def add_successor(self, address: str, key: SealedKey) -> None:
        """Keep a key that may follow; it is not in use yet.

        Raises:
            TooLarge: ``too_many_keys`` at the 10,000th; Unavailable: ``files_unavailable``.
        """
        make_private_folder(self.path / address)
        number = max(self._numbers(address, "json") | self._numbers(address, "used"), default=_FIRST)
        added = False
        while not added:
            number += 1  # on from what other processes add meanwhile
            if number > MAX_SUCCESSORS:
                raise TooLarge("too_many_keys", f"An account has at most {MAX_SUCCESSORS} keys to follow.")
            document = SuccessorFile(
                derivation=key.derivation,
                public_key=key.public_key,
                seed=key.seed,
                address=address,
                format="tallystick/successor-key/1",
                number=number,
            )
            added = create_private(self._path(address, number, "json"), canonical.encode(document))

    def use(self, address: str, successor: StoredKey) -> None:
        """Let ``successor`` be the key in use, as soon as this returns and for good.

        Raises:
            Unavailable: ``files_unavailable``.
        """
        create_private(self._path(address, successor.number, "used"), b"")

    def _successor(self, address: str, number: int) -> StoredKey:
        path = self._path(address, number, "json")
        kept = read_document(path, SuccessorFile)
        if kept is None or (kept.address, kept.number) != (address, number):
            raise damaged(path)
        return StoredKey(path, number, kept)

    def _number_in_use(self, address: str) -> int:
        return max(self._numbers(address, "used"), default=_FIRST)

    def _numbers(self, address: str, kind: str) -> set[int]:
        names = names_in(self.path / address) if _is_address(address) else ()
        found = (_NUMBERED.fullmatch(name) for name in names)
        return {int(each[1]) for each in found if each is not None and each[2] == kind}

    def _path(self, address: str, number: int, kind: str) -> Path:
        return self.path / address / f"{number}.{kind}"


def _is_address(text: str) -> bool:
    try:
        return parse_account_address(text) == text
    except Malformed:
        return False
