"""Four validators on this machine: our contracts against CometBFT's own example, on one configuration."""

import argparse
import base64
import http.client
import json
import os
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from nacl.signing import SigningKey
from report import note, per_second, spread, table
from workload import (
    CHAIN,
    GENESIS_TIME,
    PROPOSER_PUBLIC_KEY,
    SENDERS,
    anchoring_load,
    sign_header,
    signing_key,
)

from ledger import SystemClock, send, verification_limit
from tallystick.bootstrap.node.document import node_folder, read_node, write_node
from tallystick.bootstrap.node.governing import admit
from tallystick.bootstrap.node.joining import join_network
from tallystick.bootstrap.node.local import HOST, LOCAL_PACE, Founder, LocalNetwork, free_ports
from tallystick.bootstrap.node.making import Ports, make_node
from tallystick.bootstrap.node.running import find_cometbft
from tallystick.bootstrap.parts import open_keys
from tallystick.config import Settings, from_environment
from tallystick.engines.cometbft.folder import (
    NODE_KEY,
    Addresses,
    genesis_file,
    node_id,
    node_key_file,
    settings,
    write_folder,
)
from tallystick.engines.cometbft.rpc import Rpc
from tallystick.engines.embedded import EmbeddedEngine, Limits
from tallystick.ledger.genesis import compose_genesis

VALIDATORS = 4
BATCH = 10  # what one HTTP request of CometBFT may carry
OUTSTANDING = 1500  # of the 5,000 that its mempool takes; what waits is checked again after each block
POLL_S = 0.01
DEADLINE_S = 300
METAS = 20


@dataclass(frozen=True)
class Measured:
    """One run of one application.

    Attributes:
        rate: committed transactions per second, from the first submission to the last commit.
        latencies_s: of transactions that were alone, from before they were sent until their block was final.
        cpu_ms: processor time of all nodes together for one committed transaction, by kind of process.
    """

    rate: float
    latencies_s: list[float]
    cpu_ms: dict[str, float]


@dataclass(frozen=True)
class Running:
    """Four nodes that run.

    Attributes:
        addresses: where they answer.
        processes: their process ids, by kind of process.
    """

    addresses: list[str]
    processes: dict[str, list[int]]

    def cpu_s(self) -> dict[str, float]:
        """Return the processor time that each kind has used so far."""
        return {kind: sum(map(cpu_s, ids)) for kind, ids in self.processes.items()}


