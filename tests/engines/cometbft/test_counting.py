"""The number of leaves is proved by the root alone; no proof shows another number."""

from hashlib import sha256
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.engines.cometbft.counting import is_count, prove_count
from tallystick.ledger import merkle


def leaves(count):
    return [sha256(bytes([place % 256, place // 256])).digest() for place in range(count)]


@given(st.integers(1, 600))
def test_the_number_of_leaves_can_be_proved(count):
    tree = leaves(count)
    assert is_count(merkle.root(tree), count, prove_count(tree))


@given(st.integers(1, 300), st.integers(-2, 600))
def test_the_proof_of_one_number_proves_no_other(count, other):
    tree = leaves(count)
    assert is_count(merkle.root(tree), other, prove_count(tree)) == (other == count)


def test_a_path_alone_would_fit_two_positions():
    tree = leaves(3)
    root, path = merkle.root(tree), merkle.inclusion_path(tree, 2)
    assert merkle.verify_inclusion(root, tree[2], 2, 3, path)
    assert merkle.verify_inclusion(root, tree[2], 1, 2, path)  # why the number has to be proved
    assert not is_count(root, 2, [[tree[2]], [tree[0]]])


@pytest.mark.parametrize("count", range(1, 6))
def test_no_choice_of_true_paths_proves_another_number(count):
    tree = leaves(count)
    root = merkle.root(tree)
    paths = [[tree[place], *merkle.inclusion_path(tree, place)] for place in range(count)]
    for other in range(1, 13):
        steps = [0] + [height for height in range(4) if (other - 1) >> height & 1]
        choices = [[path[: step + 1] for path in paths if len(path) > step] for step in steps]
        shown = any(is_count(root, other, proof) for proof in product(*choices))
        assert shown == (other == count)


@given(st.integers(1, 40), st.data())
def test_a_proof_with_one_hash_changed_proves_nothing(count, data):
    tree = leaves(count)
    proof = prove_count(tree)
    part = data.draw(st.integers(0, len(proof) - 1))
    place = data.draw(st.integers(0, len(proof[part]) - 1))
    changed = data.draw(st.sampled_from([b"\x07" * 32, b"", proof[part][place] + b"\0"]))
    proof[part][place] = changed
    assert not is_count(merkle.root(tree), count, proof)


def test_a_proof_of_a_thousand_leaves_is_small():
    assert sum(map(len, prove_count(leaves(1000)))) < 50
