"""One CometBFT node's JSON-RPC over HTTP: what it knows, and handing it a transaction.

Answers are believed as far as the node is; ``light`` is for who does not. A call is made once: who meets
``node_unreachable`` calls again, which is safe, since the same transaction enters a mempool only once.
Nothing that is sent or answered is logged.
"""

import base64
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import msgspec
import urllib3

from tallystick.engines.cometbft import answers
from tallystick.engines.cometbft.answers import CheckAnswer, NodeStatus, Peer, QueryAnswer
from tallystick.engines.cometbft.documents import OTHER_SHAPE
from tallystick.engines.cometbft.headers import MAX_VALIDATORS, Commit, Header, Validator
from tallystick.engines.cometbft.refusals import refusal
from tallystick.errors import Malformed, TooLarge, Unavailable
from tallystick.ledger.transaction import MAX_TRANSACTION_BYTES

__all__ = ["CheckAnswer", "NodeStatus", "Peer", "QueryAnswer", "Rpc"]

MAX_ANSWER_BYTES: Final = 32 * 1024 * 1024  # above the 16 MiB of a genesis chunk, written as base64
MAX_GENESIS_CHUNKS: Final = 4
MAX_CONNECTIONS: Final = 32
PAGE: Final = 100
PIECE_BYTES: Final = 64 * 1024
DEFAULT_TIMEOUT_S: Final = 10
HTTP_OK: Final = 200

T = TypeVar("T")


class Rpc:
    """A client of one node; many threads may use it at once.

    Every method raises Unavailable: ``node_unreachable`` when the node gives no whole answer in time,
    ``node_answer_unreadable`` when the answer is not as CometBFT writes it, and ``node_error`` when the node
    reports an error that has no code of its own.

    Args:
        url: where the node listens, for example ``http://127.0.0.1:26657``.
        timeout_s: how long one call may take.
    """

    def __init__(self, url: str, timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        self._url = url.rstrip("/") + "/"
        self._timeout_s = timeout_s
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=MAX_CONNECTIONS, block=True)

    def status(self) -> NodeStatus:
        """Return where the node stands."""
        return self._ask("status", answers.read_status)

    def health(self) -> None:
        """Return when the node answers at all."""
        self._ask("health", lambda result: None)

    def commit(self, height: int) -> tuple[Header, Commit]:
        """Return the header of a block, and the votes that made it final.

        Raises:
            NotFound: ``unknown_block`` when there is none yet, or none any more.
        """
        header, commit = self._ask("commit", answers.read_signed_header, height=str(height))
        if header.height != height:
            raise _unreadable("commit")
        return header, commit

    def validators(self, height: int) -> tuple[Validator, ...]:
        """Return who decides on a block, in CometBFT's order; known one block ahead.

        Raises:
            NotFound: ``unknown_block``.
        """
        found: list[Validator] = []
        for page in range(1, MAX_VALIDATORS // PAGE + 1):
            some, total = self._ask(
                "validators", answers.read_validators, height=str(height), page=str(page), per_page=str(PAGE)
            )
            found += some
            if len(found) >= total or not some:
                break
        return tuple(found)

    def broadcast(self, wire: bytes) -> CheckAnswer:
        """Hand in a transaction and return what the application said to it; it is in no block yet.

        Raises:
            Conflict: ``already_known`` when the node has seen these very bytes: it waits, or is in a block.
            TooLarge: ``transaction_too_large``.
            Unavailable: ``mempool_full``.
        """
        if len(wire) > MAX_TRANSACTION_BYTES:
            raise TooLarge(
                "transaction_too_large",
                f"A transaction may have {MAX_TRANSACTION_BYTES} bytes; this one has {len(wire)}.",
                limit_bytes=MAX_TRANSACTION_BYTES,
            )
        return self._ask("broadcast_tx_sync", answers.read_check_answer, tx=base64.b64encode(wire).decode())

    def query(self, path: str, data: bytes, prove: bool = False) -> QueryAnswer:
        """Return what the application answers; a refusal of its own is in the answer's ``code``."""
        return self._ask("abci_query", answers.read_query_answer, path=path, data=data.hex(), prove=prove)

    def unconfirmed_count(self) -> int:
        """Return how many transactions wait in the node's mempool."""
        return self._ask("num_unconfirmed_txs", lambda result: int(result["total"]))

    def net_info(self) -> tuple[Peer, ...]:
        """Return the nodes that this one is connected with, in the order of their ids."""
        return self._ask("net_info", answers.read_peers)

    def genesis(self) -> bytes:
        """Return the genesis document as the node writes it; it may be laid out unlike the file.

        Raises:
            Unavailable: also ``node_answer_unreadable`` when it has more than ``MAX_GENESIS_CHUNKS`` chunks.
        """
        first, total = self._ask("genesis_chunked", answers.read_chunk, chunk="0")
        if total > MAX_GENESIS_CHUNKS:
            raise _unreadable("genesis_chunked")
        rest = [
            self._ask("genesis_chunked", answers.read_chunk, chunk=str(place))[0] for place in range(1, total)
        ]
        return b"".join([first, *rest])

    def app_version(self) -> int:
        """Return the application's version in the consensus parameters in force."""
        return self._ask("consensus_params", lambda result: int(result["consensus_params"]["version"]["app"]))

    def close(self) -> None:
        """Close the connections that were kept."""
        self._pool.clear()

    def _ask(self, method: str, read: Callable[[Any], T], **parameters: str | bool) -> T:
        status, answer = self._post(method, parameters)
        try:
            document = msgspec.json.decode(answer)
            error = document.get("error")
            if error is None:
                return read(document["result"])
            sentence = f"{error.get('data') or error['message']}"
        except (Malformed, *OTHER_SHAPE):
            # A page of a proxy in between says nothing about the node.
            raise (_unreadable if status == HTTP_OK else _unreachable)(method) from None
        raise refusal(method, sentence)

    def _post(self, method: str, parameters: Mapping[str, str | bool]) -> tuple[int, bytes]:
        body = msgspec.json.encode({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})
        deadline = time.monotonic() + self._timeout_s
        try:
            response = self._pool.request(
                "POST",
                self._url,
                body=body,
                headers={"Content-Type": "application/json"},
                timeout=urllib3.Timeout(total=self._timeout_s),
                pool_timeout=self._timeout_s,
                retries=False,
                redirect=False,
                preload_content=False,
            )
            return response.status, self._receive(method, response, deadline)
        except urllib3.exceptions.HTTPError:
            # The library's sentence would name addresses and say nothing that helps more.
            raise _unreachable(method) from None

    def _receive(self, method: str, response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
        pieces, size = [], 0
        try:
            # Not ``stream``: it waits for a whole piece, however long the node takes over it.
            while piece := response.read1(PIECE_BYTES, decode_content=False):
                pieces.append(piece)
                size += len(piece)
                _check_bounds(method, size, deadline)
        except BaseException:
            response.close()
            raise
        response.release_conn()
        return b"".join(pieces)


def _check_bounds(method: str, size: int, deadline: float) -> None:
    if size > MAX_ANSWER_BYTES:
        raise _unreadable(method)
    if time.monotonic() > deadline:
        raise _unreachable(method)


def _unreadable(method: str) -> Unavailable:
    return Unavailable(
        "node_answer_unreadable", "The node's answer is not as CometBFT writes it.", method=method
    )


def _unreachable(method: str) -> Unavailable:
    return Unavailable("node_unreachable", "The node does not answer; try again.", method=method)
