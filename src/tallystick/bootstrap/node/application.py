"""The process of a node's application: ``python -m tallystick.bootstrap.node.application FOLDER``.

It runs in ``FOLDER/run`` under the supervisor, and ends when that is gone.
"""

import gc
import logging
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from tallystick.bootstrap.node.document import NodeDocument, read_node
from tallystick.contracts.catalogue import VERSIONS
from tallystick.engines.abci.application import Application
from tallystick.engines.abci.limits import Limits
from tallystick.engines.abci.replica import Replica
from tallystick.engines.abci.server import listen, serve
from tallystick.engines.abci.snapshots import Snapshots
from tallystick.engines.cometbft.folder import APPLICATION_SOCKET, GENESIS, is_ledger_of
from tallystick.engines.cometbft.supervision import STOP_CODE
from tallystick.errors import Conflict, TallystickError, Unavailable

_log = logging.getLogger(__name__)


def main(folder: Path) -> int:
    """Answer CometBFT until told to stop; return the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        return run(folder, read_node(folder))
    except TallystickError as error:
        _log.critical("%s (%s)", error.message, error.code)
        return 1 if isinstance(error, Unavailable) else STOP_CODE


def run(folder: Path, node: NodeDocument) -> int:
    """Answer CometBFT for one node until told to stop; return the exit code."""
    genesis = (folder / GENESIS).read_bytes()
    limits = Limits(retained_blocks=node.retained_blocks, snapshot_interval=node.snapshot_interval)
    replica = Replica(folder / "ledger.sqlite3", VERSIONS, limits)
    if replica.has_begun and not is_ledger_of(genesis, replica.store.genesis()):
        replica.close()
        raise Conflict(
            "another_genesis",
            "The genesis file of this node is not that of its ledger; put the right one back.",
        )
    snapshots = Snapshots(folder / "snapshots", limits.kept_snapshots)
    application = Application(replica, snapshots, lambda document: is_ledger_of(genesis, document))
    parent, told = os.getppid(), []

    def stop(number: int, frame: FrameType | None) -> None:
        told.append(number)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    gc.freeze()  # what is loaded now stays: no need to look through it again and again
    _log.info("The application of %s stands at height %d", node.name, replica.height)
    serve(
        listen(Path(APPLICATION_SOCKET)),
        application.answer,
        lambda: not told and application.failure is None and os.getppid() == parent,
    )
    snapshots.wait()
    replica.close()
    if application.failure is None:
        return 0
    return 1 if isinstance(application.failure, Unavailable) else STOP_CODE


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
