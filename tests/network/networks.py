"""Networks of real nodes on loopback for tests: founded, spoken with, hurt and healed.

A node is what an institution runs: a supervisor with the consensus key, the application, and CometBFT.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from tallystick.bootstrap.ledger import open_network
from tallystick.bootstrap.node.document import node_folder, write_node
from tallystick.bootstrap.node.joining import rewrite_settings
from tallystick.bootstrap.node.local import Founder, LocalNetwork
from tallystick.bootstrap.node.running import find_cometbft
from tallystick.bootstrap.parts import open_keys
from tallystick.config import from_environment
from tallystick.engines.cometbft.rpc import Rpc
from tallystick.errors import NotFound, TallystickError
from tallystick.signing.keystore import KeyStore
from tallystick.signing.sealing import MINIMUM
from tallystick.values.identifiers import account_address
from tests.parts import missing

STARTER = Path(__file__).with_name("starting_process.py")
#: How soon a node is back after what ailed it has ended.
BACK_S = 20


def wait_until(holds, timeout_s=BACK_S, what="what the test waits for"):
    """Wait for ``holds()`` to give something true, and return it; nodes may be silent meanwhile."""
    deadline = time.monotonic() + timeout_s
    said = ""
    while time.monotonic() < deadline:
        try:
            if found := holds():
                return found
        except TallystickError as error:
            said = f" ({error.code})"
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come within {timeout_s} s{said}")


@contextlib.contextmanager
def quick_keys():
    """Make the key stores that are made inside quick to open: tests open them many times."""
    before = KeyStore.__init__.__defaults__
    KeyStore.__init__.__defaults__ = (MINIMUM,)
    try:
        yield
    finally:
        KeyStore.__init__.__defaults__ = before


class Network(LocalNetwork):
    """Nodes that one test process runs.

    Args:
        folder: an empty folder, or that of a network that was made before.
        keys: the founders' homes.
        changes: of each founder's node document.
    """

    def __init__(self, folder, keys, chain_id, **changes):
        super().__init__(folder, from_environment({"TALLYSTICK_HOME": str(folder / "nobody")}))
        self.keys = tuple(keys)
        self.chain_id = chain_id
        self._clients, self._stores = {}, {}
        try:
            find_cometbft(self.settings(self.keys[0]))
        except NotFound as error:
            missing(error.message)
        folder.mkdir(exist_ok=True)
        with quick_keys():
            self.found(chain_id, [Founder(key, f"Member {key}", ("lender",)) for key in self.keys])
        for key in self.keys:
            self.change(key, **changes)

    def change(self, key, **changes):
        """Change a node's document and the settings that follow from it; they count from its next start."""
        write_node(self.place(key), msgspec.structs.replace(self.node(key), **changes))
        rewrite_settings(self.settings(key))

    def place(self, key):
        """The folder of a node."""
        return node_folder(self.settings(key))

    def ledger(self, key):
        """The ledger file of a node."""
        return self.place(key) / "ledger.sqlite3"

    def start(self, key, script=None):
        """Start a node; with ``script``, a module beside this one runs in the application's place."""
        if key in self._processes:
            self._processes.pop(key).wait(10)
        if script is None:
            super().start(key)
            return
        home = self.settings(key).home
        with (home / "node.log").open("ab") as log:
            self._processes[key] = subprocess.Popen(
                [sys.executable, STARTER, home, STARTER.with_name(f"{script}.py")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def start_all(self):
        """Start every founder's node and wait until they have a first block."""
        for key in self.keys:
            self.start(key)
        self.await_ready(self.keys)

    def restart(self, key, script=None):
        """Stop a node in good order, start it, and wait until it is back."""
        self.stop([key])
        self.start(key, script)
        self.await_back(key)

    def rpc(self, key):
        """A client of the node."""
        if (key, "rpc") not in self._clients:
            self._clients[key, "rpc"] = Rpc(self.node(key).rpc_url, timeout_s=5)
        return self._clients[key, "rpc"]

    def engine(self, key):
        """The ledger by way of a node, which must answer when it is first asked for."""
        if key not in self._clients:
            self._clients[key] = open_network(self.settings(key))
        return self._clients[key]

    def store(self, key):
        """The accounts of the member whose node it is."""
        if key not in self._stores:
            self._stores[key] = open_keys(self.settings(key))
        return self._stores[key]

    def consensus_address(self, key):
        """The account address form of the key with which the node votes."""
        return account_address(bytes.fromhex(self.node(key).consensus_key))

    def height(self, key):
        """The node's last block; raises when it does not answer."""
        return self.rpc(key).status().height

    def highest(self, keys=None):
        """The last block of the furthest node that answers."""
        found = [self.vitals(key) for key in keys or self.keys]
        return max((one.height for one in found if one), default=0)

    def await_height(self, key, height, timeout_s=BACK_S):
        """Return when a node has reached a block."""
        try:
            wait_until(lambda: self.height(key) >= height, timeout_s, f"block {height} on {key}")
        except AssertionError as error:
            stands = {each: self.vitals(each) for each in self.keys}
            raise AssertionError(f"{error}; the nodes stand at {stands}") from error

    def await_back(self, key, timeout_s=BACK_S):
        """Return when a node answers and has caught up with where the others stand now."""
        height = self.highest([each for each in self.keys if each != key])

        def is_back():
            status = self.rpc(key).status()
            return status.height >= height and not status.catching_up

        wait_until(is_back, timeout_s, f"the node of {key}, caught up to block {height},")

    def hit(self, key, program, number):
        """Send a signal to a node's program (None: its supervisor); one that does not run now gets none."""
        with contextlib.suppress(ProcessLookupError, NotFound):
            pid = self.pid(key, program)
            with contextlib.suppress(OSError):
                if str(self.settings(key).home).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(pid, number)

    def heal(self):
        """Let every founder's node run as it should, whatever a test has left."""
        for key in self.keys:
            for program in (None, "application", "cometbft"):
                self.hit(key, program, signal.SIGCONT)
            if not self.is_running(key):
                self.start(key)
        for key in self.keys:
            self.await_back(key, 60)

    def close(self):
        """Stop all nodes, and what a node has left running after all, and let go of them."""
        self.stop()
        for key in self.homes():
            for program in ("application", "cometbft"):
                self.hit(key, program, signal.SIGKILL)
        for client in self._clients.values():
            client.close()
