"""The line to another installation: it asks where it was told to, follows nobody, and believes no size."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tallystick.capture.key_handover import SEALED_BYTES, OneTimeKey, seal_to
from tallystick.capture.media_keys import commitment, fresh_key
from tallystick.capture.peer_line import MAX_REFUSAL_BYTES, PATH, ask
from tallystick.errors import Unavailable


@pytest.fixture
def peer():
    """A server that answers as the test says: status, headers, body; it keeps what it was asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.asked.append((self.path, body))
            status, headers, answer = server.answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_args: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.answer = [], (200, {}, b"")
    server.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def code(peer, **how) -> str:
    with pytest.raises(Unavailable) as caught:
        ask(peer.base, b"{}", 100, **how)
    return caught.value.code


def test_a_question_goes_to_the_named_base_and_its_answer_comes_back(peer):
    peer.answer = (200, {}, b"told")
    assert ask(f"{peer.base}/under", b"asked", 4).body == b"told"
    assert peer.asked == [(f"/under{PATH}", b"asked")]


def test_a_refusal_is_told_from_an_answer(peer):
    peer.answer = (403, {}, b"{}")
    reply = ask(peer.base, b"{}", 100)
    assert (reply.is_answer, reply.body) == (False, b"{}")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_sends_us_on(peer, status):
    peer.answer = (status, {"Location": f"{peer.base}/elsewhere"}, b"")
    assert code(peer) == "peer_unreachable"
    assert len(peer.asked) == 1


def test_an_answer_above_its_limit_is_not_read_to_its_end(peer):
    peer.answer = (200, {}, bytes(101))
    assert code(peer) == "peer_answer_too_large"
    peer.answer = (500, {}, bytes(MAX_REFUSAL_BYTES + 1))
    assert code(peer) == "peer_answer_too_large"


def test_an_answer_that_breaks_off_is_none(peer):
    peer.answer = (200, {"Content-Length": "50"}, b"half")
    assert code(peer) == "peer_unreachable"


def test_nobody_at_home_is_unreachable(peer):
    free = peer.base.rpartition(":")[0] + ":1"
    with pytest.raises(Unavailable) as caught:
        ask(free, b"{}", 100, timeout_s=2)
    assert caught.value.code == "peer_unreachable"


def test_a_sealed_key_opens_for_its_one_time_key_and_has_one_size():
    one_time, key = OneTimeKey(), fresh_key()
    sealed = seal_to(one_time.public, key)
    assert len(sealed) == SEALED_BYTES
    assert one_time.open_(sealed, commitment(key)) == key
    assert seal_to(one_time.public, key) != sealed
