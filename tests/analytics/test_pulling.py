"""A pull ends whole, or says what is missing: against a real HTTP server that misbehaves in known ways."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tallystick.admission.consent import Consent
from tallystick.admission.pull_source import parse_pull_source
from tallystick.analytics.pulling import PullLimits, pull
from tallystick.errors import Forbidden, Malformed, TallystickError, TooLarge, Unavailable

NOW = datetime(2026, 11, 20, tzinfo=UTC)
CONSENT = Consent("1/0", "E1", "bank", "admission", frozenset({"sales", "tax"}), NOW + timedelta(days=1))
QUICK = PullLimits(attempts=3, first_wait_s=0.01, longest_wait_s=1.5, seconds=20)
SECRET = "not-to-be-seen"
RECORDS = [{"number": str(n), "net": f"{n}.10"} for n in range(25)]


class Server(ThreadingHTTPServer):
    """Serves RECORDS; ``faults`` are played, one a request, before it behaves."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.faults: list[str] = []
        self.fail_from: int | None = None
        self.seen: list[str] = []
        self.at: list[float] = []
        self.snapshot = "one"
        self.records = list(RECORDS)


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.seen.append(self.path)
        self.server.at.append(time.monotonic())
        if self.headers.get("X-Key") != SECRET:
            return self.answer(401, b"")
        query = {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}
        at = int(query.get("cursor") or query.get("offset") or (int(query.get("page", "1")) - 1) * 10)
        fault = self.server.faults.pop(0) if self.server.faults else ""
        if self.server.fail_from is not None and at >= self.server.fail_from:
            fault = "500"
        if fault.isdigit():
            return self.answer(int(fault), b"", {"Retry-After": "1"} if fault == "429" else {})
        if fault == "slow":
            time.sleep(1.5)
        some = self.server.records[at : at + 10]
        if fault == "same":
            some = self.server.records[:10]
        more = at + 10 < len(self.server.records)
        if urlsplit(self.path).path == "/csv":
            body = "number,net\n" + "".join(f"{row['number']},{row['net']}\n" for row in some)
            return self.answer(200, body.encode())
        document = {
            "data": {"rows": some},
            "meta": {"total": len(self.server.records), "next": str(at + 10) if more else None},
        }
        if fault == "shape":
            document = {"data": {"rows": "none"}, "meta": {}}
        body = json.dumps(document).encode()
        if fault == "truncated":
            body = body[:-20]
        link = {"Link": f'</sales?offset={at + 10}>; rel="next"'} if more else {}
        if fault == "elsewhere":
            link = {"Link": '<http://localhost:1/sales>; rel="next"'}
        return self.answer(200, body, {"X-Snapshot": self.server.snapshot, **link}, cut=fault == "cut")

    def answer(
        self, status: int, body: bytes, headers: dict[str, str] | None = None, cut: bool = False
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body[: len(body) // 2] if cut else body)
        except OSError:
            self.close_connection = True
        if cut:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


PAGINGS = {
    "page": 'paging = "page"\n',
    "offset": 'paging = "offset"\n',
    "cursor": 'paging = "cursor"\ncursor = "meta.next"\npage_parameter = "cursor"\n',
    "link": 'paging = "link"\n',
}


def source_text(server: Server, paging: str = "page", more: str = "", path: str = "/sales") -> bytes:
    return f"""
name = "example"
base_url = "http://127.0.0.1:{server.server_port}"
secret_header = "X-Key"
requests_per_second = 100
timeout_s = 1
[tables.sales]
path = "{path}"
page_size = 10
records = "data.rows"
total = "meta.total"
{PAGINGS[paging]}{more}""".encode()


def pulled(
    server: Server,
    folder: Path,
    text: bytes | None = None,
    consent: Consent | None = CONSENT,
    limits: PullLimits = QUICK,
    hosts: tuple[str, ...] = ("127.0.0.1",),
) -> dict[str, Path]:
    found = pull(
        parse_pull_source(text or source_text(server)),
        folder,
        consent=consent,
        subject="E1",
        recipient="bank",
        purpose="admission",
        now=NOW,
        allowed_hosts=hosts,
        secret=SECRET,
        limits=limits,
    )
    return dict(found)


def rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("paging", PAGINGS)
def test_every_style_of_paging_brings_every_record_once(server: Server, tmp_path: Path, paging: str) -> None:
    assert rows(pulled(server, tmp_path, source_text(server, paging))["sales"]) == RECORDS
    assert len(server.seen) == 3
    assert SECRET not in "".join(server.seen)


def test_the_source_that_the_manual_shows_is_pulled(server: Server, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "books.md").read_text("utf-8")
    text = page.partition("## Pull sources")[2].partition("```toml\n")[2].partition("```")[0]
    here = text.replace("https://portal.example.org", f"http://127.0.0.1:{server.server_port}")
    assert rows(pulled(server, tmp_path, here.encode())["sales"]) == RECORDS
    assert all("enterprise=E1" in path for path in server.seen)


def test_csv_pages_are_joined_under_one_header(server: Server, tmp_path: Path) -> None:
    text = source_text(server, "offset", 'format = "csv"\n', "/csv")
    text = text.replace(b'records = "data.rows"\ntotal = "meta.total"\n', b"")
    lines = pulled(server, tmp_path, text)["sales"].read_text().splitlines()
    assert lines == ["number,net", *(f"{row['number']},{row['net']}" for row in RECORDS)]


@pytest.mark.parametrize("fault", ["500", "503", "429", "slow", "truncated", "cut"])
def test_what_may_pass_is_asked_again(server: Server, tmp_path: Path, fault: str) -> None:
    server.faults = ["", fault]
    if fault == "truncated":
        with pytest.raises(Unavailable):
            pulled(server, tmp_path)
    assert rows(pulled(server, tmp_path)["sales"]) == RECORDS
    assert len(server.seen) == 4
    if fault == "429":
        assert server.at[2] - server.at[1] >= 1


def test_a_source_that_dies_half_way_is_named_and_pulled_on_from_there(
    server: Server, tmp_path: Path
) -> None:
    server.fail_from = 10
    text = source_text(server) + b'[tables.tax]\npath = "/tax"\nrecords = "data.rows"\n'
    with pytest.raises(Unavailable) as caught:
        pulled(server, tmp_path, text)
    assert caught.value.code == "source_incomplete"
    assert (caught.value.details["complete"], caught.value.details["missing"]) == ("tax", "sales")
    assert SECRET not in f"{caught.value} {caught.value.details}"
    assert not (tmp_path / "sales.jsonl").exists()
    server.fail_from, server.seen = None, []
    assert rows(pulled(server, tmp_path, text)["sales"]) == RECORDS
    assert [path.partition("page=")[2] for path in server.seen] == ["2", "3"]


def test_two_states_of_a_source_are_never_mixed(server: Server, tmp_path: Path) -> None:
    server.fail_from = 10
    with pytest.raises(Unavailable):
        pulled(server, tmp_path)
    server.fail_from, server.snapshot = None, "two"
    server.records = [{"number": f"new {n}", "net": "1"} for n in range(12)]
    assert rows(pulled(server, tmp_path)["sales"]) == server.records


def test_a_page_that_was_changed_on_the_disk_is_pulled_again(server: Server, tmp_path: Path) -> None:
    pulled(server, tmp_path)
    (tmp_path / "sales.pages" / "1").write_bytes(b"{}")
    with pytest.raises(Unavailable):
        pulled(server, tmp_path)
    assert rows(pulled(server, tmp_path)["sales"]) == RECORDS


REFUSED = [
    ("same", "page", Malformed, "source_unreadable"),
    ("shape", "page", Malformed, "source_unreadable"),
    ("404", "page", Malformed, "source_refuses"),
    ("elsewhere", "link", Malformed, "host_not_allowed"),
]


@pytest.mark.parametrize(("fault", "paging", "kind", "code"), REFUSED)
def test_what_no_waiting_mends_is_refused_by_name(
    server: Server, tmp_path: Path, fault: str, paging: str, kind: type[TallystickError], code: str
) -> None:
    server.faults = [fault] if fault == "elsewhere" else ["", fault]
    with pytest.raises(kind) as caught:
        pulled(server, tmp_path, source_text(server, paging))
    assert caught.value.code == code


@pytest.mark.parametrize("limits", [PullLimits(table_rows=15), PullLimits(page_bytes=50)])
def test_a_table_larger_than_allowed_is_refused(server: Server, tmp_path: Path, limits: PullLimits) -> None:
    with pytest.raises(TooLarge):
        pulled(server, tmp_path, limits=limits)


def test_only_hosts_on_the_list_are_asked(server: Server, tmp_path: Path) -> None:
    with pytest.raises(Malformed) as caught:
        pulled(server, tmp_path, hosts=("example.org",))
    assert caught.value.code == "host_not_allowed"
    assert server.seen == []


def test_the_rate_is_kept(server: Server, tmp_path: Path) -> None:
    text = source_text(server).replace(b"requests_per_second = 100", b"requests_per_second = 10")
    pulled(server, tmp_path, text)
    assert server.at[2] - server.at[0] >= 0.19


CONSENTS = [
    (None, "consent_missing"),
    (Consent("a", "E1", "bank", "admission", frozenset({"sales"}), NOW), "consent_expired"),
    (Consent("a", "E1", "bank", "marketing", frozenset({"sales"}), CONSENT.until), "consent_does_not_cover"),
    (Consent("a", "E1", "bank", "admission", frozenset({"tax"}), CONSENT.until), "consent_does_not_cover"),
    (Consent("a", "E2", "bank", "admission", frozenset({"sales"}), CONSENT.until), "consent_does_not_cover"),
    (Consent("a", "E1", "shop", "admission", frozenset({"sales"}), CONSENT.until), "consent_does_not_cover"),
]


@pytest.mark.parametrize(("consent", "code"), CONSENTS)
def test_without_a_consent_that_covers_it_nothing_is_asked(
    server: Server, tmp_path: Path, consent: Consent | None, code: str
) -> None:
    with pytest.raises(Forbidden) as caught:
        pulled(server, tmp_path, consent=consent)
    assert caught.value.code == code
    assert server.seen == []


@pytest.mark.parametrize(
    "wrong",
    [("http://127", "ftp://127"), ("timeout_s = 1", "timeout_s = 0"), ('"page"', '"pages"'), ("path", "pth")],
)
def test_a_source_that_cannot_be_meant_is_refused(server: Server, wrong: tuple[str, str]) -> None:
    with pytest.raises(Malformed) as caught:
        parse_pull_source(source_text(server).decode().replace(*wrong).encode())
    assert caught.value.code == "bad_mapping"
