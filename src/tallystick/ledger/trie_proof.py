"""Proofs against the state root: what the state holds under a key, or that it holds nothing there."""

from collections.abc import Sequence
from hashlib import sha256

from tallystick.errors import Corruption
from tallystick.ledger import trie

MAX_DEPTH = 64


def prove(pages: trie.PageReader, key: str) -> list[bytes]:
    """Return the bodies of the pages from the root towards ``key``, as far as there are any."""
    nibbles = _nibbles(key)
    bodies = []
    for depth in range(MAX_DEPTH):
        page = pages.page(nibbles[:depth])
        if page is None:
            break
        bodies.append(trie.encode_page(page))
        if len(page[nibbles[depth]]) != 32:
            break
    return bodies or [trie.encode_page(trie.EMPTY_PAGE)]


def verify(root: bytes, key: str, value: bytes | None, bodies: Sequence[bytes]) -> bool:
    """Return whether ``bodies`` prove that the state with this root holds ``value`` under ``key``.

    None as value asks for the proof of absence: the path ends at an empty slot or at another key's leaf.
    """
    expected, wanted = root, b"" if value is None else trie.leaf(key.encode(), value)
    for nibble, body in zip(_nibbles(key), bodies, strict=False):
        if sha256(b"\x01" + body).digest() != expected:
            return False
        try:
            slot = trie.decode_page(body)[nibble]
        except Corruption:
            return False
        if len(slot) == 32:
            expected = slot
            continue
        is_last = body is bodies[-1]
        if value is None:
            return is_last and slot[:32] != sha256(key.encode()).digest()
        return is_last and slot == wanted
    return False


def _nibbles(key: str) -> bytes:
    return bytes(int(digit, 16) for digit in sha256(key.encode()).hexdigest())
