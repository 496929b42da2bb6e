"""RFC 6962: known roots, inclusion proofs, and that no changed proof passes."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.ledger import merkle

# The eight leaves and roots of the reference implementation of Certificate Transparency
# (google/certificate-transparency, merkletree tests), also used by RFC 6962 libraries elsewhere.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def split_root(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962, section 2.1, word for word: split at the largest power of two below n."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + split_root(leaves[:split]) + split_root(leaves[split:])).digest()


def test_the_empty_tree_hashes_the_empty_string():
    assert merkle.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_the_reference_implementation(size):
    assert merkle.root(LEAVES[:size]).hex() == ROOTS[size - 1]


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_the_root_follows_the_definition_at_every_size(leaves):
    assert merkle.root(leaves) == split_root(leaves)


@given(st.integers(1, 70), st.data())
def test_a_path_proves_its_leaf_and_nothing_else(size, data):
    leaves = [bytes([number]) for number in range(size)]
    index = data.draw(st.integers(0, size - 1))
    root, path = merkle.root(leaves), merkle.inclusion_path(leaves, index)
    assert merkle.verify_inclusion(root, leaves[index], index, size, path)
    assert not merkle.verify_inclusion(root, b"another", index, size, path)
    assert not merkle.verify_inclusion(root, leaves[index], index, size, [*path, bytes(32)])
    assert not merkle.verify_inclusion(root, leaves[index], size, size, path)
    for place in range(len(path)):
        changed = [*path]
        changed[place] = bytes([changed[place][0] ^ 1]) + changed[place][1:]
        assert not merkle.verify_inclusion(root, leaves[index], index, size, changed)
        assert not merkle.verify_inclusion(root, leaves[index], index, size, path[:place])
    for other in set(range(size)) - {index}:
        assert not merkle.verify_inclusion(root, leaves[index], other, size, path)
