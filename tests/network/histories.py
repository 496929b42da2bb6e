"""What the nodes of a network must agree on: every header, every block of every ledger file."""

import time
from contextlib import closing

from tallystick.contracts.catalogue import CONTRACTS
from tallystick.engines.storage import maintenance
from tallystick.engines.storage.view import View
from tests.network.networks import wait_until

REST_S = 0.7


def settle(network, keys):
    """Wait until the nodes stand at one height with nothing waiting, and return it."""

    def stands():
        found = [network.vitals(key) for key in keys]
        if not all(found) or any(one.pending for one in found):
            return None
        heights = {one.height for one in found}
        return heights.pop() if len(heights) == 1 else None

    def rests():
        before = stands()
        time.sleep(REST_S)  # a block that changed the state is followed by one that says so
        return before if before == stands() else None

    return wait_until(rests, 30, "one height on all nodes, and rest")


def check_same_history(network, keys, receipts=()):
    """Check that all nodes have one history from block 1 on, which holds these receipts; return the height.

    Headers are compared as the nodes' CometBFT gives them, blocks as they stand in each ledger file, and the
    state that a ledger file says a block came to with what the validators have signed in the next header.
    """
    height = settle(network, keys)
    heights = range(1, height + 1)
    headers = {key: [network.rpc(key).commit(one)[0] for one in heights] for key in keys}
    stores = {key: View.open_reading(network.ledger(key)) for key in keys}
    try:
        blocks = {key: [stores[key].block(one) for one in heights] for key in keys}
        first, *others = keys
        for other in others:
            for place, number in enumerate(heights):
                assert headers[first][place] == headers[other][place], (number, first, other)
                assert blocks[first][place] == blocks[other][place], (number, first, other)
        for header, block in zip(headers[first][1:], blocks[first], strict=False):
            assert header.app_hash == block.header.app_hash, block.header.height
        for key in keys:
            for receipt in receipts:
                assert stores[key].receipt(bytes.fromhex(receipt.transaction_hash)) == receipt, key
    finally:
        for store in stores.values():
            store.close()
    return height


def check_ledgers(network, keys):
    """Check that each node's ledger file follows from its genesis document, block for block."""
    settle(network, keys)
    followed = {maintenance.verify(network.ledger(key), CONTRACTS, lambda *_: None) for key in keys}
    assert len(followed) == 1


def transactions(network, key):
    """Every transaction in any block of a node's ledger, as bytes."""
    with closing(View.open_reading(network.ledger(key))) as store:
        return [entry.data for height in range(store.height() + 1) for entry in store.block(height).entries]
