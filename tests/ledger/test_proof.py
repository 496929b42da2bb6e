"""Bundles: checked with the proposer's key alone; any change makes them fail."""

import json

import pytest

from tallystick.errors import Malformed
from tallystick.ledger.proof import (
    check_inclusion,
    check_state,
    encode_proof,
    make_inclusion,
    parse_proof,
)
from tests.ledger.chain import Chain
from tests.ledger.notebook import ANNE, BERT, PROPOSER_PUBLIC_KEY

KEY = f"notebook/{ANNE.address}-2"


@pytest.fixture(scope="module")
def chain():
    chain = Chain()
    chain.add(*(ANNE.call(number) for number in range(1, 4)), BERT.call(1, "refuse", key="k"), BERT.call(2))
    return chain


def leaves(document, path=()):
    """Every scalar in a JSON document, by its path."""
    if isinstance(document, dict):
        for name, part in document.items():
            yield from leaves(part, (*path, name))
    elif isinstance(document, list):
        for place, part in enumerate(document):
            yield from leaves(part, (*path, place))
    else:
        yield path, document


def with_change(document, path):
    changed = json.loads(json.dumps(document))
    parent = changed
    for step in path[:-1]:
        parent = parent[step]
    value = parent[path[-1]]
    if isinstance(value, int):
        parent[path[-1]] = value + 1
    elif value is None:
        parent[path[-1]] = "eA=="
    else:
        swap = "B" if value[:1] == "A" else "A"
        parent[path[-1]] = swap + value[1:] if value else "eA=="
    return json.dumps(changed).encode()


def holds(bundle):
    try:
        proof = parse_proof(bundle)
        check = check_inclusion if "data" in proof.__struct_fields__ else check_state
        check(proof, PROPOSER_PUBLIC_KEY)
    except Malformed as error:
        assert error.code in {"proof_does_not_hold", "malformed_document"}  # noqa: PT017 every change must say why
        return False
    return True


@pytest.mark.parametrize("index", range(5))
def test_an_inclusion_proof_holds_and_no_changed_one_does(chain, index):
    bundle = encode_proof(make_inclusion(chain.blocks[1], index))
    assert holds(bundle)
    document = json.loads(bundle)
    for path, _ in leaves(document):
        assert not holds(with_change(document, path)), path


@pytest.mark.parametrize("key", [KEY, "notebook/absent", f"accounts/{BERT.address}"])
def test_a_state_proof_holds_and_no_changed_one_does(chain, key):
    bundle = encode_proof(chain.prove_state(key))
    assert holds(bundle)
    document = json.loads(bundle)
    assert (document["value"] is None) == (key == "notebook/absent")
    for path, _ in leaves(document):
        if path == ("key",) and document["value"] is None:
            continue  # another absent key may lead to the same empty slot
        assert not holds(with_change(document, path)), path


def test_a_proof_of_a_refusal_says_the_refusal(chain):
    assert make_inclusion(chain.blocks[1], 3).code == "notebook_closed"


def test_another_proposer_is_not_trusted(chain):
    proof = make_inclusion(chain.blocks[1], 0)
    with pytest.raises(Malformed) as caught:
        check_inclusion(proof, bytes(ANNE.key.verify_key))
    assert caught.value.code == "proof_does_not_hold"


def test_something_else_is_not_a_bundle():
    with pytest.raises(Malformed) as caught:
        parse_proof(b"{}")
    assert caught.value.code == "malformed_document"
