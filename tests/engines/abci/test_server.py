"""The sockets of the application: answers in the order of the requests, on every connection."""

import random
import socket
import threading

import pytest

from tallystick.engines.abci.server import MAX_MESSAGE_BYTES, listen, serve
from tallystick.engines.wire import messages_pb2 as pb
from tallystick.engines.wire.framing import Frames, encode_varint, frame
from tests.engines.abci.node import Node
from tests.ledger.notebook import ANNE


class Client:
    """One connection as CometBFT makes it."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(str(path))
        self.frames = Frames(MAX_MESSAGE_BYTES)
        self.waiting = []

    def send(self, *requests):
        self.socket.sendall(b"".join(frame(one.SerializeToString()) for one in requests))

    def receive(self):
        while not self.waiting:
            piece = self.socket.recv(65536)
            if not piece:
                return None
            self.waiting += self.frames.feed(piece)
        return pb.Response.FromString(self.waiting.pop(0))


@pytest.fixture
def connect():
    """Makes connections, and closes them after the test."""
    made = []

    def connect_to(path):
        made.append(Client(path))
        return made[-1]

    yield connect_to
    for client in made:
        client.socket.close()


@pytest.fixture
def path(tmp_path):
    """The socket of a running application."""
    node = Node(tmp_path)
    node.begin()
    stopping = threading.Event()
    place = tmp_path / "a.sock"
    running = threading.Thread(
        target=serve, args=(listen(place), node.application.answer, lambda: not stopping.is_set())
    )
    running.start()
    yield place
    stopping.set()
    running.join()
    node.close()


def echo(text):
    return pb.Request(echo=pb.RequestEcho(message=text))


def test_pipelined_requests_are_answered_in_their_order_and_each_flush_with_a_flush(connect, path):
    client = connect(path)
    requests = []
    for number in range(300):
        requests += [echo(str(number)), pb.Request(flush=pb.RequestFlush())]
    client.send(*requests)
    for number in range(300):
        assert client.receive().echo.message == str(number)
        assert client.receive().WhichOneof("value") == "flush"


def test_a_request_may_come_in_pieces_of_any_size(connect, path):
    client, chance = connect(path), random.Random(7)  # noqa: S311 - any cut will do
    data = b"".join(frame(echo("x" * size).SerializeToString()) for size in (0, 1, 127, 128, 20_000))
    while data:
        size = chance.randint(1, 3000)
        client.socket.sendall(data[:size])
        data = data[size:]
    assert [len(client.receive().echo.message) for _ in range(5)] == [0, 1, 127, 128, 20_000]


def test_four_connections_are_served_side_by_side(connect, path):
    clients = [connect(path) for _ in range(4)]
    for number, client in enumerate(clients):
        client.send(echo(str(number)))
    assert [client.receive().echo.message for client in reversed(clients)] == ["3", "2", "1", "0"]


def test_what_one_connection_did_another_sees(connect, path):
    mempool, query = connect(path), connect(path)
    mempool.send(pb.Request(check_tx=pb.RequestCheckTx(tx=ANNE.call(1))))
    assert mempool.receive().check_tx.code == 0
    query.send(pb.Request(query=pb.RequestQuery(path="/sequence", data=ANNE.address.encode())))
    assert query.receive().query.value == b"2"


@pytest.mark.parametrize(
    "bad",
    [b"\xff" * 6, encode_varint(MAX_MESSAGE_BYTES + 1), frame(b"\xff\xff\xff")],
    ids=["length", "size", "bytes"],
)
def test_a_connection_that_speaks_otherwise_is_closed_and_the_others_go_on(connect, path, bad):
    broken, whole = connect(path), connect(path)
    broken.socket.sendall(bad)
    assert broken.receive() is None
    whole.send(echo("still here"))
    assert whole.receive().echo.message == "still here"


def test_the_socket_is_for_its_owner_only(path):
    assert path.stat().st_mode & 0o077 == 0


def test_an_exception_is_answered_before_the_application_ends(connect, tmp_path):
    node = Node(tmp_path)
    place = tmp_path / "a.sock"
    running = threading.Thread(
        target=serve,
        args=(listen(place), node.application.answer, lambda: node.application.failure is None),
    )
    running.start()
    client = connect(place)
    client.send(pb.Request(commit=pb.RequestCommit()))
    assert client.receive().WhichOneof("value") == "exception"
    running.join(5)
    assert not running.is_alive()
    node.close()


def test_a_listener_takes_the_place_of_a_socket_that_was_left_behind(tmp_path):
    place = tmp_path / "a.sock"
    listen(place).close()
    listen(place).close()
