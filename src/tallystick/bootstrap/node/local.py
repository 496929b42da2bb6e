"""A whole network on one machine: several installations, each with its node, for trying out and for tests.

Each node is a process of its own with its own home, keys, database and ledger; they meet on the loopback
address only. What runs is what runs between institutions.
"""

import contextlib
import json
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from tallystick.bootstrap.node.cards import found_network, read_card
from tallystick.bootstrap.node.document import NodeDocument, has_node, node_folder, read_node
from tallystick.bootstrap.node.joining import join_network
from tallystick.bootstrap.node.making import CARD_FILE, Ports, make_node
from tallystick.bootstrap.parts import SystemClock, open_keys
from tallystick.config import Settings
from tallystick.engines.cometbft.folder import Pace
from tallystick.engines.cometbft.health import Vitals, vitals
from tallystick.engines.cometbft.rpc import Rpc
from tallystick.errors import Conflict, NotFound, TallystickError, Unavailable

HOST: Final = "127.0.0.1"
GENESIS_FILE: Final = "genesis.json"
PORTS_FOR_EACH: Final = 4
ATTEMPTS: Final = 20
_PORTS: Final = range(20_000, 31_000, 100)
START_S: Final = 90.0
STOP_S: Final = 30.0
POLL_S: Final = 0.25
#: On one machine votes arrive at once.
LOCAL_PACE: Final = Pace(propose=1500, vote=400, commit=150)


@dataclass(frozen=True)
class Founder:
    """A member of a local network: the name of its home, its own name, and its roles besides operator."""

    key: str
    name: str
    roles: tuple[str, ...]


class LocalNetwork:
    """Homes in one folder, and the processes of their nodes.

    Args:
        folder: where the homes lie.
        settings: of one installation; the others differ in their home only.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder = folder
        self._settings = settings
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def genesis(self) -> Path:
        """The network's genesis file."""
        return self.folder / GENESIS_FILE

    def homes(self) -> list[str]:
        """Return the names of the homes, sorted."""
        return sorted(path.name for path in self.folder.iterdir() if has_node(self.settings(path.name)))

    def settings(self, key: str) -> Settings:
        """Return the settings of one installation."""
        home = self.folder / key
        url = f"sqlite:///{home / 'records.sqlite3'}"
        return replace(self._settings, home=home, database_url=url)

    def node(self, key: str) -> NodeDocument:
        """Return what one node is."""
        return read_node(node_folder(self.settings(key)))

    def found(
        self,
        chain_id: str,
        founders: Sequence[Founder],
        first_port: int | None = None,
        also: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Make the homes of a new network, unless it is there; ``also`` are members without a node.

        Raises:
            Conflict: ``network_exists`` when another one is there; ``address_in_use``.
        """
        if self.genesis.exists():
            there = json.loads(self.genesis.read_bytes())["chain_id"]
            if there != chain_id or set(self.homes()) < {each.key for each in founders}:
                raise Conflict(
                    "network_exists", f"There is another network in {self.folder}.", chain_id=there
                )
            return
        ports = iter(free_ports(PORTS_FOR_EACH * len(founders), first_port))
        for founder in founders:
            settings = self.settings(founder.key)
            # What an interrupted attempt has left belongs to no network.
            shutil.rmtree(settings.home, ignore_errors=True)
            p2p, rpc, watch, metrics = (f"{HOST}:{next(ports)}" for _ in range(PORTS_FOR_EACH))
            settings.home.mkdir(mode=0o700, parents=True)
            make_node(
                settings,
                open_keys(settings),
                name=founder.name,
                roles=founder.roles,
                ports=Ports(p2p, rpc, watch, metrics, endpoint=p2p),
                pace=LOCAL_PACE,
            )
        cards = [self._card(founder.key) for founder in founders]
        genesis = found_network(chain_id, [read_card(card) for card in cards], SystemClock(), also)
        for founder in founders:
            join_network(self.settings(founder.key), genesis)
        self.genesis.write_bytes(genesis)

    def start(self, key: str) -> None:
        """Start one node, in a process of its own."""
        home = self.settings(key).home
        with (home / "node.log").open("ab") as log:
            self._processes[key] = subprocess.Popen(
                [sys.executable, "-m", "tallystick.bootstrap.node.running", str(home)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def await_ready(self, keys: Sequence[str] | None = None, seconds: float = START_S) -> None:
        """Return when the nodes have caught up with each other and have a first block.

        Raises:
            Unavailable: ``network_not_ready`` at the deadline, or when a node has ended.
        """
        deadline = time.monotonic() + seconds
        for key in self.homes() if keys is None else keys:
            while not self._is_ready(key):
                if time.monotonic() > deadline or not self.is_running(key):
                    log = self.settings(key).home / "node.log"
                    raise Unavailable("network_not_ready", f"The node of {key} is not ready; see {log}.")
                time.sleep(POLL_S)

    def vitals(self, key: str) -> Vitals | None:
        """Return how a node is; None when it does not answer."""
        rpc = Rpc(self.node(key).rpc_url, timeout_s=5)
        try:
            return vitals(rpc)
        except TallystickError:
            return None
        finally:
            rpc.close()

    def is_running(self, key: str) -> bool:
        """Return whether the node's process, started here, runs."""
        process = self._processes.get(key)
        return process is not None and process.poll() is None

    def pid(self, key: str, program: str | None = None) -> int:
        """Return the process id of a node's supervisor, or of one of its programs.

        Raises:
            NotFound: ``not_running``.
        """
        try:
            if program is None:
                return self._processes[key].pid
            return int((node_folder(self.settings(key)) / "run" / f"{program}.pid").read_text())
        except (KeyError, OSError, ValueError):
            raise NotFound("not_running", f"The node of {key} does not run.") from None

    def stop(self, keys: Sequence[str] | None = None) -> None:
        """Stop nodes, all of them at once, and wait until they have ended."""
        stopped = [self._processes.pop(key) for key in list(self._processes) if keys is None or key in keys]
        for process in stopped:
            process.send_signal(signal.SIGTERM)
        for process in stopped:
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _is_ready(self, key: str) -> bool:
        found = self.vitals(key)
        return found is not None and not found.is_catching_up and found.height > 0

    def _card(self, key: str) -> bytes:
        return (node_folder(self.settings(key)) / CARD_FILE).read_bytes()


@contextlib.contextmanager
def running(network: LocalNetwork) -> Iterator[LocalNetwork]:
    """Run all nodes of a network inside the block."""
    try:
        for key in network.homes():
            network.start(key)
        network.await_ready()
        yield network
    finally:
        network.stop()


def free_ports(count: int, first: int | None) -> list[int]:
    """Return ports that nobody listens at now, one after another, from ``first`` on or wherever they are.

    Those that the system hands out to callers are left alone: one could be taken while a node restarts.

    Raises:
        Conflict: ``address_in_use``.
    """
    starts = [first] if first is not None else [secrets.choice(_PORTS) for _ in range(ATTEMPTS)]
    for start in starts:
        ports = list(range(start, start + count))
        if all(map(_is_free, ports)):
            return ports
    raise Conflict("address_in_use", f"Other programs listen at {HOST}, ports {starts[-1]} and on.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
