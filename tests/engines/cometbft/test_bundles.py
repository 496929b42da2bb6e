"""Bundles of a network, made on a real chain: checked with the genesis validators; any change is named."""

import json
from functools import partial

import msgspec
import pytest

from tallystick.engines.cometbft.bundles import (
    NetworkInclusion,
    NetworkState,
    check_network_inclusion,
    check_network_state,
    hops_to,
    make_inclusion,
    make_state,
    parse_bundle,
)
from tallystick.engines.cometbft.headers import FOR_BLOCK, Moment, Validator, Vote
from tallystick.engines.cometbft.light import Trust, read_trust
from tallystick.errors import Corruption, Malformed, NotFound, Unavailable
from tallystick.ledger.proof import MAX_BUNDLE_BYTES, encode_proof
from tests.engines.cometbft.application import Application
from tests.engines.cometbft.network import Network, wait_until
from tests.ledger.notebook import ANNE, BERT, CHAIN, key_of

KEY = f"notebook/{ANNE.address}-2"
LATER, LATEST = bytes(key_of("later").verify_key), bytes(key_of("latest").verify_key)


def name_chain(document):
    document["chain_id"] = CHAIN
    document["validators"][0]["power"] = "10"


class Lived:
    """A chain with blocks of five, one, one and three transactions, and two changes of validators."""

    def __init__(self, application, network):
        self.network, self.chain = network, application.chain
        self.rpc, self.application = network.rpc(), application
        refused = BERT.call(1, "refuse", key="k")
        self.five = self.add(*(ANNE.call(number) for number in (1, 2, 3)), refused, BERT.call(2))
        application.updates = [(LATER, 1)]
        self.first_change = self.add(ANNE.call(4))
        application.updates = [(LATER, 0), (LATEST, 2)]
        self.add(ANNE.call(5))
        self.three = self.add(*(ANNE.call(number) for number in (6, 7, 8)))
        # The node keeps a block before the application has executed it.
        wait_until(lambda: self.chain.head.height > self.three.header.height)
        self.changes = application.change_heights
        self.trust = read_trust(network.genesis)

    def add(self, *wires):
        """Put transactions into one block; return it once the next one is there."""
        self.application.gather = len(wires)
        for wire in wires:
            assert self.rpc.broadcast(wire).code == 0
        known = {entry.data for entry in (wait_until(partial(self.block_with, wires[-1]))).entries}
        assert known == set(wires)
        block = self.block_with(wires[-1])
        self.network.wait_for_height(block.header.height + 1)
        return block

    def block_with(self, wire):
        holding = (one for one in self.chain.blocks if any(entry.data == wire for entry in one.entries))
        return next(holding, None)

    def inclusion(self, block, index):
        return make_inclusion(self.rpc, block, index, self.changes)

    def state(self, key=KEY):
        proof, head = self.chain.prove_state(key), self.chain.head
        root = bytes.fromhex(head.app_hash)
        return make_state(self.rpc, key, proof.value, proof.pages, root, head.height, self.changes)


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    folder = tmp_path_factory.mktemp("network")
    with Application() as application, Network(folder, 1, application.address, genesis=name_chain) as network:
        network.start()
        yield Lived(application, network)


def check(bundle, trust):
    {NetworkInclusion: check_network_inclusion, NetworkState: check_network_state}[type(bundle)](
        bundle, trust
    )


@pytest.mark.parametrize("index", range(5))
def test_every_transaction_and_its_result_are_proved_by_the_genesis_validators_alone(lived, index):
    bundle = lived.inclusion(lived.five, index)
    again = parse_bundle(encode_proof(bundle))
    assert again == bundle
    check(again, lived.trust)
    assert (again.index, again.transactions, again.header.height) == (index, 5, lived.five.header.height)
    assert again.code == (
        "notebook_closed" if lived.five.entries[index].data == again.data and index == 3 else "ok"
    )


def test_proofs_above_changes_of_validators_carry_the_changes(lived):
    bundle = lived.inclusion(lived.three, 2)
    assert [hop.header.height for hop in bundle.hops] == [height + 1 for height in lived.changes]
    assert len(bundle.hops) == 2
    assert bundle.validators == lived.rpc.validators(bundle.next_header.height)
    assert {one.public_key for one in bundle.validators} > {LATEST.hex()}
    check(parse_bundle(encode_proof(bundle)), lived.trust)


