"""The client of one node: what it reads off real nodes, and what it makes of every way to get no answer."""

import json
import logging
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import urllib3

from tallystick.engines.cometbft import rpc as rpc_module
from tallystick.engines.cometbft.refusals import refusal
from tallystick.engines.cometbft.rpc import Rpc
from tallystick.errors import Conflict, NotFound, TallystickError, TooLarge, Unavailable
from tests.engines.cometbft.application import Application
from tests.engines.cometbft.network import Network, free_ports, wait_until
from tests.ledger.notebook import CHAIN

CHUNK_BYTES = 16 * 1024 * 1024


def refused(call, *arguments):
    """The kind and the code of the error that a call ends with."""
    with pytest.raises(TallystickError) as caught:
        call(*arguments)
    return type(caught.value), caught.value.code


# ---- real nodes


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    with Network(tmp_path_factory.mktemp("one")) as network:
        network.start()
        network.send(b"a=1")
        yield network


@pytest.fixture
def half(tmp_path_factory):
    """Two validators of whom one runs: it takes transactions, and can put none into a block."""
    settings = {"mempool.size": "3", "mempool.max_tx_bytes": "1000"}
    with Network(tmp_path_factory.mktemp("half"), 2, settings=settings) as network:
        network.nodes[0].start()
        wait_until(lambda: network.rpc().health() is None)
        yield network


def test_the_status_is_the_nodes(node):
    status, last = node.rpc().status(), node.rpc().status().height
    header, commit = node.rpc().commit(last)
    assert status.node_id == node.nodes[0].node_id
    assert (status.chain_id, status.height, status.lowest_height) == (node.chain_id, last, 1)
    assert (status.time, status.app_hash, status.block_hash) == (
        header.time,
        header.app_hash,
        commit.block_id.hash,
    )
    assert (status.public_key, status.power) == (node.nodes[0].public_key.hex(), 1)
    assert not status.catching_up


def test_what_the_application_answers_comes_through(node):
    answer = node.rpc().query("", b"a")
    assert (answer.code, answer.log, answer.key, answer.value) == (0, "exists", b"a", b"1")
    assert node.rpc().query("", b"b").value == b""


def test_every_part_of_a_query_goes_in_and_out(tmp_path):
    def name_chain(document):
        document["chain_id"] = CHAIN

    with (
        Application() as application,
        Network(tmp_path, 1, application.address, genesis=name_chain) as network,
    ):
        network.start()
        answer = network.rpc().query("/some/path", b"\x00\xff", prove=True)
        assert (answer.code, answer.log, answer.info, answer.height) == (7, "/some/path", "told", 3)
        assert (answer.key, answer.value) == (b"\x00\xff", b"v")
        assert answer.proof_ops == (("test", b"\x00\xff", b"\x01\x02"),)
        assert network.rpc().query("/some/path", b"", prove=False).proof_ops == ()


def test_the_applications_no_is_in_the_answer(node):
    answer = node.rpc().broadcast(b"no pair")
    assert answer.code != 0
    assert len(answer.hash) == 64


def test_a_transaction_that_the_node_has_seen_is_already_known(node):
    assert refused(node.rpc().broadcast, b"a=1") == (Conflict, "already_known")


@pytest.mark.parametrize("height", [-1, 0, 10_000])
def test_a_height_that_the_node_does_not_have_is_an_unknown_block(node, height):
    assert refused(node.rpc().commit, height) == (NotFound, "unknown_block")
    assert refused(node.rpc().validators, height) == (NotFound, "unknown_block")


def test_the_validators_are_known_one_block_ahead(node):
    last = node.rpc().status().height
    assert node.rpc().validators(last + 1) == node.rpc().validators(last)
    assert refused(node.rpc().validators, last + 2) == (NotFound, "unknown_block")


def test_the_node_says_the_applications_version(node):
    assert node.rpc().app_version() == 0


def test_many_threads_share_one_client(node):
    rpc = node.rpc()
    with ThreadPoolExecutor(2 * rpc_module.MAX_CONNECTIONS) as threads:
        heights = list(threads.map(lambda place: rpc.commit(1 + place % 3)[0].height, range(300)))
    assert heights == [1 + place % 3 for place in range(300)]


