"""A network engine for tests: one CometBFT validator, with the notebook's application in this process."""

import contextlib
import json
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tallystick.engines.abci.application import FIRST_BLOCK_MS, Application
from tallystick.engines.abci.replica import Replica
from tallystick.engines.abci.server import listen, serve
from tallystick.engines.abci.snapshots import Snapshots
from tallystick.engines.cometbft.engine import NetworkEngine
from tallystick.engines.cometbft.rpc import Rpc
from tests.engines.abci.node import LIMITS, network_genesis
from tests.engines.cometbft.network import Network
from tests.ledger.notebook import CHAIN, GENESIS_TIME, NOTEBOOK


def write_genesis(document):
    """Make CometBFT's genesis file (a dict) that of the notebook's chain."""
    begins = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=GENESIS_TIME + FIRST_BLOCK_MS)
    document["chain_id"] = CHAIN
    document["genesis_time"] = begins.strftime("%Y-%m-%dT%H:%M:%S.") + f"{begins.microsecond // 1000:03d}Z"
    document["app_state"] = json.loads(network_genesis())


class Running(NetworkEngine):
    """A network engine that ends its node and application when it is closed."""

    def __init__(self, rpc, held, chain_id=CHAIN):
        self._held = held
        super().__init__(rpc, chain_id)

    def close(self):
        super().close()
        self._held.close()


def create(folder, contracts=(NOTEBOOK,), genesis=write_genesis, chain_id=CHAIN):
    held = contextlib.ExitStack()
    place = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="tly"))) / "a.sock"
    replica = Replica(folder / "ledger.sqlite3", {1: contracts}, LIMITS)
    application = Application(replica, Snapshots(folder / "snapshots", 1), lambda _: True)
    stopping = threading.Event()
    answering = threading.Thread(
        target=serve, args=(listen(place), application.answer, lambda: not stopping.is_set())
    )
    answering.start()
    held.callback(replica.close)
    held.callback(answering.join)
    held.callback(stopping.set)
    (folder / "net").mkdir()
    network = held.enter_context(Network(folder / "net", 1, f"unix://{place}", genesis=genesis))
    network.start()
    running = Running(Rpc(network.nodes[0].url), held, chain_id)
    running.genesis_path = network.nodes[0].home / "config" / "genesis.json"
    return running
