"""A new node begins from a snapshot, and believes nothing of it that the validators have not signed."""

from dataclasses import replace

import pytest

from tallystick.engines.abci import snapshots
from tallystick.engines.abci.limits import Limits
from tallystick.engines.abci.snapshots import FORMAT, read_manifest
from tallystick.engines.storage import maintenance
from tallystick.engines.wire import messages_pb2 as pb
from tallystick.engines.wire import queries
from tallystick.engines.wire.telling import heard
from tallystick.errors import Conflict
from tests.engines.abci.node import Node, network_genesis
from tests.ledger.notebook import ANNE, BERT, NOTEBOOK

OFFER, APPLY = pb.ResponseOfferSnapshot, pb.ResponseApplySnapshotChunk


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A node with 40 pairs in pieces of a few hundred bytes, and one snapshot after block 5."""
    monkeypatch.setattr(snapshots, "PIECE_BYTES", 120)
    (tmp_path / "server").mkdir()
    node = Node(tmp_path / "server", Limits(snapshot_interval=5))
    node.begin()
    for height in range(5):
        node.block(*(ANNE.call(1 + 8 * height + place, key=f"{height}-{place}") for place in range(8)))
    node.snapshots.wait()
    yield node
    node.close()


@pytest.fixture
def joiner(tmp_path):
    (tmp_path / "joiner").mkdir()
    node = Node(tmp_path / "joiner")
    yield node
    node.close()


def offered(server):
    (snapshot,) = server.ask(list_snapshots=pb.RequestListSnapshots()).snapshots
    return snapshot


def offer(joiner, snapshot, app_hash):
    return joiner.ask(offer_snapshot=pb.RequestOfferSnapshot(snapshot=snapshot, app_hash=app_hash)).result


def piece(server, snapshot, index):
    request = pb.RequestLoadSnapshotChunk(height=snapshot.height, format=snapshot.format, chunk=index)
    return server.ask(load_snapshot_chunk=request).chunk


def apply(joiner, index, chunk, sender="peer"):
    request = pb.RequestApplySnapshotChunk(index=index, chunk=chunk, sender=sender)
    return joiner.ask(apply_snapshot_chunk=request)


def restore(server, joiner):
    snapshot = offered(server)
    assert offer(joiner, snapshot, server.replica.app_hash) == OFFER.ACCEPT
    for index in range(snapshot.chunks):
        assert apply(joiner, index, piece(server, snapshot, index)).result == APPLY.ACCEPT
    return snapshot


def test_a_restored_node_stands_where_the_snapshot_does_and_goes_on_alike(server, joiner):
    snapshot = restore(server, joiner)
    assert snapshot.chunks > 3
    info = joiner.ask(info=pb.RequestInfo())
    assert (info.last_block_height, info.last_block_app_hash) == (5, server.replica.app_hash)
    assert joiner.query(queries.STATE, b"notebook/3-3").value == b""
    wires = ANNE.call(41), BERT.call(1)
    assert joiner.block(*wires) == server.block(*wires)
    assert joiner.replica.app_hash == server.replica.app_hash
    joiner.reopen()
    assert joiner.replica.height == 6


def test_a_restored_ledger_says_which_blocks_it_has_not(server, joiner):
    restore(server, joiner)
    for height in (0, 3, 5):
        refused = heard(joiner.query(queries.BLOCK, str(height).encode()).log)
        assert (refused.code, refused.details["first_height"]) == ("block_not_kept", 6)
    joiner.block(ANNE.call(41))
    assert joiner.query(queries.BLOCK, b"6").code == 0
    with pytest.raises(Conflict) as caught:
        maintenance.verify(joiner.replica.path, (NOTEBOOK,), lambda *_: None)
    assert caught.value.code == "partial_ledger"


def test_a_damaged_piece_is_asked_for_again_and_its_sender_is_left_aside(server, joiner):
    snapshot = offered(server)
    offer(joiner, snapshot, server.replica.app_hash)
    good = piece(server, snapshot, 0)
    answer = apply(joiner, 0, good[:-1] + bytes([good[-1] ^ 1]), "liar")
    assert (answer.result, list(answer.refetch_chunks), list(answer.reject_senders)) == (
        APPLY.RETRY,
        [0],
        ["liar"],
    )
    assert apply(joiner, 0, good).result == APPLY.ACCEPT


def test_a_state_that_the_validators_have_not_signed_is_refused_whole(server, joiner):
    """A liar's snapshot is consistent in itself; only its root is not the one that was signed."""
    snapshot = offered(server)
    manifest = read_manifest(snapshot.metadata)
    signed = bytes(32)
    header = replace_struct(manifest.header, app_hash=signed.hex())
    lie = replace_struct(manifest, header=header)
    false = pb.Snapshot(
        height=snapshot.height, format=FORMAT, chunks=snapshot.chunks, hash=lie.hash, metadata=lie.encoded()
    )
    assert offer(joiner, false, signed) == OFFER.ACCEPT
    answers = [
        apply(joiner, index, piece(server, snapshot, index)).result for index in range(snapshot.chunks)
    ]
    assert answers[-1] == APPLY.REJECT_SNAPSHOT
    assert not joiner.replica.path.exists()
    restore(server, joiner)