def test_a_full_mempool_and_large_transactions_are_told_apart(half):
    rpc = half.rpc()
    assert rpc.status().height == 0
    assert refused(rpc.broadcast, b"a=" + b"x" * 1000) == (TooLarge, "transaction_too_large")
    assert refused(rpc.broadcast, b"a=" + b"x" * 64 * 1024) == (TooLarge, "transaction_too_large")
    assert [rpc.broadcast(b"a=%d" % number).code for number in range(3)] == [0, 0, 0]
    assert rpc.unconfirmed_count() == 3
    assert refused(rpc.broadcast, b"a=3") == (Unavailable, "mempool_full")
    assert rpc.net_info() == ()
    half.nodes[1].start()
    [peer] = wait_until(rpc.net_info)
    assert (peer.node_id, peer.address) == (half.nodes[1].node_id, "127.0.0.1")
    wait_until(lambda: rpc.unconfirmed_count() == 0)


def test_a_genesis_document_of_several_chunks_is_put_together(tmp_path):
    def grow(document):
        document["app_state"] = "s" * (CHUNK_BYTES + 1)

    with Network(tmp_path, genesis=grow) as network:
        network.start()
        found = json.loads(network.rpc().genesis())
    assert found["chain_id"] == network.chain_id
    assert found["app_state"] == "s" * (CHUNK_BYTES + 1)


def test_a_node_that_was_stopped_is_unreachable_and_is_found_again(tmp_path):
    with Network(tmp_path) as network:
        network.start()
        network.rpc().health()
        network.nodes[0].stop()
        assert refused(network.rpc().health) == (Unavailable, "node_unreachable")
        network.nodes[0].start()
        wait_until(lambda: network.rpc().status().height >= 1)


# ---- nodes that answer wrongly


