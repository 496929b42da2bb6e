"""The application does what ABCI 2.0 asks of it, and comes to what the embedded engine comes to."""

import pytest

from tallystick.contracts.catalogue import VERSIONS
from tallystick.engines.abci import replica
from tallystick.engines.storage import maintenance
from tallystick.engines.storage.store import Store
from tallystick.engines.wire import messages_pb2 as pb
from tallystick.engines.wire import queries
from tallystick.engines.wire.queries import Pairs, ProvedState, Scan, Standing, pack, unpack_answer
from tallystick.engines.wire.telling import heard
from tallystick.ledger import trie_proof
from tallystick.ledger.answers import Receipt
from tallystick.ledger.block import Block
from tallystick.ledger.genesis import compose_genesis
from tallystick.ledger.transaction import transaction_hash
from tests.engines.abci.node import Node, network_genesis, timestamp
from tests.engines.conformance import REFUSED_AT_THE_DOOR
from tests.ledger.chain import Chain
from tests.ledger.notebook import (
    ANNE,
    BERT,
    CHAIN,
    GENESIS_TIME,
    NOTEBOOK,
    STRANGER,
    genesis_document,
)


@pytest.fixture
def node(tmp_path):
    made = Node(tmp_path)
    yield made
    made.close()


@pytest.fixture
def begun(node):
    node.begin()
    return node


def test_every_request_of_abci_is_answered_in_its_kind(begun):
    begun.block(ANNE.call(1))
    kinds = {field.name for field in pb.Request.DESCRIPTOR.oneofs_by_name["value"].fields}
    answered = {
        "echo": pb.RequestEcho(message="hello"),
        "flush": pb.RequestFlush(),
        "info": pb.RequestInfo(),
        "query": pb.RequestQuery(path=queries.STATUS),
        "check_tx": pb.RequestCheckTx(tx=ANNE.call(2)),
        "list_snapshots": pb.RequestListSnapshots(),
        "load_snapshot_chunk": pb.RequestLoadSnapshotChunk(height=1, format=1),
        "apply_snapshot_chunk": pb.RequestApplySnapshotChunk(),
        "prepare_proposal": pb.RequestPrepareProposal(height=2, proposer_address=bytes(20)),
        "process_proposal": pb.RequestProcessProposal(height=2, proposer_address=bytes(20)),
        "extend_vote": pb.RequestExtendVote(),
        "verify_vote_extension": pb.RequestVerifyVoteExtension(),
        "finalize_block": begun.finalize_request(),
        "commit": pb.RequestCommit(),
    }
    for kind, request in answered.items():
        begun.ask(**{kind: request})
    assert kinds - answered.keys() == {"init_chain", "offer_snapshot"}  # asked only before the first block
    assert begun.ask(echo=answered["echo"]).message == "hello"


def test_a_request_that_is_not_of_abci_stops_the_node(node):
    assert node.application.answer(pb.Request()).WhichOneof("value") == "exception"
    assert node.application.failure.code == "unknown_request"


def test_info_says_nothing_is_committed_before_the_first_commit(node):
    info = node.ask(info=pb.RequestInfo())
    assert (info.last_block_height, info.last_block_app_hash) == (0, b"")
    root = node.begin()
    node.finalize(ANNE.call(1))
    assert node.ask(info=pb.RequestInfo()).last_block_height == 0
    node.commit()
    info = node.ask(info=pb.RequestInfo())
    assert info.last_block_height == 1
    assert info.last_block_app_hash == node.replica.app_hash != root


def test_beginning_twice_is_beginning_once(node):
    assert node.begin() == node.begin()
    node.reopen()
    assert node.begin() == Chain(genesis=network_genesis()).root


@pytest.mark.parametrize(
    "fields",
    [
        {"chain_id": "another"},
        {"time": timestamp(1)},
        {"initial_height": 7},
        {"app_state_bytes": genesis_document()},  # one that names a proposer
        {"app_state_bytes": b"{"},
        {"app_state_bytes": network_genesis("another"), "chain_id": "another"},  # not this node's chain
    ],
    ids=["chain", "time", "height", "proposer", "unreadable", "unexpected"],
)
def test_another_genesis_stops_the_node_and_leaves_no_ledger(node, fields):
    error = node.fail(init_chain=node.init_request(**fields))
    assert error.code in {"another_genesis", "malformed_genesis"}
    assert not node.replica.path.exists()


