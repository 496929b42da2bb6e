"""The state root depends on the pairs alone, and its proofs hold for what is there and what is not."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.errors import Corruption
from tallystick.ledger import trie, trie_proof

keys = st.sampled_from([f"k/{number}" for number in range(40)])
values = st.one_of(st.none(), st.binary(max_size=3))
histories = st.lists(st.dictionaries(keys, values, max_size=12), max_size=12)


def reference_root(pairs: dict[str, bytes]) -> bytes:
    """The root from its definition, without updates: split the sorted leaves by nibble."""
    leaves = sorted(sha256(key.encode()).digest() + sha256(value).digest() for key, value in pairs.items())
    return page_of(leaves, 0)


def page_of(leaves: list[bytes], depth: int) -> bytes:
    filled = leaf_bits = 0
    content = b""
    for nibble in range(16):
        group = [leaf for leaf in leaves if int(leaf.hex()[depth], 16) == nibble]
        if group:
            filled |= 0x8000 >> nibble
            if len(group) == 1:
                leaf_bits |= 0x8000 >> nibble
                content += group[0]
            else:
                content += page_of(group, depth + 1)
    return sha256(b"\x01" + filled.to_bytes(2) + leaf_bits.to_bytes(2) + content).digest()


def follow(history):
    pages, pairs, root = trie.MemoryPages(), {}, trie.EMPTY_ROOT
    for changes in history:
        root, written = trie.update(pages, changes)
        pages.apply(written)
        for key, value in changes.items():
            pairs.pop(key, None)
            if value is not None:
                pairs[key] = value
    return pages, pairs, root


@given(histories)
def test_the_root_is_that_of_the_pairs_whatever_the_history(history):
    pages, pairs, root = follow(history)
    assert root == reference_root(pairs)
    rebuilt, fresh, _ = follow([pairs])
    assert {path: page for path, page in pages.items() if path or pairs} == (rebuilt if pairs else {})
    assert fresh == pairs


@given(st.dictionaries(keys, st.binary(max_size=3), min_size=1), st.randoms())
def test_the_order_of_insertion_does_not_matter(pairs, random):
    items = list(pairs.items())
    random.shuffle(items)
    assert follow([{key: value} for key, value in items])[2] == follow([pairs])[2]


@given(st.dictionaries(keys, st.binary(max_size=3), min_size=1))
def test_deleting_everything_leads_back_to_the_empty_root(pairs):
    pages, _, root = follow([pairs, dict.fromkeys(pairs)])
    assert root == trie.EMPTY_ROOT
    assert set(pages) == {b""}


@given(histories, keys)
def test_a_proof_holds_for_what_the_state_holds_and_for_nothing_else(history, key):
    pages, pairs, root = follow(history)
    bodies, value = trie_proof.prove(pages, key), pairs.get(key)
    assert trie_proof.verify(root, key, value, bodies)
    assert not trie_proof.verify(root, key, b"forged", bodies)
    assert not trie_proof.verify(root, key, b"" if value is None else None, bodies)
    assert not trie_proof.verify(sha256(root).digest(), key, value, bodies)
    assert not trie_proof.verify(root, key, value, bodies[:-1])


@settings(max_examples=20)
@given(histories, keys, st.data())
def test_any_changed_byte_of_a_proof_fails(history, key, data):
    pages, pairs, root = follow(history)
    bodies = trie_proof.prove(pages, key)
    place = data.draw(st.integers(0, len(bodies) - 1))
    for offset in range(len(bodies[place])):
        changed = bytearray(bodies[place])
        changed[offset] ^= 1
        tampered = [*bodies[:place], bytes(changed), *bodies[place + 1 :]]
        assert not trie_proof.verify(root, key, pairs.get(key), tampered)


@given(st.dictionaries(keys, st.binary(max_size=3), min_size=2))
def test_a_page_survives_its_encoding(pairs):
    pages, _, _ = follow([pairs])
    for page in pages.values():
        assert trie.decode_page(trie.encode_page(page)) == page


@pytest.mark.parametrize("body", [b"", b"\x80\x00\x00\x00", b"\x00\x00\x80\x00", bytes(5)])
def test_a_damaged_page_is_refused(body):
    with pytest.raises(Corruption) as caught:
        trie.decode_page(body)
    assert caught.value.code == "damaged_page"


def test_a_missing_page_is_noticed():
    pages, _, _ = follow([{f"k/{number}": b"v" for number in range(40)}])
    removed = next(path for path in pages if path)
    del pages[removed]
    with pytest.raises(Corruption) as caught:
        trie.update(pages, {f"k/{number}": b"w" for number in range(40)})
    assert caught.value.code == "missing_page"


def test_an_update_of_nothing_writes_nothing():
    pages, _, root = follow([{"k/1": b"a", "k/2": b"b"}])
    assert trie.update(pages, {"k/1": b"a", "k/3": None}) == (root, {})


def test_the_pages_of_one_write_grow_with_the_log_of_the_state():
    pages, written_pages = trie.MemoryPages(), []
    for size in (16**2, 16**3):
        pages.apply(trie.update(pages, {f"k/{number}": b"v" for number in range(size)})[1])
        counts = [len(trie.update(pages, {f"k/{number}": b"w"})[1]) for number in range(50)]
        written_pages.append(sum(counts) / len(counts))
    # Sixteen times the keys are one level more.
    assert 0.5 < written_pages[1] - written_pages[0] < 1.5