def test_a_change_comes_in_only_where_it_is_in_force(lived):
    change = lived.changes[0]
    assert hops_to(lived.rpc, lived.changes, change + 1) == []
    assert len(hops_to(lived.rpc, lived.changes, change + 2)) == 1
    assert len(hops_to(lived.rpc, [*lived.changes, lived.five.header.height - 1], change + 2)) == 1


@pytest.mark.parametrize(("key", "holds"), [(KEY, b"x"), ("notebook/nothing", None)])
def test_what_the_state_holds_and_does_not_hold_is_proved(lived, key, holds):
    bundle = parse_bundle(encode_proof(lived.state(key)))
    assert bundle.value == holds
    check(bundle, lived.trust)


def test_a_block_that_changed_nothing_proves_the_state_with_its_own_header(lived):
    head = lived.chain.head
    assert not head.transactions
    assert lived.state().header.height == head.height


def test_a_block_that_changed_the_state_proves_it_with_the_header_above(lived):
    height, root = lived.three.header.height, bytes.fromhex(lived.three.header.app_hash)
    proof = lived.chain.prove_state(KEY)
    bundle = make_state(lived.rpc, KEY, proof.value, proof.pages, root, height, lived.changes)
    assert bundle.header.height == height + 1
    check(bundle, lived.trust)


def test_the_state_of_the_genesis_document_is_proved_by_the_first_header(lived):
    root = bytes.fromhex(lived.chain.blocks[0].header.app_hash)
    assert make_state(lived.rpc, KEY, None, [], root, 0, lived.changes).header.height == 1


def test_what_needs_a_block_that_is_not_there_yet_is_not_yet_provable(lived):
    last = lived.rpc.status().height
    early = msgspec.structs.replace(
        lived.three, header=msgspec.structs.replace(lived.three.header, height=last)
    )
    with pytest.raises(Unavailable) as inclusion:
        lived.inclusion(early, 0)
    with pytest.raises(Unavailable) as state:
        make_state(lived.rpc, KEY, None, [], b"\x01" * 32, last, lived.changes)
    assert inclusion.value.code == state.value.code == "not_yet_provable"


def test_a_block_that_never_was_and_a_root_that_nobody_agreed_on_are_refused(lived):
    header = msgspec.structs.replace(lived.three.header, height=10_000)
    with pytest.raises(NotFound, check=lambda error: error.code == "unknown_block"):
        lived.inclusion(msgspec.structs.replace(lived.three, header=header), 0)
    with pytest.raises(Corruption, check=lambda error: error.code == "state_differs"):
        make_state(lived.rpc, KEY, None, [], b"\x01" * 32, 1, lived.changes)


class Doubtful:
    """A node whose commits hold a vote that CometBFT might accept and we do not, of one who was absent."""

    def __init__(self, rpc):
        self.validators, self._commit = rpc.validators, rpc.commit

    def commit(self, height):
        header, commit = self._commit(height)
        votes = [
            vote if vote.address else Vote(FOR_BLOCK, one.address, Moment(0, 0), "00" * 64)
            for one, vote in zip(self.validators(height), commit.signatures, strict=True)
        ]
        return header, msgspec.structs.replace(commit, signatures=tuple(votes))


def test_a_doubtful_vote_keeps_no_transaction_from_being_proved(lived):
    bundle = make_inclusion(Doubtful(lived.rpc), lived.three, 0, lived.changes)
    assert bundle == lived.inclusion(lived.three, 0)
    check(bundle, lived.trust)


def test_a_bundle_that_claims_another_number_of_transactions_is_refused(lived):
    """Leaf 2 of 3 has the path of leaf 1 of 2: only the number tells the positions apart."""
    bundle = lived.inclusion(lived.three, 2)
    first = lived.inclusion(lived.three, 0)
    moved = msgspec.structs.replace(
        bundle, index=1, transactions=2, count_path=[bundle.count_path[0], [first.count_path[1][0]]]
    )
    assert refusal(moved, lived.trust) == "the block does not hold that many transactions"


def test_another_chain_and_other_genesis_validators_refuse_the_bundle(lived):
    bundle = lived.inclusion(lived.five, 0)
    elsewhere = Trust("another-chain", lived.trust.validators)
    others = Trust(CHAIN, (Validator(LATER.hex(), 10),))
    assert refusal(bundle, elsewhere) == "the header is of another chain"
    assert refusal(bundle, others) == "the validators are not those that the changes lead to"
    assert "names other validators than the trusted" in refusal(lived.state(), others)