def test_validators_in_the_genesis_file_are_those_of_its_document(tmp_path):
    node = Node(tmp_path, versions=VERSIONS, genesis=consortium_genesis())
    other = pb.ValidatorUpdate(pub_key=pb.PublicKey(ed25519=bytes(ANNE.key.verify_key)), power=1)
    error = node.fail(init_chain=node.init_request(validators=[other]))
    assert error.code == "another_genesis"
    right = pb.ValidatorUpdate(pub_key=pb.PublicKey(ed25519=bytes(BERT.key.verify_key)), power=1)
    node.ask(init_chain=node.init_request(validators=[right]))
    node.close()


def consortium_genesis():
    """A genesis document of one member, Anne, whose node votes with Bert's key."""
    anne, bert = (bytes(one.key.verify_key).hex() for one in (ANNE, BERT))
    member = {"name": "Anne", "public_key": anne, "roles": ["operator"]}
    voting = {"operator": anne, "consensus_key": bert, "node_id": "0" * 40, "power": 1}
    parts = {"membership": {"members": [member]}, "nodes": {"nodes": [voting]}}
    return compose_genesis(CHAIN, GENESIS_TIME, b"", parts)


@pytest.mark.parametrize(
    ("kind", "code", "make"), REFUSED_AT_THE_DOOR, ids=[code for _, code, _ in REFUSED_AT_THE_DOOR]
)
def test_each_refusal_at_the_door_reaches_the_sender(begun, kind, code, make):
    refused = begun.check(make())
    assert (type(refused), refused.code) == (kind, code)


def test_numbers_are_counted_with_what_waits_and_anew_after_each_block(begun):
    assert [begun.check(ANNE.call(number)) for number in (1, 2)] == [None, None]
    assert begun.check(ANNE.call(2)).code == "transaction_replayed"
    assert begun.check(ANNE.call(4)).code == "sequence_gap"
    assert begun.query(queries.SEQUENCE, ANNE.address.encode()).value == b"3"
    begun.block(ANNE.call(1))
    assert begun.check(ANNE.call(1), again=True).code == "transaction_replayed"
    assert begun.check(ANNE.call(2), again=True) is None
    assert begun.query(queries.SEQUENCE, ANNE.address.encode()).value == b"3"
    assert begun.query(queries.SEQUENCE, STRANGER.address.encode()).code == queries.ABSENT


def next_number(node):
    return int(node.query(queries.SEQUENCE, ANNE.address.encode()).value)


def test_a_number_that_waits_is_not_given_again_between_a_block_and_the_recheck(begun):
    for number in range(1, 6):
        begun.check(ANNE.call(number))
    begun.block(ANNE.call(1), ANNE.call(2))
    assert next_number(begun) == 6
    assert begun.check(ANNE.call(3), again=True) is None
    assert next_number(begun) == 6


def test_a_number_is_given_again_once_the_recheck_has_let_go_of_its_transaction(begun):
    for number in range(1, 4):
        begun.check(ANNE.call(number))
    begun.block(ANNE.call(1))
    # CometBFT has lost number 2, and 3 follows nothing any more.
    assert begun.check(ANNE.call(3), again=True).code == "sequence_gap"
    assert next_number(begun) == 2
    begun.check(ANNE.call(2))
    begun.block()
    # It has lost everything: the first new transaction shows that nothing was left to show again.
    begun.check(BERT.call(1))
    assert next_number(begun) == 2


def test_a_proposal_leaves_out_what_nobody_answers_for(begun):
    good, forged, gap, junk = ANNE.call(1), STRANGER.sign(ANNE.body(2)), BERT.call(5), b"junk"
    assert begun.propose(forged, good, gap, junk, BERT.call(1)) == [good, BERT.call(1)]


def test_what_stands_behind_a_transaction_that_is_left_out_is_proposed_only_if_it_still_counts(begun):
    assert begun.propose(STRANGER.call(1), ANNE.call(1), ANNE.call(3), ANNE.call(2)) == [
        ANNE.call(1),
        ANNE.call(2),
    ]


