"""Media elsewhere are fetched from listed hosts alone, and believed for their hash alone."""

import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tallystick.capture.fetching import fetch
from tallystick.errors import Conflict, Forbidden, NotFound, TallystickError, TooLarge, Unavailable

CONTENT = b"film " * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Host(BaseHTTPRequestHandler):
    asked: list[str] = []

    def do_GET(self):
        self.asked.append(self.path)
        if self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", self.path.partition("?")[2])
            self.end_headers()
            return
        if self.path == "/gone":
            self.send_response(410)
            self.end_headers()
            return
        self.send_response(503 if self.path == "/down" else 200)
        length = len(CONTENT) + (100 if self.path == "/cut" else 0)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.path == "/slow":
            time.sleep(2)
        self.wfile.write(CONTENT)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def host():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def got(host, path="/film", sha256=SHA256, hosts=None, **how):
    return b"".join(fetch(f"http://{host}{path}", sha256, hosts or [host], **how))


def test_what_has_its_hash_is_fetched(host):
    assert got(host) == CONTENT
    assert got(host, f"/away?http://{host}/film") == CONTENT


@pytest.mark.parametrize(
    ("path", "how", "kind", "code"),
    [
        ("/film", {"sha256": "0" * 64}, Conflict, "location_changed"),
        ("/gone", {}, NotFound, "location_gone"),
        ("/down", {}, Unavailable, "location_unreachable"),
        ("/cut", {}, Unavailable, "location_unreachable"),
        ("/slow", {"timeout_s": 0.5}, Unavailable, "location_unreachable"),
        ("/film", {"max_bytes": 100}, TooLarge, "location_too_large"),
        ("/away?https://elsewhere.example/film", {}, Forbidden, "location_not_allowed"),
        ("/away?file:///etc/passwd", {}, Forbidden, "location_not_allowed"),
    ],
)
def test_what_cannot_be_had_says_why(host, path, how, kind, code):
    with pytest.raises(TallystickError) as caught:
        got(host, path, **how)
    assert (type(caught.value), caught.value.code) == (kind, code)


@pytest.mark.parametrize(
    "url",
    [
        "http://films.example/a",  # not https
        "https://other.example/a",  # not listed
        "https://films.example:8443/a",  # listed, on another port
        "https://user:secret@films.example/a",
        "ftp://films.example/a",
        "https://[::1/a",
    ],
)
def test_only_listed_hosts_over_https_are_asked(url):
    with pytest.raises(Forbidden) as caught:
        b"".join(fetch(url, SHA256, ["films.example"], resolve=lambda *_: pytest.fail("it was looked up")))
    assert caught.value.code == "location_not_allowed"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.9", "169.254.169.254", "::1", "fe80::1", "::ffff:10.0.0.1"],
)
def test_a_listed_name_that_leads_to_a_private_address_is_not_asked(address):
    public = "93.184.216.34"
    for found in ((address,), (public, address)):
        with pytest.raises(Forbidden):
            b"".join(
                fetch("https://films.example/a", SHA256, ["films.example"], resolve=lambda *_, f=found: f)
            )


def test_a_name_without_an_address_may_have_one_later():
    with pytest.raises(Unavailable):
        b"".join(fetch("https://films.example/a", SHA256, ["films.example"], resolve=lambda *_: ()))
