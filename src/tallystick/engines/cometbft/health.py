"""How a node is, for those who watch it: health, readiness, and figures for Prometheus, on one local address.

``/health`` says whether both processes run, ``/ready`` whether the node takes part: it answers, has caught
up with the others and is connected to them. ``/metrics`` also carries CometBFT's own figures.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from socketserver import ThreadingMixIn
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import msgspec
import urllib3
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from tallystick.engines.cometbft.rpc import Rpc
from tallystick.engines.cometbft.supervision import Supervisor
from tallystick.errors import TallystickError

#: How long each question to the node may take: whoever watches must hear soon that it hangs.
TIMEOUT_S: Final = 2
MAX_FIGURES_BYTES: Final = 4 * 1024 * 1024
PROGRAMS: Final = ("application", "cometbft")
TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True)
class Vitals:
    """What a node says of itself now.

    Attributes:
        height: its last block.
        block_age_s: how old that block is; a quiet network makes one every ``IDLE_BLOCK_S``.
        is_catching_up: whether it still fetches blocks from others.
        peers: how many nodes it is connected with.
        pending: transactions that wait in its mempool.
        power: what its vote weighs; 0 when it does not vote.
    """

    height: int
    block_age_s: int
    is_catching_up: bool
    peers: int
    pending: int
    power: int


def vitals(rpc: Rpc) -> Vitals:
    """Ask a node how it is.

    Raises:
        Unavailable: ``node_unreachable``.
    """
    status = rpc.status()
    return Vitals(
        height=status.height,
        block_age_s=max(0, int(time.time()) - status.time.seconds),
        is_catching_up=status.catching_up,
        peers=len(rpc.net_info()),
        pending=rpc.unconfirmed_count(),
        power=status.power,
    )


class Figures:
    """What Prometheus collects of one node, asked anew each time."""

    def __init__(self, rpc: Rpc, supervisor: Supervisor) -> None:
        self._rpc = rpc
        self._supervisor = supervisor

    def collect(self) -> Iterator[Metric]:
        """Yield the figures; those that only a running node can give are left out when it does not answer."""
        up = GaugeMetricFamily("tallystick_node_up", "Whether the process runs.", labels=["process"])
        for name in PROGRAMS:
            up.add_metric([name], int(self._supervisor.is_running(name)))
        yield up
        yield CounterMetricFamily(
            "tallystick_node_restarts", "Starts of both processes after the first.", self._supervisor.restarts
        )
        try:
            now = vitals(self._rpc)
        except TallystickError:
            return
        for name, text, value in (
            ("height", "Number of the last block.", now.height),
            ("block_age_seconds", "Age of the last block; five minutes at most.", now.block_age_s),
            ("catching_up", "Whether blocks are still fetched from others.", int(now.is_catching_up)),
            ("peers", "Nodes that this one is connected with.", now.peers),
            ("pending_transactions", "Transactions that wait in the mempool.", now.pending),
            ("validator_power", "What the node's vote weighs.", now.power),
        ):
            yield GaugeMetricFamily(f"tallystick_node_{name}", text, value)


class HealthServer:
    """Answers ``/health``, ``/ready`` and ``/metrics`` in a thread of its own.

    Args:
        host, port: where to listen; keep it where only who watches the node reaches it.
        rpc: the node.
        supervisor: of its processes.
        metrics_url: where CometBFT's own figures are; empty for none.
        needs_peers: whether a node without any peer is not ready.
    """

    def __init__(
        self, host: str, port: int, rpc: Rpc, supervisor: Supervisor, metrics_url: str, needs_peers: bool
    ) -> None:
        self._rpc = rpc
        self._supervisor = supervisor
        self._metrics_url = metrics_url
        self._needs_peers = needs_peers
        self._registry = CollectorRegistry()
        self._registry.register(Figures(rpc, supervisor))
        self._pool = urllib3.PoolManager(num_pools=1)
        self._server = make_server(host, port, self._answer, _Threads, handler_class=_Quiet)
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        pages: dict[str, Callable[[], tuple[str, str, bytes]]] = {
            "/health": self._health,
            "/ready": self._ready,
            "/metrics": self._metrics,
        }
        page = pages.get(str(environ.get("PATH_INFO")), _not_found)
        status, kind, body = page()
        start(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    def _health(self) -> tuple[str, str, bytes]:
        down = [name for name in PROGRAMS if not self._supervisor.is_running(name)]
        return _verdict(not down, {"down": down, "restarts": self._supervisor.restarts})

    def _ready(self) -> tuple[str, str, bytes]:
        try:
            now = vitals(self._rpc)
        except TallystickError as error:
            return _verdict(False, {"error": error.code})
        is_ready = not now.is_catching_up and (now.peers > 0 or not self._needs_peers)
        return _verdict(
            is_ready, {"height": now.height, "peers": now.peers, "catching_up": now.is_catching_up}
        )

    def _metrics(self) -> tuple[str, str, bytes]:
        return "200 OK", TEXT, generate_latest(self._registry) + self._of_cometbft()

    def _of_cometbft(self) -> bytes:
        if not self._metrics_url:
            return b""
        try:
            answer = self._pool.request("GET", self._metrics_url, timeout=TIMEOUT_S, retries=False)
        except urllib3.exceptions.HTTPError:
            return b""
        return answer.data if answer.status == 200 and len(answer.data) <= MAX_FIGURES_BYTES else b""


class _Threads(ThreadingMixIn, WSGIServer):
    """Answers one while another waits for a node that hangs."""

    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    """Writes no line for each request."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own name
        """Write nothing."""


def _verdict(is_well: bool, details: Mapping[str, object]) -> tuple[str, str, bytes]:
    body = msgspec.json.encode({"ok": is_well, **details})
    return "200 OK" if is_well else "503 Service Unavailable", "application/json", body


def _not_found() -> tuple[str, str, bytes]:
    return "404 Not Found", "text/plain; charset=utf-8", b"/health, /ready or /metrics\n"