BAD_BLOCKS = {
    "forged": [STRANGER.sign(ANNE.body(1))],
    "gap": [ANNE.call(2)],
    "twice": [ANNE.call(1), ANNE.call(1)],
    "junk": [b"junk"],
    "stranger": [STRANGER.call(1)],
    "empty bytes": [b""],
    "too large": [bytes(70_000)],
}


@pytest.mark.parametrize("wires", BAD_BLOCKS.values(), ids=BAD_BLOCKS)
def test_a_block_with_anything_bad_in_it_is_voted_down(begun, wires):
    assert not begun.accepts(*wires)
    assert not begun.accepts(BERT.call(1), *wires)
    assert begun.accepts(BERT.call(1))


def test_a_block_with_too_many_transactions_is_voted_down(begun, monkeypatch):
    monkeypatch.setattr(replica, "MAX_BLOCK_TRANSACTIONS", 2)
    wires = [ANNE.call(number) for number in (1, 2, 3)]
    assert begun.propose(*wires) == wires[:2]
    assert not begun.accepts(*wires)


def test_a_refusal_by_the_contract_stands_in_the_block(begun):
    wires = [ANNE.call(1, "refuse", key="k"), BERT.call(1, "fail", key="k")]
    assert begun.accepts(*wires)
    assert begun.block(*wires) == [(b"notebook_closed", b""), (b"contract_failed", b"")]
    receipt = unpack_answer(
        begun.query(queries.RECEIPT, bytes.fromhex(transaction_hash(wires[0]))).value, Receipt
    )
    assert (receipt.code, receipt.message) == ("notebook_closed", "The notebook is closed.")


def test_blocks_give_what_the_embedded_engine_gives(begun):
    """The same ordered transactions give the same results and the same app hash in both engines."""
    chain = Chain(genesis=network_genesis())
    blocks = [
        [ANNE.call(1), BERT.call(1)],
        [],
        [ANNE.call(2, "refuse", key="k"), BERT.call(2, "erase", key="x"), ANNE.call(3)],
        [b"junk", STRANGER.call(1), BERT.call(3, "fail", key="k")],
    ]
    for wires in blocks:
        finalized = begun.finalize(*wires)
        begun.commit()
        expected = chain.add(*wires, time=chain.head.time + 1000 + (chain.head.height == 0))
        assert finalized.app_hash.hex() == chain.head.app_hash
        assert [one.data for one in finalized.tx_results] == [
            one.code.encode() + b"\n" + one.data for one in expected
        ]
        assert [one.code for one in finalized.tx_results] == [int(one.code != "ok") for one in expected]


def test_executing_for_the_vote_changes_nothing_that_is_kept(begun):
    before = begun.replica.app_hash
    begun.propose(ANNE.call(1))
    begun.accepts(ANNE.call(1), BERT.call(1))
    begun.accepts(BERT.call(1))
    assert (begun.replica.app_hash, begun.replica.height) == (before, 0)
    assert begun.block(BERT.call(1)) == [(b"ok", b'{"address":"1-0","pages":1}')]


@pytest.mark.parametrize("asked", ["propose", "accepts", "finalize"])
def test_a_node_that_dies_before_its_commit_is_where_it_was_and_comes_to_the_same(begun, asked):
    begun.block(ANNE.call(1))
    expected = begun.finalize(ANNE.call(2), BERT.call(1)).app_hash
    getattr(begun, asked)(ANNE.call(2), BERT.call(1))
    begun.reopen()
    info = begun.ask(info=pb.RequestInfo())
    assert info.last_block_height == 1
    assert begun.finalize(ANNE.call(2), BERT.call(1)).app_hash == expected
    begun.commit()
    assert begun.replica.app_hash == expected


def test_a_commit_that_fails_half_way_keeps_nothing(begun, monkeypatch):
    begun.block(ANNE.call(1))
    root = begun.replica.app_hash
    put = Store.put_changes

    def put_and_die(self, changes, pages):
        put(self, changes, pages)
        raise KeyboardInterrupt

    expected = begun.finalize(ANNE.call(2)).app_hash
    monkeypatch.setattr(Store, "put_changes", put_and_die)
    with pytest.raises(KeyboardInterrupt):
        begun.commit()
    monkeypatch.undo()
    begun.reopen()
    assert (begun.replica.height, begun.replica.app_hash) == (1, root)
    begun.block(ANNE.call(2))
    assert begun.replica.app_hash == expected