def replace_struct(value, **fields):
    return type(value)(**{name: fields.get(name, getattr(value, name)) for name in value.__struct_fields__})


@pytest.mark.parametrize("lie", ["app_hash", "hash", "height", "metadata", "format"])
def test_an_offer_that_contradicts_itself_is_refused(server, joiner, lie):
    snapshot, app_hash = offered(server), server.replica.app_hash
    if lie == "app_hash":
        app_hash = bytes(32)
    elif lie == "hash":
        snapshot.hash = bytes(32)
    elif lie == "height":
        snapshot.height += 1
    elif lie == "metadata":
        snapshot.metadata += b" "
    else:
        snapshot.format = 2
    expected = OFFER.REJECT_FORMAT if lie == "format" else OFFER.REJECT
    assert offer(joiner, snapshot, app_hash) == expected


def test_a_snapshot_of_another_chain_is_refused(server, joiner):
    joiner.genesis = network_genesis("another")
    assert offer(joiner, offered(server), server.replica.app_hash) == OFFER.REJECT


def test_a_node_with_a_ledger_takes_no_snapshot(server, joiner):
    joiner.begin()
    request = pb.RequestOfferSnapshot(snapshot=offered(server), app_hash=server.replica.app_hash)
    assert joiner.fail(offer_snapshot=request).code == "ledger_exists"


def test_a_snapshot_shows_one_moment_whatever_is_committed_meanwhile(server):
    before = offered(server)
    server.snapshots.begin(server.replica.path)
    server.block(ANNE.call(41, key="later"))
    server.snapshots.wait()
    (after,) = server.ask(list_snapshots=pb.RequestListSnapshots()).snapshots
    assert after.hash == before.hash


def test_only_the_newest_snapshots_are_kept(tmp_path):
    node = Node(tmp_path, replace(Limits(), snapshot_interval=1, kept_snapshots=2))
    node.begin()
    for number in range(1, 6):
        node.block(ANNE.call(number))
        node.snapshots.wait()
    heights = [one.height for one in node.ask(list_snapshots=pb.RequestListSnapshots()).snapshots]
    assert heights == [5, 4]
    assert len(list((tmp_path / "snapshots").iterdir())) == 2
    node.close()


def test_old_blocks_are_forgotten_and_receipts_of_the_others_stay(tmp_path):
    node = Node(tmp_path, replace(Limits(), retained_blocks=10, snapshot_interval=0))
    node.begin()
    retained = [commit_of(node, number) for number in range(1, 201)]
    assert retained[9] == 0
    assert retained[10] == 2
    assert retained[199] == 191
    assert heard(node.query(queries.BLOCK, b"190").log).code == "block_not_kept"
    assert node.query(queries.BLOCK, b"191").code == 0
    assert node.query(queries.STATE, b"notebook/k1").value == b"1"
    node.reopen()
    node.block(ANNE.call(201))
    node.close()


def commit_of(node, number):
    node.finalize(ANNE.call(number, key=f"k{number}", text=str(number)))
    return node.commit().retain_height
