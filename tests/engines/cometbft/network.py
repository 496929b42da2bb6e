"""Real CometBFT nodes for tests: homes with keys and one genesis, processes on loopback, quick blocks.

    with Network(folder, validators=4) as network:
        network.start()
        network.rpc(0).status()

The application is CometBFT's own example ``kvstore``, or whatever ``proxy_app`` names for each node.
"""

import base64
import contextlib
import json
import re
import shutil
import socket
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

from tallystick.engines.cometbft.rpc import Rpc
from tallystick.errors import Conflict, Unavailable
from tests.parts import missing

START_S = 30
STOP_S = 10

# Quick, and only as many blocks as there is something to agree on.
SETTINGS = {
    "p2p.allow_duplicate_ip": "true",
    "p2p.addr_book_strict": "false",
    "p2p.pex": "false",
    "p2p.flush_throttle_timeout": '"10ms"',
    "consensus.timeout_propose": '"1s"',
    "consensus.timeout_prevote": '"300ms"',
    "consensus.timeout_precommit": '"300ms"',
    "consensus.timeout_commit": '"20ms"',
    "consensus.create_empty_blocks": "false",
    "consensus.peer_gossip_sleep_duration": '"10ms"',
    "tx_index.indexer": '"null"',
    ".log_level": '"error"',
}


def binary():
    """The cometbft program, beside the interpreter or on the PATH."""
    beside = Path(sys.executable).with_name("cometbft")
    found = str(beside) if beside.exists() else shutil.which("cometbft")
    return found or missing("the program cometbft is missing: make cometbft builds it")


def free_ports(count):
    """Ports of loopback that were free a moment ago."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def wait_until(holds, timeout_s=20, what="what the test waits for"):
    """Wait for ``holds()`` to give something true, and return it; a node may be silent meanwhile."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            if found := holds():
                return found
        except Unavailable:
            pass
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come within {timeout_s} s")


def set_in(text, setting, value):
    """A config.toml with one setting changed; ``setting`` is section, dot, name (no section: the top)."""
    section, name = setting.split(".", 1)
    top, *sections = re.split(r"(?m)^(?=\[)", text)
    pieces = [top, *sections]
    place = next(
        at for at, piece in enumerate(pieces) if piece.startswith(f"[{section}]") or not (section or at)
    )
    pieces[place], count = re.subn(rf"(?m)^{re.escape(name)} = .*$", f"{name} = {value}", pieces[place])
    assert count == 1, f"no setting {setting}"
    return "".join(pieces)


class Node:
    """One node: its home, its ports, and its process once it was started."""

    def __init__(self, home, p2p_port, rpc_port, proxy_app):
        self.home = home
        self.p2p_port = p2p_port
        self.rpc_port = rpc_port
        self.proxy_app = proxy_app
        self.process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.rpc_port}"

    @property
    def log(self):
        return (self.home / "log").read_text("utf-8", "replace")

    @property
    def node_id(self):
        key = json.loads((self.home / "config/node_key.json").read_text())["priv_key"]["value"]
        return sha256(base64.b64decode(key)[32:]).digest()[:20].hex()

    @property
    def public_key(self):
        key = json.loads((self.home / "config/priv_validator_key.json").read_text())["pub_key"]["value"]
        return base64.b64decode(key)

    def configure(self, settings):
        file = self.home / "config/config.toml"
        text = file.read_text()
        for setting, value in settings.items():
            text = set_in(text, setting, value)
        file.write_text(text)

    def start(self):
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [binary(), "node", "--home", self.home, "--proxy_app", self.proxy_app],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(STOP_S)
        self.process = None


class Network:
    """Nodes that share a genesis document; a context manager that stops them all.

    Args:
        folder: an empty folder for the homes.
        validators: how many nodes, each a validator with power 1.
        proxy_app: name or address of the application, or a function of the node's number that gives it.
        settings: of config.toml, in place of ``SETTINGS`` where both name one.
        genesis: changes the genesis document (a dict) before it is written.
    """

    def __init__(self, folder, validators=1, proxy_app="kvstore", settings=None, genesis=None):
        homes = [folder / f"node{number}" for number in range(validators)]
        command = [binary(), "testnet", "--v", str(validators), "--o", str(folder)]
        subprocess.run([*command, "--populate-persistent-peers=false"], check=True, capture_output=True)
        address = proxy_app if callable(proxy_app) else lambda number: proxy_app
        ports = free_ports(2 * validators)
        self.nodes = [
            Node(home, ports[2 * number], ports[2 * number + 1], address(number))
            for number, home in enumerate(homes)
        ]
        document = json.loads((homes[0] / "config/genesis.json").read_text())
        if genesis is not None:
            genesis(document)
        self.genesis = json.dumps(document).encode()
        peers = [f"{node.node_id}@127.0.0.1:{node.p2p_port}" for node in self.nodes]
        for number, node in enumerate(self.nodes):
            (node.home / "config/genesis.json").write_bytes(self.genesis)
            others = ",".join(peers[:number] + peers[number + 1 :])
            node.configure(
                {
                    **SETTINGS,
                    **(settings or {}),
                    "rpc.laddr": f'"tcp://127.0.0.1:{node.rpc_port}"',
                    "p2p.laddr": f'"tcp://127.0.0.1:{node.p2p_port}"',
                    "p2p.persistent_peers": f'"{others}"',
                }
            )
        self._clients = {}

    @property
    def chain_id(self):
        return json.loads(self.genesis)["chain_id"]

    def start(self):
        """Start every node and wait until each of them has the first block."""
        for node in self.nodes:
            node.start()
        for number in range(len(self.nodes)):
            self.wait_for_height(1, number)

    def rpc(self, number=0):
        if number not in self._clients:
            self._clients[number] = Rpc(self.nodes[number].url, timeout_s=5)
        return self._clients[number]

    def wait_for_height(self, height, number=0):
        node, rpc = self.nodes[number], self.rpc(number)
        return wait_until(
            lambda: rpc.status().height >= height, START_S, f"block {height}: {node.log[-2000:]}"
        )

    def send(self, wire, number=0):
        """Hand in a transaction and wait for the block with it and the one above; return its height."""
        rpc = self.rpc(number)
        before = rpc.status().height
        with contextlib.suppress(Conflict):  # a node knows it from another
            assert rpc.broadcast(wire).code == 0
        height = wait_until(lambda: self.height_of(wire, before + 1), what="the transaction's block")
        self.wait_for_height(height + 1, number)
        return height

    def height_of(self, wire, lowest=1, number=0):
        """The height from ``lowest`` on of the block that holds a transaction alone, or None."""
        rpc = self.rpc(number)
        data_hash = sha256(b"\0" + sha256(wire).digest()).hexdigest()
        heights = range(lowest, rpc.status().height + 1)
        return next((height for height in heights if rpc.commit(height)[0].data_hash == data_hash), None)

    def close(self):
        for client in self._clients.values():
            client.close()
        for node in self.nodes:
            node.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def validator_change(public_key, power):
    """A transaction of the example kvstore that gives a validator this power; 0 removes it."""
    return f"val=ed25519!{base64.b64encode(public_key).decode()}!{power}".encode()