def test_a_commit_without_a_block_stops_the_node(begun):
    assert begun.fail(commit=pb.RequestCommit()).code == "nothing_to_commit"


def test_a_block_out_of_turn_stops_the_node(begun):
    assert (
        begun.fail(finalize_block=begun.finalize_request(ANNE.call(1), height=3)).code == "unexpected_height"
    )


def test_queries_read_what_is_committed(begun):
    begun.block(*(ANNE.call(place, key=key, text=key) for place, key in enumerate("cab", 1)))
    assert begun.query(queries.STATE, b"notebook/a").value == b"a"
    assert begun.query(queries.STATE, b"notebook/z").code == queries.ABSENT
    pairs = unpack_answer(begun.query(queries.SCAN, pack(Scan("notebook/", 2))).value, Pairs)
    assert ([key for key, _ in pairs.pairs], pairs.complete) == (["notebook/a", "notebook/b"], False)
    rest = unpack_answer(begun.query(queries.SCAN, pack(Scan("notebook/", 2, "notebook/b"))).value, Pairs)
    assert (rest.pairs, rest.complete) == ([("notebook/c", b"c")], True)
    proved = unpack_answer(begun.query(queries.PROOF, b"notebook/a").value, ProvedState)
    assert trie_proof.verify(begun.replica.app_hash, "notebook/a", b"a", proved.pages)
    block = unpack_answer(begun.query(queries.BLOCK, b"1").value, Block)
    receipts = unpack_answer(begun.query(queries.RECEIPTS, b"1").value, list[Receipt])
    assert [one.transaction_hash for one in receipts] == [entry.data_hash for entry in block.entries]
    standing = unpack_answer(begun.query(queries.STATUS).value, Standing)
    assert (standing.height, standing.transactions, standing.first_height) == (1, 3, 0)
    assert begun.query(queries.GENESIS).value == begun.genesis


@pytest.mark.parametrize(
    ("path", "data", "code"),
    [
        ("/nothing", b"", "unknown_query"),
        (queries.BLOCK, b"9", "unknown_block"),
        (queries.BLOCK, b"-1", "malformed_query"),
        (queries.BLOCK, b"9" * 40, "malformed_query"),
        (queries.SCAN, b"\xff", "malformed_query"),
        (queries.SCAN, pack(Scan("", 10**9)), "malformed_query"),
        (queries.STATE, b"\xff", "malformed_query"),
    ],
)
def test_a_query_that_cannot_be_answered_says_why_and_stops_nothing(begun, path, data, code):
    answer = begun.query(path, data)
    assert (answer.code, heard(answer.log).code) == (queries.REFUSED, code)
    assert begun.application.failure is None


def test_a_query_before_the_chain_has_begun_stops_nothing(node):
    assert heard(node.query(queries.STATUS).log).code == "no_genesis"
    assert node.application.failure is None


def test_the_ledger_file_of_a_node_is_verified_from_block_0(begun):
    for number in range(1, 5):
        begun.block(ANNE.call(number), *([] if number % 2 else [BERT.call(number // 2)]))
    begun.close()
    followed = maintenance.verify(begun.replica.path, (NOTEBOOK,), lambda *_: None)
    assert (followed.height, followed.transactions) == (4, 6)
    begun.open()


def test_what_is_remembered_never_changes_a_result(tmp_path):
    """A node that checked every transaction at the door, and one that sees them first in the block."""
    fresh = ANNE.with_key("fresh")
    wires = [
        ANNE.call(1, "rotate", public_key=bytes(fresh.key.verify_key).hex()),
        ANNE.call(2),  # signed with the key that was
        fresh.call(2),
    ]
    roots = []
    for name, seen in (("seen", True), ("unseen", False)):
        (tmp_path / name).mkdir()
        node = Node(tmp_path / name)
        node.begin()
        if seen:
            assert [node.check(wire) and node.check(wire).code for wire in wires[:2]] == [None, None]
        assert [code for code, _ in node.block(*wires)] == [b"ok", b"forged_signature", b"ok"]
        roots.append(node.replica.app_hash)
        node.close()
    assert roots[0] == roots[1]
