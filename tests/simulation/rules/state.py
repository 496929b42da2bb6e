"""The ledger's state as the auditor keeps it: JSON documents by state key, and the root over them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

Document = dict[str, Any]
Leaf = tuple[bytes, bytes]


def canonical(value: object) -> bytes:
    """Return the one JSON text of a value: names sorted, no blanks."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True)
class Call:
    """One transaction as a rule sees it."""

    chain: str
    sender: str
    arguments: Document
    height: int
    index: int
    time: int


@dataclass(frozen=True)
class Outcome:
    """What a rule expects: the codes of all rules that are broken, or none and the result's bytes."""

    broken: tuple[str, ...] = ()
    data: bytes = b""


class State:
    """All documents; a rule reads them, and writes them once it has found nothing broken."""

    def __init__(self) -> None:
        self._documents: dict[str, Document] = {}
        self._leaves: dict[bytes, bytes] = {}

    def get(self, key: str) -> Document | None:
        return self._documents.get(key)

    def under(self, prefix: str) -> Iterator[tuple[str, Document]]:
        """Yield what stands under a prefix, in key order."""
        for key in sorted(self._documents):
            if key.startswith(prefix):
                yield key, self._documents[key]

    def put(self, key: str, document: Document) -> None:
        self._documents[key] = document
        self._leaves[sha256(key.encode()).digest()] = sha256(canonical(document)).digest()

    def drop(self, key: str) -> None:
        self._documents.pop(key, None)
        self._leaves.pop(sha256(key.encode()).digest(), None)

    def pairs(self) -> dict[str, bytes]:
        return {key: canonical(document) for key, document in sorted(self._documents.items())}

    def root(self) -> str:
        """Return the root of the 16-ary Merkle trie over all documents, hex (docs/ledger.md)."""
        return _page(sorted(self._leaves.items()), 0).hex()


def _page(leaves: list[Leaf], depth: int) -> bytes:
    slots: dict[int, list[Leaf]] = {}
    for leaf in leaves:
        slots.setdefault(leaf[0][depth // 2] >> (0 if depth % 2 else 4) & 15, []).append(leaf)
    filled = single = 0
    contents = b""
    for slot, below in sorted(slots.items()):
        bit = 1 << (15 - slot)
        filled |= bit
        if len(below) == 1:
            single |= bit
            contents += below[0][0] + below[0][1]
        else:
            contents += _page(below, depth + 1)
    return sha256(b"\1" + filled.to_bytes(2, "big") + single.to_bytes(2, "big") + contents).digest()


@dataclass
class Findings:
    """The codes of the rules that a transaction breaks, as they are found."""

    codes: list[str] = field(default_factory=list)

    def unless(self, holds: object, code: str) -> bool:
        """Note ``code`` unless the rule holds; return whether it does."""
        if not holds:
            self.codes.append(code)
        return bool(holds)

    def outcome(self) -> Outcome:
        return Outcome(tuple(self.codes))
