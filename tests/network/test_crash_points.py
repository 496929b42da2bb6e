"""An application that dies between FinalizeBlock and Commit comes back to what the others have."""

import pytest

from tests.network.anchors import send
from tests.network.histories import check_ledgers, check_same_history
from tests.network.networks import wait_until

pytestmark = [pytest.mark.network, pytest.mark.xdist_group("network")]
POINTS = (
    "before execution",
    "after execution",
    "inside the commit",
    "after the commit, before the answer",
)


@pytest.fixture(scope="module")
def crashing(_four):
    """Four nodes; the application of the last one dies where it is told to."""
    _four.heal()
    _four.restart(_four.keys[3], "crashing_application")
    yield _four
    _four.restart(_four.keys[3])


@pytest.mark.parametrize("point", POINTS)
def test_a_node_whose_application_dies_at_this_point_comes_back_to_the_same_state(crashing, point):
    well, struck = crashing.keys[0], crashing.keys[3]
    order = crashing.place(struck) / "run" / "crash-at"
    dying = crashing.pid(struck, "application")
    order.write_text(point)
    receipts = [send(crashing, well) for _ in range(2)]
    wait_until(lambda: not order.exists(), what="the crash")
    receipts += [send(crashing, well)]
    wait_until(lambda: crashing.pid(struck, "application") != dying, what="another process")
    crashing.await_back(struck)
    receipts += [send(crashing, struck)]  # it takes part again
    assert {receipt.code for receipt in receipts} == {"ok"}
    check_same_history(crashing, crashing.keys, receipts)


def test_what_a_node_wrote_across_its_crashes_follows_from_the_genesis_document(crashing):
    check_ledgers(crashing, crashing.keys)