def test_a_bundle_without_one_of_its_changes_is_refused(lived):
    bundle = lived.inclusion(lived.three, 0)
    for hops in (bundle.hops[:1], []):
        short = msgspec.structs.replace(bundle, hops=hops)
        assert refusal(short, lived.trust) == "the validators are not those that the changes lead to"
    turned = msgspec.structs.replace(bundle, hops=bundle.hops[::-1])
    assert "change of validators at height" in refusal(turned, lived.trust)


def test_a_header_below_the_last_change_is_refused(lived):
    below = lived.inclusion(lived.five, 0)
    later = msgspec.structs.replace(below, hops=lived.inclusion(lived.three, 0).hops)
    assert refusal(later, lived.trust) == "the header does not stand above the last change of validators"


def refusal(bundle, trust):
    """Why a bundle does not hold: the sentence without its beginning and its full stop."""
    with pytest.raises(Malformed) as caught:
        check(bundle, trust)
    assert caught.value.code == "proof_does_not_hold"
    return caught.value.message.removeprefix("The proof does not hold: ").removesuffix(".")


# Which sentence a change of each part of a bundle must get, by the name of the part.
NAMES = {
    "hops": "change of validators at height",
    "next_header": "header",
    "commit": "header",
    "validators": "the validators are not those that the changes lead to",
    "index": "the transaction is not in the block at that position",
    "transactions": "the block does not hold that many transactions",
    "count_path": "the block does not hold that many transactions",
    "data": "the transaction is not in the block at that position",
    "path": "the transaction is not in the block at that position",
    "code": "the result is not the transaction's",
    "result": "the result is not the transaction's",
    "result_path": "the result is not the transaction's",
    "key": "the state does not hold that value under the key",
    "value": "the state does not hold that value under the key",
    "pages": "the state does not hold that value under the key",
}
HEADER_OF = {
    NetworkInclusion: "the next header does not name the header of the block",
    NetworkState: "header",
}


def places(document, path=()):
    """Every scalar and every list in a JSON document, by its path."""
    if isinstance(document, dict):
        for name, part in document.items():
            yield from places(part, (*path, name))
        return
    yield path
    for place, part in enumerate(document if isinstance(document, list) else []):
        yield from places(part, (*path, place))


def changed(value):
    if isinstance(value, list):
        return value[:-1] or ["00"]
    if isinstance(value, int):
        return value + 1
    if not value:
        return "AAAA" if value is None else "00"
    return ("1" if value[0] == "0" else "0") + value[1:]


def with_change(document, path):
    copy = json.loads(json.dumps(document))
    parent = copy
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = changed(parent[path[-1]])
    return json.dumps(copy).encode()


@pytest.mark.parametrize("make", [lambda one: one.inclusion(one.three, 1), lambda one: one.state()])
def test_a_change_anywhere_in_a_bundle_is_refused_with_the_part_named(lived, make):
    bundle = make(lived)
    document = json.loads(encode_proof(bundle))
    names = {**NAMES, "header": HEADER_OF[type(bundle)]}
    told = set()
    for path in places(document):
        code, sentence = verdict(with_change(document, path), lived.trust)
        named = names["validators"] if path == ("hops",) else names.get(path[0], "")
        assert code == "malformed_document" or named in sentence, (path, sentence)
        told.add(path[0] if code == "proof_does_not_hold" else code)
    assert told == {*document, "malformed_document"} - {"format"}


def verdict(data, trust):
    with pytest.raises(Malformed) as caught:
        check(parse_bundle(data), trust)
    return caught.value.code, caught.value.message


def test_what_is_no_bundle_cannot_be_read(lived):
    document = json.loads(encode_proof(lived.state()))
    signatures = [{"flag": 4, "address": "", "time": {"seconds": 0, "nanos": 0}, "signature": ""}]
    for part in (
        {"more": 1},
        {"format": "tallystick/state/1"},
        {"header": {**document["header"], "height": -1}},
        {"header": {**document["header"], "app_hash": "AB"}},
        {"commit": {**document["commit"], "signatures": signatures}},
    ):
        with pytest.raises(Malformed, check=lambda error: error.code == "malformed_document"):
            parse_bundle(json.dumps({**document, **part}).encode())
    with pytest.raises(Malformed, check=lambda error: error.code == "malformed_document"):
        parse_bundle(b" " * (MAX_BUNDLE_BYTES + 1))
