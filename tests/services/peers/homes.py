"""Three members' installations on one ledger, each a process of its own, and a line between that may lie."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any

import urllib3

from tallystick.bootstrap.framework import SETTINGS_MODULE
from tallystick.bootstrap.ledger import create_ledger, open_ledger
from tallystick.bootstrap.node.local import free_ports
from tallystick.bootstrap.parts import SystemClock
from tallystick.config import environment_for, from_environment
from tallystick.signing.keystore import KeyStore
from tallystick.signing.sealing import MINIMUM
from tests.services.peers import lines

REPOSITORY = Path(__file__).resolve().parents[3]
CHAIN = "tallystick-peers"
ROLES = {"supplier": "enterprise", "buyer": "enterprise", "lender": "lender"}
USERS = {
    "supplier": ["applicant", "delivery_clerk"],
    "buyer": ["delivery_clerk"],
    "lender": ["credit_officer"],
}
HOST = "127.0.0.1"


@dataclass
class Home:
    """One installation: its member's account address, where it answers, and its process."""

    name: str
    address: str
    base: str
    process: subprocess.Popen[bytes]
    line: Connection

    def do(self, step: str, **kwargs: Any) -> Any:
        """Have the installation carry out one of ``steps``, and return what it gives."""
        self.line.send((step, kwargs))
        if not self.line.poll(150):
            raise AssertionError(f"{self.name} does not come to the end of {step}")
        is_result, what = self.line.recv()
        if not is_result:
            raise what
        return what


@dataclass
class Between:
    """What stands between the askers and the supplier's installation: it passes on, and can change.

    Attributes:
        base: where it listens.
        heard: the questions that came by, oldest first.
        change: makes of a question's kind, an answer's status and its bytes what the asker gets.
    """

    base: str
    heard: list[bytes] = field(default_factory=list)
    change: Callable[[str, int, bytes], tuple[int, bytes] | None] | None = None


@dataclass
class Homes:
    supplier: Home
    buyer: Home
    lender: Home
    between: Between


def start(
    folder: Path, name: str, *, peers: dict[str, str], base: str, listener: Listener, ledger: str
) -> subprocess.Popen[bytes]:
    """Start one installation's process; it calls ``listener`` once it stands."""
    host, port = base.removeprefix("http://").split(":")
    told = {
        "name": name,
        "host": host,
        "port": int(port),
        "ledger": ledger,
        "control": listener.address,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "tests.services.peers.home_process", json.dumps(told)],
        cwd=REPOSITORY,
        env=environment_for(folder, "testserver", peers) | {"DJANGO_SETTINGS_MODULE": SETTINGS_MODULE},
    )


@contextmanager
def between(base: str) -> Iterator[Between]:
    """Stand before the installation at ``base``."""
    pool = urllib3.PoolManager(retries=False)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            stands.heard.append(body)
            found = pool.request("POST", base + self.path, body=body, headers=dict(self.headers))
            answer = (found.status, found.data)
            if stands.change is not None:
                kind = json.loads(body)["asked"]["question"]["ask"]
                changed = stands.change(kind, *answer)
                if changed is None:  # the line breaks
                    self.close_connection = True
                    return
                answer = changed
            self.send_response(answer[0])
            self.send_header("Content-Length", str(len(answer[1])))
            self.end_headers()
            self.wfile.write(answer[1])

        def log_message(self, *_args: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer((HOST, 0), Handler)
    stands = Between(f"http://{HOST}:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield stands
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        pool.clear()


@contextmanager
def running(folder: Path) -> Iterator[Homes]:
    """Run the three installations inside the block, on an embedded ledger that this process keeps."""
    secrets = {name: os.urandom(32) for name in ROLES}
    stores, addresses, founders = {}, {}, []
    for name, role in ROLES.items():
        home = folder / name
        home.mkdir(mode=0o700)
        (home / "secret").write_bytes(secrets[name])
        (home / "secret").chmod(0o600)
        stores[name] = KeyStore(home / "keys", secrets[name], MINIMUM)
        addresses[name] = stores[name].create()
        key = stores[name].public_key(addresses[name]).hex()
        founders.append({"public_key": key, "roles": [role, "operator"], "name": f"Example {name}"})
    settings = replace(from_environment({"TALLYSTICK_HOME": str(folder)}), block_period_ms=2)
    first, clock = "supplier", SystemClock()
    create_ledger(
        settings,
        chain_id=CHAIN,
        members=founders,
        proposer=addresses[first],
        keys=stores[first],
        clock=clock,
    )
    ledger = open_ledger(settings, clock=clock, keys=stores[first])
    lent = lines.lend(ledger, str(folder / "ledger.socket"))
    try:
        with processes(folder, addresses, str(folder / "ledger.socket")) as homes:
            yield homes
    finally:
        lent.close()
        ledger.close()


@contextmanager
def processes(folder: Path, addresses: dict[str, str], ledger: str) -> Iterator[Homes]:
    """Run the installations of ``folder``; the supplier's is reached through what stands between."""
    ports = free_ports(len(addresses), None)
    bases = {name: f"http://{HOST}:{port}" for name, port in zip(addresses, ports, strict=True)}
    started = {}
    with (
        between(bases["supplier"]) as stands,
        Listener(str(folder / "control.socket"), authkey=lines.AUTHKEY) as listener,
    ):
        try:
            for name in addresses:
                peers = {} if name == "supplier" else {addresses["supplier"]: stands.base}
                started[name] = start(
                    folder / name, name, peers=peers, base=bases[name], listener=listener, ledger=ledger
                )
                if len(started) == 1:  # the others take over the tables that it makes
                    found = {name: listener.accept()}
                    assert found[name].recv() == name
                    tables = folder / name / "records.sqlite3"
                    for other in set(addresses) - {name}:
                        shutil.copy(tables, folder / other / tables.name)
            while len(found) < len(addresses):
                line = listener.accept()
                found[line.recv()] = line
            homes = {
                name: Home(name, addresses[name], bases[name], started[name], found[name])
                for name in addresses
            }
            for name, home in homes.items():
                known = [address for other, address in addresses.items() if other != name]
                home.do("settle", own=home.address, roles=USERS[name], known=known)
            yield Homes(**homes, between=stands)
        finally:
            for process in started.values():
                process.terminate()
            for process in started.values():
                process.wait()
            for line in found.values():
                line.close()
