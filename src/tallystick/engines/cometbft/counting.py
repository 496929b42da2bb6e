"""How many leaves an RFC 6962 tree has, proved from its root alone. Pure.

CometBFT's headers hold the root over a block's transactions, and not their number. Yet a place in the tree
means nothing without it: the path of leaf 1 of 2 is at the same time a valid path of leaf 2 of 3. So the
number is proved, by the tree's right edge. From the last leaf to the root every step comes from the right,
and what stands to the left of each step is full: it has 2^k leaves, and the k are the bits of the number
less one. That such a part has 2^k leaves, and no other number, shows in the path from its first leaf, which
has k steps. Leaves and inner nodes are hashed with different prefixes, so that no step can pass as a leaf.

The proof is the last leaf, then for each of those parts from right to left its first leaf and the path up:
at most ``log2(n)**2 / 2`` hashes. It holds for trees that were built by RFC 6962, as the validators vouch.
"""

from collections.abc import Sequence

from tallystick.ledger import merkle


def prove_count(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Return the proof of how many leaves there are; there must be one at least."""
    end = len(leaves) - 1
    proof = [[leaves[end]]]
    for height in _full_parts(len(leaves)):
        part = leaves[end - 2**height : end]
        proof.append([part[0], *merkle.inclusion_path(part, 0)])
        end -= len(part)
    return proof


def is_count(root: bytes, count: int, proof: Sequence[Sequence[bytes]]) -> bool:
    """Return whether ``proof`` shows that the tree with this root has ``count`` leaves."""
    heights = _full_parts(count) if count > 0 else []
    steps = [0, *heights]
    if count < 1 or [len(part) - 1 for part in proof] != steps:
        return False
    tops = [_top(part) for part in proof]
    value = tops[0]
    for left in tops[1:]:
        value = merkle.node_hash(left, value)
    return value == root


def _full_parts(count: int) -> list[int]:
    """Return the heights of the full parts to the left of the last leaf, from right to left."""
    return [height for height in range((count - 1).bit_length()) if (count - 1) >> height & 1]


def _top(part: Sequence[bytes]) -> bytes:
    value = merkle.leaf_hash(part[0])
    for sibling in part[1:]:
        value = merkle.node_hash(value, sibling)
    return value
