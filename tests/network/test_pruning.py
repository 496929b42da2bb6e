"""A node that keeps few blocks forgets the old ones, says so, and goes on."""

import pytest

from tallystick.engines.abci.application import PRUNE_EVERY
from tallystick.errors import NotFound
from tests.network.anchors import opening, send
from tests.network.networks import Network

pytestmark = [pytest.mark.network, pytest.mark.xdist_group("network")]
RETAINED = 20


@pytest.fixture(scope="module")
def keepers(tmp_path_factory):
    """Two quick validators: the first keeps few blocks, the second all."""
    network = Network(tmp_path_factory.mktemp("keepers"), ("few", "all"), "keepers", commit_ms=1)
    network.change("few", retained_blocks=RETAINED)
    try:
        network.start_all()
        yield network
    finally:
        network.close()


def test_a_node_forgets_blocks_beyond_those_it_retains_and_goes_on(keepers):
    first = send(keepers, "few")
    while keepers.height("few") <= PRUNE_EVERY + 2:
        send(keepers, "few")
    few, whole = keepers.engine("few"), keepers.engine("all")
    status = keepers.rpc("few").status()
    assert status.height - status.lowest_height <= RETAINED + 1
    assert keepers.rpc("all").status().lowest_height == 1
    for ask in (lambda: few.block(first.height), lambda: few.block(PRUNE_EVERY - RETAINED)):
        with pytest.raises(NotFound) as caught:
            ask()
        assert caught.value.code == "block_not_kept"
    assert few.block(PRUNE_EVERY).header == whole.block(PRUNE_EVERY).header
    assert few.receipt(first.transaction_hash) is None
    assert whole.receipt(first.transaction_hash) == first
    with pytest.raises(NotFound) as caught:
        keepers.rpc("few").commit(first.height)
    assert caught.value.code == "unknown_block"
    keepers.restart("few")
    receipts = [send(keepers, key, opening(keepers, key)) for key in keepers.keys]
    assert {receipt.code for receipt in receipts} == {"ok"}
    last = max(receipt.height for receipt in receipts)
    for key in keepers.keys:
        keepers.await_height(key, last + 1)  # whose header says to what state the last of them came
    assert few.block(last) == whole.block(last)
    assert keepers.rpc("few").commit(last + 1)[0].app_hash == keepers.rpc("all").commit(last + 1)[0].app_hash