def cpu_s(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Client:
    """One kept connection to a node's interface, as thin as it can be: it is measured too."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(address, timeout=30)

    def call(self, requests: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Send a batch of calls and return the answers."""
        self._connection.request("POST", "/", json.dumps(requests), {"Content-Type": "application/json"})
        answers = json.loads(self._connection.getresponse().read())
        return answers if isinstance(answers, list) else [answers]

    def one(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Make one call and return its result."""
        answer = self.call([request(method, **parameters)])[0]
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result


def request(method: str, **parameters: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}


class Counter:
    """Counts the transactions in a node's blocks, from where it was made."""

    def __init__(self, address: str) -> None:
        self._client = Client(address)
        self.height = int(self._status()["latest_block_height"])
        self.count = 0

    def look(self) -> int:
        """Return how many have been committed since."""
        head = int(self._status()["latest_block_height"])
        while self.height < head:
            last = min(head, self.height + METAS)
            found = self._client.one("blockchain", minHeight=str(self.height + 1), maxHeight=str(last))
            self.count += sum(int(meta["num_txs"]) for meta in found["block_metas"])
            self.height = last
        return self.count

    def _status(self) -> dict[str, Any]:
        info: dict[str, Any] = self._client.one("status")["sync_info"]
        return info


def throughput(addresses: Sequence[str], wires: Sequence[Sequence[bytes]]) -> float:
    """Send each node its transactions in their order, and return how many were committed per second."""
    total = sum(map(len, wires))
    counter = Counter(addresses[0])
    sent = [0] * len(addresses)
    committed = 0

    def feed(place: int) -> None:
        client = Client(addresses[place])
        for start in range(0, len(wires[place]), BATCH):
            while sum(sent) - committed > OUTSTANDING:
                time.sleep(POLL_S)
            batch = wires[place][start : start + BATCH]
            calls = [request("broadcast_tx_async", tx=base64.b64encode(wire).decode()) for wire in batch]
            for answer in client.call(calls):
                assert "error" not in answer, answer
            sent[place] += len(batch)

    threads = [threading.Thread(target=feed, args=(place,)) for place in range(len(addresses))]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    while (committed := counter.look()) < total:
        assert time.perf_counter() - began < DEADLINE_S, f"{committed} of {total} were committed"
        time.sleep(POLL_S)
    spent = time.perf_counter() - began
    for thread in threads:
        thread.join()
    return total / spent


def latencies(address: str, wires: Sequence[bytes]) -> list[float]:
    """Send one transaction at a time, and return how long each took until its block was final."""
    client, counter, found = Client(address), Counter(address), []
    for number, wire in enumerate(wires, 1):
        began = time.perf_counter()
        answer = client.one("broadcast_tx_sync", tx=base64.b64encode(wire).decode())
        assert answer["code"] == 0, answer
        while counter.look() < number:
            assert time.perf_counter() - began < DEADLINE_S
            time.sleep(POLL_S / 4)
        found.append(time.perf_counter() - began)
        time.sleep(0.05 + 0.037 * (number % 7))  # not in step with the blocks
    return found


@contextmanager
def example(folder: Path, program: Path) -> Iterator[Running]:
    """Run CometBFT's example kvstore, built into it, on four validators."""
    ports = free_ports(3 * VALIDATORS, None)
    keys = [SigningKey.generate() for _ in range(VALIDATORS)]
    named = [f"{node_id(bytes(key.verify_key))}@{HOST}:{ports[place]}" for place, key in enumerate(keys)]
    homes = [folder / f"example{place}" for place in range(VALIDATORS)]
    public = []
    for home in homes:
        subprocess.run([program, "init", "--home", home], check=True, capture_output=True)
        document = json.loads((home / "config/priv_validator_key.json").read_text())
        public.append(base64.b64decode(document["pub_key"]["value"]).hex())
    document = compose_genesis(CHAIN, GENESIS_TIME, b"", {})
    genesis = json.loads(genesis_file(document, [(key, 1, str(place)) for place, key in enumerate(public)]))
    genesis["app_state"] = {}
    for place, home in enumerate(homes):
        addresses = Addresses(
            p2p=f"{HOST}:{ports[place]}",
            rpc=f"{HOST}:{ports[VALIDATORS + place]}",
            metrics=f"{HOST}:{ports[2 * VALIDATORS + place]}",
            peers=tuple(name for other, name in enumerate(named) if other != place),
        )
        found = {name: dict(part) for name, part in settings("example", addresses, LOCAL_PACE, None).items()}
        found[""] |= {"proxy_app": "kvstore", "priv_validator_laddr": "", "filter_peers": False}
        write_folder(home, found, json.dumps(genesis).encode())
        (home / NODE_KEY).write_bytes(node_key_file(keys[place]))
    processes = []
    with ExitStack() as held:
        for home in homes:
            log = held.enter_context((home / "log").open("wb"))
            process = subprocess.Popen([program, "node", "--home", home], stdout=log, stderr=log)
            held.callback(process.wait)
            held.callback(process.terminate)
            processes.append(process.pid)
        addresses = [f"{HOST}:{ports[VALIDATORS + place]}" for place in range(VALIDATORS)]
        await_first_block(addresses)
        yield Running(addresses, {"CometBFT": processes})


def await_first_block(addresses: Sequence[str]) -> None:
    """Return when each node has a block and is connected with the others."""
    for address in addresses:
        rpc = Rpc(f"http://{address}", timeout_s=5)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if rpc.status().height > 0 and len(rpc.net_info()) == len(addresses) - 1:
                    break
            except Exception:  # noqa: BLE001 - it is still starting
                time.sleep(0.1)
            time.sleep(0.05)
        rpc.close()


class Ours:
    """Our own network: the product's nodes, with sixteen lenders as members besides."""

    def __init__(self, folder: Path) -> None:
        self.network = LocalNetwork(folder / "ours", replace(from_environment({}), home=folder))
        self.senders = [signing_key(f"sender {number}") for number in range(SENDERS)]

    @contextmanager
    def running(self, snapshot_interval: int = 0) -> Iterator[Running]:
        """Found the network and run it."""
        founders = [Founder(f"m{place}", f"Node {place}", ()) for place in range(VALIDATORS)]
        members = [
            {
                "name": f"Lender {place}",
                "public_key": bytes(sender.verify_key).hex(),
                "roles": ["lender", "operator"],
            }
            for place, sender in enumerate(self.senders)
        ]
        self.network.found(CHAIN, founders, also=members)
        for key in self.network.homes():
            folder = node_folder(self.network.settings(key))
            node = read_node(folder)
            write_node(folder, msgspec.structs.replace(node, snapshot_interval=snapshot_interval))
        try:
            for key in self.network.homes():
                self.network.start(key)
            self.network.await_ready()
            addresses = [self.network.node(key).rpc for key in self.network.homes()]
            await_first_block(addresses)
            kinds = {"application": "application", "CometBFT": "cometbft", "supervisor": None}
            homes = self.network.homes()
            yield Running(
                addresses,
                {kind: [self.network.pid(key, name) for key in homes] for kind, name in kinds.items()},
            )
        finally:
            self.network.stop()


def by_node(wires: Sequence[bytes]) -> list[list[bytes]]:
    """Return each node's share: all of one sender goes to one node, in order."""
    shares: list[list[bytes]] = [[] for _ in range(VALIDATORS)]
    for wire in wires:
        sender = json.loads(wire[64:])["sender"]
        shares[sha256(sender.encode()).digest()[0] % VALIDATORS].append(wire)
    return shares


def example_wires(count: int, size: int, salt: str) -> list[bytes]:
    """Return transactions of the example (key=value) of about this size."""
    keys = (sha256(f"{salt} {number}".encode()).hexdigest() for number in range(count))
    return [f"{key}={'v' * (size - 65)}".encode() for key in keys]


def measure(running: Running, alone: Sequence[bytes], shares: Sequence[Sequence[bytes]]) -> Measured:
    waited = latencies(running.addresses[0], alone)
    before = running.cpu_s()
    rate = throughput(running.addresses, shares)
    after, total = running.cpu_s(), sum(map(len, shares))
    return Measured(rate, waited, {kind: 1000 * (after[kind] - before[kind]) / total for kind in after})


def one_round(folder: Path, program: Path, count: int, alone: int) -> tuple[Measured, Measured]:
    """Measure both applications, one after the other."""
    load = anchoring_load(count + 5 * 200)
    size = statistics.mean(map(len, load.wires))
    single, many = load.wires[:alone], load.wires[alone : alone + count]
    with Ours(folder).running() as running:
        ours = measure(running, single, by_node(many))
    wires = example_wires(count + alone, round(size), str(folder))
    shares = [wires[alone + place :: VALIDATORS] for place in range(VALIDATORS)]
    with example(folder, program) as running:
        theirs = measure(running, wires[:alone], shares)
    return ours, theirs


def embedded_rate(folder: Path, count: int) -> float:
    """Return the rate of the embedded ledger with the same transactions, in one process."""
    load = anchoring_load(count)
    path = folder / "embedded.sqlite3"
    engine = EmbeddedEngine.create(
        path, load.genesis, load.contracts, sign_header, PROPOSER_PUBLIC_KEY, clock=SystemClock(),
        limits=Limits(block_period_ms=1000, block_transactions=1000),
    )  # fmt: skip
    began = time.perf_counter()
    send(engine, load.wires)
    spent = time.perf_counter() - began
    engine.close()
    return count / spent


def sync_of_a_new_node(folder: Path, count: int) -> dict[str, float]:
    """Return seconds until a fifth node has caught up: by all blocks, and by a snapshot."""
    load = anchoring_load(count)
    ours = Ours(folder)
    found: dict[str, float] = {}
    with ours.running(snapshot_interval=5) as running:
        throughput(running.addresses, by_node(load.wires))
        for way, by_snapshot in (("all blocks", False), ("a snapshot", True)):
            found[way] = join_a_node(ours.network, way.replace(" ", "-"), by_snapshot)
    return found


def join_a_node(network: LocalNetwork, key: str, by_snapshot: bool) -> float:
    """Make, admit and start one more node; return the seconds from its start until it has caught up."""
    ports = [f"{HOST}:{port}" for port in free_ports(4, None)]
    first = network.homes()[0]
    chosen: Settings = network.settings(key)
    chosen.home.mkdir()
    made = make_node(
        chosen,
        open_keys(chosen),
        name=f"Late {key}",
        roles=[],
        ports=Ports(*ports, endpoint=ports[0]),
        pace=LOCAL_PACE,
        genesis=network.genesis.read_bytes(),
    )
    admit(network.settings(first), made.card)
    servers = [network.node(first).rpc_url] if by_snapshot else []
    join_network(chosen, network.genesis.read_bytes(), sync_from=servers)
    began = time.perf_counter()
    network.start(key)
    network.await_ready([key])
    head = max(vital.height for one in network.homes() if (vital := network.vitals(one)))
    while (vital := network.vitals(key)) is None or vital.height < head:
        time.sleep(POLL_S)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transactions", type=int, default=10_000, help="in each run")
    parser.add_argument("--alone", type=int, default=40, help="sent one at a time, for the latency")
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    program = find_cometbft(from_environment({}))
    rounds = []
    for turn in range(chosen.rounds):
        note(f"four validators, {turn + 1} of {chosen.rounds}")
        with tempfile.TemporaryDirectory() as name:
            rounds.append(one_round(Path(name), program, chosen.transactions, chosen.alone))
            ours, theirs = rounds[-1]
            note(f"ours: {ours.rate:.0f}/s, {middle(ours):.3f} s")
            note(f"example: {theirs.rate:.0f}/s, {middle(theirs):.3f} s")
    note("a new node")
    with tempfile.TemporaryDirectory() as name:
        synced = sync_of_a_new_node(Path(name), chosen.transactions)
    with tempfile.TemporaryDirectory() as name:
        embedded = embedded_rate(Path(name), chosen.transactions)
    print(section(chosen.transactions, chosen.alone, rounds, synced, embedded, verification_limit()))


def middle(measured: Measured) -> float:
    return statistics.median(measured.latencies_s)


def section(
    count: int,
    alone: int,
    rounds: Sequence[tuple[Measured, Measured]],
    synced: dict[str, float],
    embedded: float,
    limit: float,
) -> str:
    """Return this benchmark's section of the page."""
    rates = [ours.rate / theirs.rate for ours, theirs in rounds]
    waits = [middle(ours) / middle(theirs) for ours, theirs in rounds]

    def of(read: Callable[[Measured], float], side: int) -> float:
        return statistics.median(read(each[side]) for each in rounds)

    rows = [
        (
            "committed transactions/s",
            per_second(of(lambda one: one.rate, 0)),
            per_second(of(lambda one: one.rate, 1)),
            spread(rates),
            f"at least 0.5: {verdict(statistics.median(rates) >= 0.5)}",
        ),
        (
            "seconds until a transaction alone is final",
            f"{of(middle, 0):.3f}",
            f"{of(middle, 1):.3f}",
            spread(waits),
            f"within 1.3: {verdict(statistics.median(waits) <= 1.3)}",
        ),
    ]
    blocks, snapshot = synced["all blocks"], synced["a snapshot"]
    ours_rate = of(lambda one: one.rate, 0)
    return f"""## The network

Four validators on this one machine, CometBFT v0.38.25 on one configuration (the product's, for a network on
one machine). *Ours* is the product: each node with its supervisor, signer and application, and the contract
`anchoring`, which checks 1.4 signatures for each transaction on every node. The *example* is CometBFT's own
kvstore, built into it, with transactions of the same size; it checks no signature. {count:,} transactions for
each run, sent to all four nodes as fast as they take them, until the first node has the last in a block;
{alone} more were sent one at a time. {len(rounds)} runs each, in turns; figures are medians, ratios with the
least and the most. All nodes and the load share {os.cpu_count()} cores.

{table(("what", "ours", "example", "ratio", "aim"), rows)}

Where the time goes, in milliseconds of processor time for one committed transaction, four nodes together:
{cpu_text(rounds, 0)} in ours, {cpu_text(rounds, 1)} in the example.
One core checks {per_second(limit)} signatures per second here when nothing else runs, so that the
{VALIDATORS} × 1.4 checks of one of our transactions take {VALIDATORS * 1.4 * 1000 / limit:.2f} ms of it.
Nodes on machines of their own do not share them.

**A new node.** A fifth node joined after {count:,} transactions, and had caught up with the others
{blocks:.1f} s after its start by executing all blocks, {snapshot:.1f} s by a snapshot (starting both
processes and finding the others included).

**Embedded against network.** The same transactions on the embedded ledger in one process:
{per_second(embedded)} transactions/s, {embedded / ours_rate:.1f} times the network's four copies on the same
machine.
"""


def cpu_text(rounds: Sequence[tuple[Measured, Measured]], side: int) -> str:
    kinds = rounds[0][side].cpu_ms
    each = {kind: statistics.median(one[side].cpu_ms[kind] for one in rounds) for kind in kinds}
    return ", ".join(f"{kind} {spent:.2f}" for kind, spent in each.items())


def verdict(is_met: bool) -> str:
    return "met" if is_met else "not met"


if __name__ == "__main__":
    main()
