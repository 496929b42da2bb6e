"""Media are fetched from listed hosts only, and believed for their hash only."""

import contextlib
import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tallystick.capture.fetching import addresses_of, fetch
from tallystick.errors import TallystickError

CONTENT = b"ciphertext " * 20_000
HASH = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status = int(self.path[1:4]) if self.path[1:4].isdigit() else 200
        self.server.seen.append((self.path, self.headers["Host"], self.headers["Accept-Encoding"]))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", self.path.partition("?to=")[2])
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        if self.path == "/cut":
            self.wfile.write(CONTENT[:1000])
        elif self.path == "/slow":
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                for byte in CONTENT[:40]:
                    self.wfile.write(bytes([byte]))
                    time.sleep(0.05)
        elif status == 200:
            self.wfile.write(CONTENT)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.seen = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def here(server: ThreadingHTTPServer) -> str:
    return f"127.0.0.1:{server.server_port}"


def code(url: str, hosts: tuple[str, ...], sha256: str = HASH, **more) -> str:
    with pytest.raises(TallystickError) as refused:
        list(fetch(url, sha256, hosts, **more))
    return refused.value.code


def test_what_lies_at_a_listed_location_is_brought(server: ThreadingHTTPServer, here: str) -> None:
    assert b"".join(fetch(f"http://{here}/media/1?a=b#c", HASH, (here,))) == CONTENT
    assert server.seen[-1] == ("/media/1?a=b", here, "identity")
    assert b"".join(fetch(f"http://{here}/302?to=/other", HASH, (here,))) == CONTENT


def test_another_content_is_refused_at_its_end(here: str) -> None:
    assert code(f"http://{here}/", (here,), "0" * 64) == "location_changed"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/404", "location_gone"),
        ("/410", "location_gone"),
        ("/403", "location_gone"),
        ("/500", "location_unreachable"),
        ("/cut", "location_unreachable"),
        ("/302?to=/302?to=/302?to=/302?to=/302?to=/302", "location_unreachable"),
        ("/302?to=http://localhost:1/", "location_not_allowed"),
        ("/302?to=https://example.org/", "location_not_allowed"),
        ("/302?to=file:///etc/passwd", "location_not_allowed"),
    ],
)
def test_every_other_answer_has_its_name(here: str, path: str, expected: str) -> None:
    assert code(f"http://{here}{path}", (here, "example.org")) == expected


def test_size_and_time_are_bounded(here: str) -> None:
    assert code(f"http://{here}/", (here,), max_bytes=1000) == "location_too_large"
    started = time.monotonic()
    assert code(f"http://{here}/slow", (here,), timeout_s=0.3) == "location_unreachable"
    assert time.monotonic() - started < 2


def test_nobody_listening_is_unreachable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
        assert code(f"http://{host}/", (host,)) == "location_unreachable"
    assert code("https://media.example.org/", ("media.example.org",), resolve=lambda *_: ()) == (
        "location_unreachable"
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example.org/x",
        "https://media.example.org:8443/x",
        "https://media.example.org.evil.org/x",
        "https://media.example.org@evil.org/x",
        "https://user:word@media.example.org/x",
        "http://media.example.org/x",
        "ftp://media.example.org/x",
        "file:///etc/passwd",
        "https://127.0.0.1/x",
        "https://media.example.org:x/",
        "https://media.example.org/a b\n",
        "https://media.example.org/" + "x" * 2000,
        "media.example.org",
        "",
    ],
)
def test_what_is_not_listed_is_not_asked(url: str) -> None:
    def resolve(host: str, port: int) -> tuple[str, ...]:
        raise AssertionError(host)

    assert code(url, ("media.example.org",), resolve=resolve) == "location_not_allowed"
    assert code("https://media.example.org/", (), resolve=resolve) == "location_not_allowed"


INSIDE = (
    *(
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
    ),
    *("::1", "::", "fd00::1", "fe80::1%eth0", "::ffff:10.0.0.1"),
)


@pytest.mark.parametrize("address", INSIDE)
def test_a_listed_name_that_leads_inside_is_refused(address: str) -> None:
    hosts = ("media.example.org",)
    assert code("https://media.example.org/", hosts, resolve=lambda *_: (address,)) == "location_not_allowed"
    both = ("93.184.216.34", address)
    assert code("https://media.example.org/", hosts, resolve=lambda *_: both) == "location_not_allowed"


def test_this_machine_is_asked_only_where_it_is_listed_with_its_port(here: str) -> None:
    port = here.partition(":")[2]
    for hosts in ((), ("127.0.0.1",), ("127.0.0.1:1",), (f"localhost:{port}",)):
        assert code(f"http://{here}/", hosts) == "location_not_allowed"
    listed = (f"localhost:{port}",)
    inside = {"resolve": lambda *_: ("10.0.0.1",)}
    assert code(f"http://localhost:{port}/", listed, **inside) == "location_not_allowed"


def test_the_address_that_was_judged_is_the_one_that_is_asked(here: str) -> None:
    port = here.partition(":")[2]
    asked = []

    def resolve(host: str, port: int) -> tuple[str, ...]:
        asked.append(host)
        return ("127.0.0.1",)

    got = b"".join(fetch(f"http://localhost:{port}/", HASH, (f"localhost:{port}",), resolve=resolve))
    assert (got, asked) == (CONTENT, ["localhost"])


def test_a_name_is_resolved_or_has_no_address() -> None:
    assert addresses_of("127.0.0.1", 80) == ("127.0.0.1",)
    assert addresses_of("a" * 300, 80) == ()
