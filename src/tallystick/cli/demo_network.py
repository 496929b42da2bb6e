"""``tallystick demo --network N``: the demonstration on N nodes, each member with its own database."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
from msgspec import convert, to_builtins

from tallystick.bootstrap import parts, proving
from tallystick.bootstrap.ledger import open_network, verify_ledger
from tallystick.bootstrap.node.document import ledger_file
from tallystick.bootstrap.node.local import Founder, LocalNetwork, running
from tallystick.bootstrap.setup import initialise
from tallystick.cli.output import emit, json_wanted, print_json, table
from tallystick.config import Settings, environment_for, from_environment
from tallystick.errors import Corruption, Unavailable
from tallystick.ledger.proof import encode_proof
from tallystick.services.demonstration import network as plan
from tallystick.services.demonstration.journey import Line

CHAIN: Final = "tallystick-demo"
LEAST: Final = 4
MOST: Final = len(plan.HOMES)
#: One port for all, each at a loopback address of its own, so that a browser keeps their cookies apart.
PORT: Final = 8000
AGREE_S: Final = 30.0
PART_S: Final = 600
SITE_S: Final = 5.0


@dataclass(frozen=True)
class Site:
    """One member's web site, the accounts whose keys are there, and who signs in there."""

    member: str
    home: str
    address: str
    accounts: list[str]
    logins: list[dict[str, Any]]


def run(nodes: int, serving: bool) -> None:
    """Run the demonstration on a network of its own; serve the sites afterwards if asked for."""
    settings = from_environment()
    homes = plan.HOMES[:nodes]
    network = LocalNetwork(settings.home / "network", settings)
    network.found(CHAIN, [Founder(home.key, home.part.name, (home.part.role,)) for home in homes])
    click.echo(f"Starting {nodes} nodes; their homes are in {network.folder}.", err=True)
    with running(network):
        said = f"{nodes} validators on the chain {CHAIN}, each with its own keys, database and ledger"
        lines = [say(Line("network", said))]
        sites = []
        for place, home in enumerate(homes):
            sites.append(_take_part(network, home, f"127.0.0.{place + 1}", lines))
        paid = next((line.address for line in lines if line.stage == "disbursement"), "")
        lines += [say(line) for line in _agreed(network, paid)]
        emit({"lines": to_builtins(lines), "sites": to_builtins(sites)}, _sites_text(sites))
        if serving:
            _serve(network, sites)


def take_part(key: str) -> None:
    """Do one member's part in its own installation, as a process of its own; print JSON lines."""
    settings = from_environment()
    initialise(settings)
    installation = parts.installation()
    home = plan.home_of(key)
    members = plan.take_part(installation, home)
    who = "person signs" if len(home.people) == 1 else "people sign"
    print_json({"line": to_builtins(Line("member", f"{home.part.name}: {len(home.people)} {who} in there"))})
    for line in plan.carry_all(installation, members, installation.clock.now().date()):
        print_json({"line": to_builtins(line)})
    accounts = list(installation.keys.addresses())
    print_json({"accounts": accounts, "logins": to_builtins(plan.logins_of(installation, home))})
    parts.close()


def say(line: Line) -> Line:
    """Print a line as soon as its stage is done, unless one JSON document is wanted at the end."""
    if not json_wanted():
        where = f"[{line.address}]" if line.address else ""
        click.echo(f"{line.stage:<13}{where:<9}{line.text}")
    return line


def _take_part(network: LocalNetwork, home: plan.Home, host: str, lines: list[Line]) -> Site:
    site: dict[str, Any] = {}
    for told in _told(network.settings(home.key), home.key):
        if "line" in told:
            lines.append(say(convert(told["line"], Line)))
        else:
            site = told
    where = str(network.settings(home.key).home), f"{host}:{PORT}"
    return Site(home.part.name, *where, site["accounts"], site["logins"])


def _told(settings: Settings, key: str) -> Iterator[dict[str, Any]]:
    """Yield what the process that does one member's part prints."""
    with _command(settings, "", "demo", "--part", key, piped=True) as process:
        for line in process.stdout or ():
            yield json.loads(line)
    if process.returncode != 0:
        raise Unavailable("demo_stopped", f"The part of {key} in the demonstration did not come to its end.")


def _command(
    settings: Settings,
    host: str,
    *arguments: str,
    peers: Mapping[str, str] | None = None,
    piped: bool = False,
) -> subprocess.Popen[bytes]:
    program = Path(sys.executable).with_name("tallystick")
    return subprocess.Popen(
        [program, *arguments],
        env=environment_for(settings.home, host, peers),
        stdout=subprocess.PIPE if piped else None,
    )


def _agreed(network: LocalNetwork, paid: str) -> Iterator[Line]:
    """Show that all nodes hold the same, and that a party can check it without trusting anyone."""
    engines = {key: open_network(network.settings(key)) for key in network.homes()}
    deadline = time.monotonic() + AGREE_S
    try:
        while True:
            stands = [engine.status() for engine in engines.values()]
            if len({(one.height, one.app_hash) for one in stands}) == 1:
                break
            if time.monotonic() > deadline:
                raise Corruption("nodes_differ", "The nodes do not come to the same state.")
            time.sleep(0.2)
        height, root = stands[0].height, stands[0].app_hash
        yield Line("agreement", f"{len(stands)} nodes agree at height {height}: app hash {root[:16]}…")
        for key in network.homes():
            found = verify_ledger(ledger_file(network.settings(key)), lambda _done, _of: None)
            name = network.node(key).name
            yield Line(
                "ledger",
                f"{name}: verified from block 0 to {found.height}: {found.transactions} transactions",
            )
        if paid:
            yield _proved(network, paid)
    finally:
        for engine in engines.values():
            engine.close()


def _proved(network: LocalNetwork, address: str) -> Line:
    """Let the supplier's own node prove the disbursement, and check that with the genesis file alone."""
    height, index = map(int, address.split("-"))
    with closing(open_network(network.settings("rubber"))) as engine:
        bundle = encode_proof(engine.prove_at(height, index))
    proved = proving.check_bundle(bundle, network.genesis.read_bytes())
    text = f"the supplier's node proves the disbursement ({proved.outcome}), by the genesis file alone"
    return Line("proof", text, address)


def _sites_text(sites: Sequence[Site]) -> str:
    rows = [
        (f"http://{site.address}/", one["username"], one["password"], one["totp_secret"] or "-", site.member)
        for site in sites
        for one in site.logins
    ]
    headings = ("Site", "User", "Password", "One-time secret", "Installation of")
    return f"\nEach member has its own site.\n\n{table(headings, rows, (False,) * len(headings))}"


def _serve(network: LocalNetwork, sites: Sequence[Site]) -> None:
    """Serve each member's site until the reader has enough."""
    keys = {str(network.settings(key).home): key for key in network.homes()}
    peers = {account: f"http://{site.address}" for site in sites for account in site.accounts}
    servers = [
        _command(
            network.settings(keys[site.home]),
            site.address.split(":")[0],
            *("serve", "--bind", site.address),
            peers={account: base for account, base in peers.items() if account not in site.accounts},
        )
        for site in sites
    ]
    try:
        while all(server.poll() is None for server in servers):
            time.sleep(SITE_S)
    except KeyboardInterrupt:
        click.echo("\nStopping.", err=True)
    finally:
        for server in servers:
            server.terminate()
        for server in servers:
            server.wait()
