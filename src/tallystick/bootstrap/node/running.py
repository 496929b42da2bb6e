"""Running a node: CometBFT and the application under one supervisor, which holds the consensus key."""

import contextlib
import logging
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Final

from tallystick.bootstrap.node.document import NodeDocument, node_folder, read_node
from tallystick.bootstrap.node.joining import SIGNER_FILE
from tallystick.bootstrap.node.keys import open_key
from tallystick.config import Settings, from_environment
from tallystick.engines.cometbft.folder import APPLICATION_SOCKET, GENESIS, RUN, SIGNER_SOCKET
from tallystick.engines.cometbft.health import PROGRAMS, TIMEOUT_S, HealthServer
from tallystick.engines.cometbft.light import read_trust
from tallystick.engines.cometbft.rpc import Rpc
from tallystick.engines.cometbft.signer import Signer
from tallystick.engines.cometbft.signer_state import SignerState
from tallystick.engines.cometbft.supervision import STOP_CODE, Program, Supervisor, only_one
from tallystick.errors import Conflict, NotFound, Rejection, TallystickError

#: All that a node's programs are given; what this process knows is not for them.
ENVIRONMENT: Final = {"LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin"}
COMETBFT: Final = "cometbft"
_log = logging.getLogger(__name__)


def run_node(settings: Settings, has_started: Callable[[NodeDocument], None]) -> None:
    """Run this installation's node until the process is told to end.

    Args:
        settings: says where the node is.
        has_started: told once, when its processes have been started.

    Raises:
        NotFound: ``no_node``, ``program_missing``.
        Rejection: ``not_joined``; what opening the consensus key raises.
        Conflict: ``node_running``; ``address_in_use``.
        Corruption: ``node_stopped``, ``damaged_signer_state``.
    """
    folder = node_folder(settings)
    node = read_node(folder)
    if not node.chain_id:
        raise Rejection(
            "not_joined",
            "The node belongs to no network yet; run `tallystick node join` with its genesis file.",
        )
    with only_one(folder), _signing(settings, folder, node):
        supervisor = Supervisor(folder / RUN, _programs(settings, folder), ENVIRONMENT)
        with _watched(node, folder, supervisor), _until_told(supervisor):
            has_started(node)
            supervisor.run()


def find_cometbft(settings: Settings) -> Path:
    """Return where the program CometBFT is.

    Raises:
        NotFound: ``program_missing``.
    """
    beside = Path(sys.executable).parent / COMETBFT
    named = settings.cometbft or (str(beside) if beside.exists() else shutil.which(COMETBFT) or "")
    if not named or not Path(named).exists():
        raise NotFound(
            "program_missing",
            "CometBFT is not installed; `make cometbft` builds it, or name it in TALLYSTICK_COMETBFT.",
        )
    return Path(named)


def _programs(settings: Settings, folder: Path) -> tuple[Program, Program]:
    application, cometbft = PROGRAMS
    module = "tallystick.bootstrap.node.application"
    return (
        Program(application, (sys.executable, "-m", module, str(folder)), APPLICATION_SOCKET),
        Program(cometbft, (str(find_cometbft(settings)), "node", "--home", str(folder)), SIGNER_SOCKET),
    )


@contextlib.contextmanager
def _signing(settings: Settings, folder: Path, node: NodeDocument) -> Iterator[None]:
    key = open_key(settings, node.key)
    # By way of a descriptor: the path of a socket may have 107 bytes only, wherever the home lies.
    directory = os.open(folder / RUN, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with SignerState.open(folder / SIGNER_FILE) as state:
            signer = Signer(Path(f"/proc/self/fd/{directory}/{SIGNER_SOCKET}"), key, state)
            signer.start()
            try:
                yield
            finally:
                signer.stop()
    finally:
        os.close(directory)


@contextlib.contextmanager
def _watched(node: NodeDocument, folder: Path, supervisor: Supervisor) -> Iterator[None]:
    rpc = Rpc(node.rpc_url, timeout_s=TIMEOUT_S)
    is_alone = len(read_trust((folder / GENESIS).read_bytes()).validators) == 1
    host, _, port = node.watch.rpartition(":")
    try:
        server = HealthServer(
            host, int(port), rpc, supervisor, f"http://{node.metrics}/metrics", needs_peers=not is_alone
        )
    except OSError as error:
        raise Conflict(
            "address_in_use", f"Health cannot be shown at {node.watch}: {error.strerror}."
        ) from None
    server.start()
    try:
        yield
    finally:
        server.close()
        rpc.close()


@contextlib.contextmanager
def _until_told(supervisor: Supervisor) -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        supervisor.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main(home: str) -> int:
    """Run the node of an installation; return the exit code. For who starts several, each in a process."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    settings = replace(from_environment(), home=Path(home).absolute())
    try:
        run_node(settings, lambda node: _log.warning("The node of %s has started", node.name))
    except TallystickError as error:
        _log.critical("%s (%s)", error.message, error.code)
        return STOP_CODE
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
