"""Nodes are killed, paused and restarted under load: nothing committed is lost, and nobody disagrees."""

import random
import signal
import time

import pytest

from tallystick.errors import Unavailable
from tests.network import faults
from tests.network.anchors import opening, send
from tests.network.histories import check_ledgers, check_same_history, settle
from tests.network.load import Load
from tests.network.networks import BACK_S

pytestmark = [pytest.mark.network, pytest.mark.xdist_group("network")]
SEED = 3
PAUSE_S = 10
#: In so long, blocks come if they come at all.
QUIET_S = 5


def strike(network, blows, hold_s):
    """Let each of the (fault, key) befall its node, hold, end them; everybody must be back in time.

    While one node of four suffers, the others must go on.
    """
    told = ", ".join(f"{fault.name} on {key}" for fault, key in blows)
    well = [key for key in network.keys if key not in {struck for _, struck in blows}]
    for fault, key in blows:
        fault.begins(network, key)
    began = time.monotonic()
    if len(well) == len(network.keys) - 1:
        network.await_height(well[0], network.height(well[0]) + 2)
    time.sleep(max(0, began + hold_s - time.monotonic()))
    for fault, key in blows:
        fault.ends(network, key)
    try:
        for key in {struck for _, struck in blows}:
            network.await_back(key)
        network.await_height(well[0], network.height(well[0]) + 2)
    except AssertionError as error:
        raise AssertionError(f"after {told}: {error}") from error


def run_scenario(network, singles, mixed, hold_s):
    """Strike under load, then check that nothing was lost and that all have one history."""
    with Load(network, network.keys) as load:
        for fault, key in singles:
            strike(network, [(fault, key)], hold_s if fault in faults.PAUSES else 1)
        for blows in mixed:
            strike(network, blows, 3)
    assert not load.failures
    assert len(load.acknowledged) > 10 * len(singles)
    assert {receipt.code for receipt in load.acknowledged.values()} == {"ok"}
    check_same_history(network, network.keys, load.acknowledged.values())
    check_ledgers(network, network.keys)


def seeded(seed):
    """What decides which node a fault befalls, and when."""
    return random.Random(seed)  # noqa: S311 - the same scenario again is wanted


def mixture(chance, keys, rounds):
    """Two faults at a time, on one node or on two."""
    return [[(chance.choice(faults.ALL), chance.choice(keys)) for _ in range(2)] for _ in range(rounds)]


def test_nothing_committed_is_lost_and_three_of_four_go_on_when_a_node_is_killed_paused_or_restarted(four):
    chance = seeded(SEED)
    singles = [(fault, chance.choice(four.keys)) for fault in [*faults.KILLS, faults.RESTART]]
    run_scenario(four, singles, mixture(chance, four.keys, 1), hold_s=3)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_committed_is_lost_when_all_faults_come_under_load_one_after_another_and_mixed(four, seed):
    chance = seeded(seed)
    singles = [(fault, chance.choice(four.keys)) for fault in chance.sample(faults.ALL, len(faults.ALL))]
    run_scenario(four, singles, mixture(chance, four.keys, 5), hold_s=PAUSE_S)


def test_with_two_of_four_gone_nothing_is_decided_and_when_they_return_what_waited_is_committed(four):
    a, b, c, d = four.keys
    send(four, a)
    settle(four, four.keys)
    for key in (c, d):
        four.hit(key, None, signal.SIGKILL)
    time.sleep(1)
    before = {key: four.height(key) for key in (a, b)}
    engines = {key: four.engine(key) for key in (a, b)}
    waiting = {key: engines[key].submit(opening(four, key)) for key in (a, b)}
    with pytest.raises(Unavailable) as caught:
        engines[a].wait(waiting[a], timeout_s=QUIET_S)
    assert caught.value.code == "not_yet_committed"
    assert {key: four.height(key) for key in (a, b)} == before
    began = time.monotonic()
    for key in (c, d):
        four.start(key)
    four.await_height(a, before[a] + 1)
    receipts = [engines[key].wait(waiting[key], timeout_s=20) for key in (a, b)]
    assert time.monotonic() - began < BACK_S
    assert {receipt.code for receipt in receipts} == {"ok"}
    check_same_history(four, four.keys, receipts)


def test_a_node_comes_back_though_its_killed_supervisor_has_left_cometbft_hanging(four):
    key = four.keys[1]
    hanging = four.pid(key, "cometbft")
    four.hit(key, "cometbft", signal.SIGSTOP)
    four.hit(key, None, signal.SIGKILL)
    time.sleep(1)
    four.start(key)
    four.await_back(key)
    assert four.pid(key, "cometbft") != hanging
    assert send(four, key).code == "ok"
