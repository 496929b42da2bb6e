"""Nodes come and go: let in, synced from a snapshot, given a vote by three of four, and leaving."""

import itertools
import time

import pytest

from tallystick.bootstrap.node import governing
from tallystick.bootstrap.node.joining import join_network
from tallystick.bootstrap.node.local import HOST, LOCAL_PACE, PORTS_FOR_EACH, free_ports
from tallystick.bootstrap.node.making import Ports, make_node
from tallystick.engines.storage.view import View
from tallystick.errors import NotFound
from tests.network.anchors import opening, send, signed
from tests.network.conftest import SNAPSHOT_INTERVAL
from tests.network.histories import settle
from tests.network.networks import quick_keys, wait_until

pytestmark = [pytest.mark.network, pytest.mark.xdist_group("network")]
#: In so long, a node that may connect does.
CALL_S = 3
_numbers = itertools.count(1)


def newcomer(network):
    """Make a node with its card for a member that is not in yet; return the key of its home, and the card."""
    key = f"newcomer{next(_numbers)}"
    settings = network.settings(key)
    settings.home.mkdir(mode=0o700)
    p2p, rpc, watch, metrics = (f"{HOST}:{port}" for port in free_ports(PORTS_FOR_EACH, None))
    with quick_keys():
        made = make_node(
            settings,
            network.store(key),
            name=f"New member {key}",
            roles=("lender",),
            ports=Ports(p2p, rpc, watch, metrics, endpoint=p2p),
            pace=LOCAL_PACE,
            genesis=network.genesis.read_bytes(),
        )
    return key, made.card


def join(network, key, sync_from=()):
    servers = [network.node(each).rpc_url for each in sync_from]
    join_network(network.settings(key), network.genesis.read_bytes(), sync_from=servers)


def peers(network, key):
    return {peer.node_id for peer in network.rpc(key).net_info()}


def grow(network, blocks):
    """Let the chain have so many blocks at least."""
    while network.height(network.keys[0]) < blocks:
        send(network, network.keys[0])


@pytest.fixture(scope="module")
def fifth(_four):
    """Four nodes, and the key of a fifth that was admitted, has joined by state sync, and runs."""
    _four.heal()
    grow(_four, 3 * SNAPSHOT_INTERVAL)
    key, card = newcomer(_four)
    governing.admit(_four.settings(_four.keys[0]), card)
    join(_four, key, sync_from=_four.keys[:2])
    _four.start(key)
    _four.await_ready([key], 60)
    yield _four, key
    _four.stop([key])


def test_a_fifth_node_joins_by_state_sync_and_never_executes_the_early_blocks(fifth):
    network, key = fifth
    receipt = send(network, network.keys[1])
    network.await_height(key, settle(network, network.keys))
    store, other = View.open_reading(network.ledger(key)), View.open_reading(network.ledger(network.keys[0]))
    try:
        first, height = store.first_height(), store.height()
        assert first > SNAPSHOT_INTERVAL
        with pytest.raises(NotFound) as caught:
            store.block(first - 1)
        assert caught.value.code == "block_not_kept"
        for each in range(first, height + 1):
            assert store.block(each) == other.block(each)
        assert dict(store.every("state")) == dict(other.every("state"))
    finally:
        store.close()
        other.close()
    engine = network.engine(key)
    assert engine.receipt(receipt.transaction_hash) == receipt
    assert engine.status().app_hash == network.engine(network.keys[0]).status().app_hash
    assert send(network, key).code == "ok"  # its own member writes by way of it


def test_one_or_two_of_four_cannot_change_power(four):
    a, b, _, d = four.keys
    account = four.node(d).account
    before = four.engine(a).validators()
    for key in (a, b):
        outcome = governing.appoint(four.settings(key), account, 0)
        assert not outcome.took_effect
        assert outcome.total_power == len(four.keys)
    for _ in range(3):
        send(four, a)
    assert four.engine(a).validators() == before
    for key in (a, b):  # a ballot for what is so takes the earlier one back
        governing.appoint(four.settings(key), account, 1)


def test_an_appointed_node_votes_until_it_leaves_and_the_others_go_on_without_it(fifth):
    network, key = fifth
    account, votes_as = network.node(key).account, network.consensus_address(key)
    outcomes = [governing.appoint(network.settings(each), account, 1) for each in network.keys[:3]]
    assert [outcome.took_effect for outcome in outcomes] == [False, False, True]

    def has_signed():
        height = send(network, network.keys[0]).height
        assents = network.engine(network.keys[0]).certificate(height).assents
        return any(each.address == votes_as and each.signature for each in assents)

    wait_until(has_signed, what="a block that the fifth node has signed")
    governing.leave(network.settings(key))

    def is_without():
        send(network, network.keys[0])
        return votes_as not in {each.address for each in network.engine(network.keys[0]).validators()}

    wait_until(is_without, what="a set of validators without the fifth node")
    wait_until(lambda: network.rpc(key).status().power == 0, what="power 0 on the node itself")
    network.stop([key])
    try:
        receipts = [send(network, each) for each in network.keys]
        assert {receipt.code for receipt in receipts} == {"ok"}
        certificate = network.engine(network.keys[0]).certificate(receipts[-1].height)
        assert certificate.round == 0
        assert len(certificate.assents) == len(network.keys)
    finally:
        network.start(key)
        network.await_back(key)


def test_a_node_is_let_in_only_when_its_member_is_admitted(four):
    key, card = newcomer(four)
    join(four, key)
    four.start(key)
    try:
        wait_until(lambda: four.vitals(key), what="the stranger's own interface")
        time.sleep(CALL_S)
        for each in four.keys:
            assert card.node_id not in peers(four, each)
        # Who calls believes itself connected until the other side, having asked its registry, hangs up.
        wait_until(lambda: not peers(four, key), what="the stranger without peers")
        assert four.height(key) == 0
        governing.admit(four.settings(four.keys[0]), card)
        four.restart(key)
        wait_until(
            lambda: card.node_id in peers(four, four.keys[0]), what="the admitted node among the peers"
        )
        assert send(four, key).code == "ok"
    finally:
        four.stop([key])


def test_a_suspended_members_node_is_not_let_in_again_until_the_member_is_reinstated(fifth):
    network, key = fifth
    a = network.keys[0]
    node = network.node(key)
    wait_until(lambda: node.node_id in peers(network, a), what="the fifth node among the peers")
    send(network, a, signed(network, a, "membership", "suspend", {"address": node.account}))
    network.stop([key])
    network.start(key)
    wait_until(lambda: network.vitals(key), what="the suspended member's own interface")
    time.sleep(CALL_S)
    for each in network.keys:
        assert node.node_id not in peers(network, each)
    send(network, a, signed(network, a, "membership", "reinstate", {"address": node.account}))
    network.restart(key)
    wait_until(lambda: node.node_id in peers(network, a), what="the reinstated member's node")
    assert send(network, key, opening(network, key)).code == "ok"