@contextmanager
def answering(status=200, body=b"", pause_s=0.0, missing_bytes=0):
    """A server that answers every request so; ``pause_s`` passes between the bytes of the body."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) + missing_bytes))
            self.end_headers()
            size = 1 if pause_s else len(body) or 1
            try:
                for start in range(0, len(body), size):
                    self.wfile.write(body[start : start + size])
                    time.sleep(pause_s)
            except OSError:
                pass
            self.close_connection = self.close_connection or bool(missing_bytes)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    client = Rpc(f"http://127.0.0.1:{server.server_port}", timeout_s=1)
    try:
        yield client
    finally:
        client.close()
        server.shutdown()
        thread.join()
        server.server_close()


def test_where_nobody_listens_the_node_is_unreachable():
    [port] = free_ports(1)
    assert refused(Rpc(f"http://127.0.0.1:{port}").status) == (Unavailable, "node_unreachable")
    assert refused(Rpc("http://host.invalid").status) == (Unavailable, "node_unreachable")


def test_a_node_that_says_nothing_is_unreachable_after_the_time():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        client = Rpc(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.3)
        assert refused(client.status) == (Unavailable, "node_unreachable")
        assert time.monotonic() - begun < 3
        client.close()


def test_a_node_that_dribbles_is_unreachable_after_the_time():
    begun = time.monotonic()
    with answering(body=b"x" * 200_000, pause_s=0.1) as client:
        client._timeout_s = 0.5
        assert refused(client.status) == (Unavailable, "node_unreachable")
    assert time.monotonic() - begun < 5


def test_a_node_that_falls_silent_in_the_middle_is_unreachable():
    with answering(body=b'{"result": {}}', missing_bytes=5) as client:
        assert refused(client.health) == (Unavailable, "node_unreachable")


@pytest.mark.parametrize("status", [301, 400, 404, 500, 502])
def test_what_is_no_answer_of_a_node_is_unreachable(status):
    with answering(status, b"<html>") as client:
        assert refused(client.status) == (Unavailable, "node_unreachable")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"result": null}',
        b'{"result": {}}',
        b'{"result": {"node_info": {"id": 5}}}',
        b'{"error": {}}',
        b'{"error": 5}',
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_an_answer_that_is_not_the_nodes_is_unreadable(body):
    with answering(body=body) as client:
        calls = [client.status, client.net_info, client.genesis, client.unconfirmed_count, client.app_version]
        for call in calls:
            assert refused(call) == (Unavailable, "node_answer_unreadable")
        assert refused(client.broadcast, b"a=1") == (Unavailable, "node_answer_unreadable")
        assert refused(client.query, "", b"") == (Unavailable, "node_answer_unreadable")
        assert refused(client.validators, 1) == (Unavailable, "node_answer_unreadable")


def test_a_header_of_another_height_is_unreadable(node):
    request = {"jsonrpc": "2.0", "id": 1, "method": "commit", "params": {"height": "1"}}
    body = urllib3.request("POST", node.nodes[0].url, json=request).data
    with answering(body=body) as client:
        assert client.commit(1) == node.rpc().commit(1)
        assert refused(client.commit, 2) == (Unavailable, "node_answer_unreadable")


@pytest.mark.parametrize("found", [None, {"signed_header": {"header": None, "commit": None}}])
def test_a_block_that_the_node_lost_is_unknown(found):
    with answering(body=json.dumps({"result": found}).encode()) as client:
        assert refused(client.commit, 1) == (NotFound, "unknown_block")


def test_an_answer_without_end_is_cut_off(monkeypatch):
    with answering(body=b'{"result": "' + b"x" * 200_000 + b'"}') as client:
        client.health()
        monkeypatch.setattr(rpc_module, "MAX_ANSWER_BYTES", 100_000)
        assert refused(client.health) == (Unavailable, "node_answer_unreadable")


def test_a_genesis_document_of_too_many_chunks_is_not_fetched():
    result = {"chunk": "0", "total": str(rpc_module.MAX_GENESIS_CHUNKS + 1), "data": "e30="}
    with answering(body=json.dumps({"result": result}).encode()) as client:
        assert refused(client.genesis) == (Unavailable, "node_answer_unreadable")


# ---- what the node's own words mean


@pytest.mark.parametrize(
    ("sentence", "kind", "code"),
    [
        (
            "mempool is full: number of txs 3 (max: 3), total txs bytes 9 (max: 99)",
            Unavailable,
            "mempool_full",
        ),
        (
            "mempool is still rechecking after a new committed block, so it is considered as full",
            Unavailable,
            "mempool_full",
        ),
        ("tx already exists in cache", Conflict, "already_known"),
        ("Tx too large. Max size is 1000, but got 1002", TooLarge, "transaction_too_large"),
        ("tx pre check: tx size is too big: 30, max: 20", TooLarge, "transaction_too_large"),
        ("error reading request body: http: request body too large", TooLarge, "transaction_too_large"),
        ("height 5 is not available, lowest height is 7", NotFound, "unknown_block"),
        ("could not find validator set for height #5", NotFound, "unknown_block"),
        ("something else", Unavailable, "node_error"),
    ],
)
def test_the_nodes_sentences_have_our_codes(sentence, kind, code):
    error = refusal("some_call", sentence)
    assert (type(error), error.code, error.details["method"]) == (kind, code, "some_call")


def test_an_unknown_sentence_of_the_node_is_told_in_part_and_in_print():
    told = refusal("some_call", "first\nsecond\x1b[0m" + "x" * 10_000).message
    assert "first second" in told
    assert len(told) < 300
    assert told.isprintable()


def test_an_error_of_the_node_is_told_with_its_sentence():
    body = json.dumps({"error": {"code": -32603, "message": "Internal error", "data": "the disk is full"}})
    with answering(500, body.encode()) as client, pytest.raises(Unavailable) as caught:
        client.status()
    assert (caught.value.code, caught.value.message) == (
        "node_error",
        "The node reports an error: the disk is full.",
    )


def test_nothing_that_is_sent_or_answered_is_logged(node, caplog):
    caplog.set_level(logging.DEBUG)
    node.rpc().query("/secret-path", b"secret-data")
    node.rpc().broadcast(b"secret=value")
    assert "secret" not in caplog.text
    assert b"secret".hex() not in caplog.text
