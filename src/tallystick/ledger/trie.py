"""The state root: a 16-ary Merkle trie over SHA-256 of the keys, whose root depends on the pairs only.

A page has 16 slots. A slot is empty (no bytes), a leaf (64 bytes: key hash, value hash) or the hash of
the page below (32 bytes). A slot holds a leaf exactly when one key lies under its prefix, so one set of
pairs has one trie, whatever its history. A page's body is a 2-byte bitmap of its filled slots, a
2-byte bitmap of those that are leaves (slot 0 is the highest bit), and the contents in slot order; its
hash is SHA-256(0x01 || body). A page is found by its path: the nibbles of the key hash that lead to
it, one byte for each, the root page at the empty path.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple, Protocol

from tallystick.errors import Corruption

Page = tuple[bytes, ...]
Leaf = bytes
Change = tuple[bytes, bytes | None]

EMPTY_PAGE: Page = (b"",) * 16
_HASH, _LEAF = 32, 64
_BITS = tuple(1 << (15 - slot) for slot in range(16))
# Turn the sizes of 16 slots into the binary digits of a bitmap.
_FILLED = b"0" + b"1" * 255
_LEAVES = b"0" * _LEAF + b"1" * (256 - _LEAF)
_NIBBLE = tuple(bytes([nibble]) for nibble in range(16))


class Written(NamedTuple):
    """A page that an update has made, with its body."""

    page: Page
    body: bytes


PageChanges = dict[bytes, Written | None]


class PageReader(Protocol):
    """Where pages are kept: a database, memory, a snapshot."""

    def page(self, path: bytes) -> Page | None:
        """Return the page at ``path``, or None when there is none."""
        ...


class MemoryPages(dict[bytes, Page]):
    """Pages in memory, by path."""

    def page(self, path: bytes) -> Page | None:
        """Return the page at ``path``, or None when there is none."""
        return self.get(path)

    def apply(self, changes: Mapping[bytes, Written | None]) -> None:
        """Take over what ``update`` returned."""
        for path, written in changes.items():
            if written is None:
                self.pop(path, None)
            else:
                self[path] = written.page


def encode_page(page: Page) -> bytes:
    """Return the page's body."""
    sizes = bytes(map(len, page))
    bitmaps = int(sizes.translate(_FILLED) + sizes.translate(_LEAVES), 2)
    return bitmaps.to_bytes(4) + b"".join(page)


def decode_page(body: bytes) -> Page:
    """Return the page with this body.

    Raises:
        Corruption: ``damaged_page`` when the bitmaps and the length do not fit.
    """
    bitmaps = int.from_bytes(body[:4])
    filled, leaves = bitmaps >> 16, bitmaps & 0xFFFF
    slots, start = [], 4
    for bit in _BITS:
        size = (_LEAF if leaves & bit else _HASH) if filled & bit else 0
        slots.append(body[start : start + size])
        start += size
    if len(body) != start or leaves & ~filled:
        raise Corruption(
            "damaged_page", "A page of the state trie is damaged; rebuild the ledger from its blocks."
        )
    return tuple(slots)


def page_hash(page: Page) -> bytes:
    """Return SHA-256(0x01 || body), 32 bytes."""
    return body_hash(encode_page(page))


def body_hash(body: bytes) -> bytes:
    """Return SHA-256(0x01 || body), 32 bytes."""
    return sha256(b"\x01" + body).digest()


EMPTY_ROOT = page_hash(EMPTY_PAGE)


def leaf(key: bytes, value: bytes) -> Leaf:
    """Return the leaf of a pair: SHA-256(key) || SHA-256(value)."""
    return sha256(key).digest() + sha256(value).digest()


def update(pages: PageReader, changes: Mapping[str, bytes | None]) -> tuple[bytes, PageChanges]:
    """Apply one block's changes (value by key; None deletes) without writing anything.

    Returns:
        The new root (32 bytes) and the pages that changed, by path; None where a page is gone.

    Raises:
        Corruption: ``missing_page`` when a page that another one names is not there.
    """
    return update_hashed(pages, sorted(map(_hashed, changes.items())))


def update_hashed(pages: PageReader, changes: Sequence[Change]) -> tuple[bytes, PageChanges]:
    """As ``update``, for changes that are already (key hash, leaf or None), sorted and without repeats."""
    changed: PageChanges = {}
    before = pages.page(b"")
    after = _update_page(pages, changed, b"", before or EMPTY_PAGE, changes)
    if before is None or after != before:
        return _write(changed, b"", after), changed
    return page_hash(before), changed


def _write(changed: PageChanges, path: bytes, page: Page) -> bytes:
    """Note a changed page and return its hash."""
    body = encode_page(page)
    changed[path] = Written(page, body)
    return body_hash(body)


def _hashed(change: tuple[str, bytes | None]) -> Change:
    key, value = change
    key_hash = sha256(key.encode()).digest()
    return key_hash, None if value is None else key_hash + sha256(value).digest()


def _update_page(
    pages: PageReader, changed: PageChanges, path: bytes, page: Page, changes: Sequence[Change]
) -> Page:
    slots = list(page)
    for nibble, group in _by_nibble(changes, len(path)):
        slots[nibble] = _update_slot(pages, changed, path + _NIBBLE[nibble], slots[nibble], group)
    return tuple(slots)


def _update_slot(
    pages: PageReader, changed: PageChanges, path: bytes, slot: bytes, changes: Sequence[Change]
) -> bytes:
    if len(slot) != _HASH:
        return _slot_of_leaves(changed, path, _merged(slot, changes))
    before = pages.page(path)
    if before is None:
        raise Corruption(
            "missing_page", "A page of the state trie is missing; rebuild the ledger from its blocks."
        )
    after = _update_page(pages, changed, path, before, changes)
    if after == before:
        return slot
    filled = [content for content in after if content]
    if not filled or (len(filled) == 1 and len(filled[0]) == _LEAF):
        changed[path] = None
        return filled[0] if filled else b""
    return _write(changed, path, after)


def _slot_of_leaves(changed: PageChanges, path: bytes, leaves: Sequence[Leaf]) -> bytes:
    """Return the slot for all the leaves under ``path``, building the pages that it needs."""
    if len(leaves) < 2:
        return leaves[0] if leaves else b""
    slots = list(EMPTY_PAGE)
    for nibble, group in _by_nibble([(one, one) for one in leaves], len(path)):
        slots[nibble] = _slot_of_leaves(changed, path + _NIBBLE[nibble], [one for one, _ in group])
    return _write(changed, path, tuple(slots))


def _merged(slot: bytes, changes: Sequence[Change]) -> list[Leaf]:
    """Return the leaves of a slot that was empty or one leaf, after the changes, sorted."""
    leaves = [after for _, after in changes if after is not None]
    if slot and all(key_hash != slot[:_HASH] for key_hash, _ in changes):
        leaves.append(slot)
        leaves.sort()
    return leaves


def _by_nibble(changes: Sequence[Change], depth: int) -> Iterable[tuple[int, Sequence[Change]]]:
    """Split sorted changes by the nibble of the key hash at ``depth``."""
    if len(changes) == 1:
        return ((_nibble(changes[0][0], depth), changes),)
    groups: dict[int, list[Change]] = {}
    for change in changes:
        byte = change[0][depth >> 1]
        groups.setdefault(byte & 15 if depth & 1 else byte >> 4, []).append(change)
    return groups.items()


def _nibble(key_hash: bytes, depth: int) -> int:
    byte = key_hash[depth >> 1]
    return byte & 15 if depth & 1 else byte >> 4
