"""A language model is asked politely, checked, and believed last; against a real server on this machine."""

import base64
import io
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image

from tallystick.errors import Forbidden
from tallystick.evidence.assessment import Basis, Clip, Pack, Picture
from tallystick.recognition.assessing import assess
from tallystick.recognition.language_model import LONG_SIDE, MAX_FRAMES, LanguageModel
from tests.evidence.papers import contract, invoice, note

ROW = ("磁瓦", "T1", "件", "100", "2.50")
PAPERS = (contract(ROW), note(ROW), invoice(ROW))
GOOD = {
    "product": "tiles",
    "quality": "good",
    "visible_at_least": 40,
    "confidence": 80,
    "numbers_read": ["100"],
    "because": "They are whole.",
}
PICTURE = Picture("a", 2000, 10, bytes(2000 * 10 * 3))
PACK = Pack(papers=PAPERS, pictures=(PICTURE,))


def answer(content: object) -> bytes:
    return json.dumps({"choices": [{"message": {"content": json.dumps(content)}}]}).encode()


class Server(ThreadingHTTPServer):
    """Answers what ``replies`` says, in turn, the last again and again: (status, body, headers)."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies: list[tuple[int, bytes, dict[str, str]]] = [(200, answer(GOOD), {})]
        self.asked: list[dict] = []
        self.headers: list[dict[str, str]] = []
        self.wait_s = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server = self.server
        assert isinstance(server, Server)
        server.asked.append({"path": self.path, **json.loads(body)})
        server.headers.append(dict(self.headers))
        time.sleep(server.wait_s)
        status, reply, more = server.replies.pop(0) if len(server.replies) > 1 else server.replies[0]
        try:
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)
        except OSError:
            pass  # the client gave up, as the test wants

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def kept() -> list:
    return []


@pytest.fixture
def model(server: Server, kept: list) -> LanguageModel:
    return LanguageModel(server.url, "seer", (server.url,), kept.append, key="secret", timeout_s=5)


def test_an_answer_becomes_an_assessment_that_is_recorded(server, model, kept) -> None:
    found = model.assess(PACK)
    assert (found.model, found.quality.value, found.quality.confidence) == (
        "language-model/seer",
        "good",
        8000,
    )
    assert (found.quality.basis, found.quantity.value, found.quantity.low) == (
        Basis.LANGUAGE_MODEL,
        None,
        "40",
    )
    assert found.value.value is None
    assert (kept[0].model, len(kept[0].prompt_sha256), kept[0].raw) == ("seer", 64, answer(GOOD).decode())


def test_it_is_asked_without_chance_for_a_strict_schema_and_few_small_frames(server, model) -> None:
    frames = tuple(Picture(str(at), 10, 10, bytes(300)) for at in range(30))
    model.assess(Pack(pictures=(PICTURE,), clips=(Clip("c", frames),)))
    asked = server.asked[0]
    assert (asked["path"], asked["temperature"], asked["model"]) == ("/v1/chat/completions", 0, "seer")
    assert asked["response_format"]["json_schema"]["strict"] is True
    assert "seed" in asked
    parts = asked["messages"][1]["content"]
    urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    assert len(urls) == MAX_FRAMES
    assert all(url.startswith("data:image/jpeg;base64,") for url in urls)
    assert server.headers[0]["Authorization"] == "Bearer secret"
    assert "secret" not in json.dumps(asked)


def test_a_large_picture_is_made_smaller(server, model) -> None:
    model.assess(PACK)
    url = server.asked[0]["messages"][1]["content"][1]["image_url"]["url"]
    with Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))) as image:
        assert max(image.size) == LONG_SIDE


WRONG = {
    "no json": b"certainly!",
    "no choices": b"{}",
    "no content": b'{"choices": [{"message": {"content": null}}]}',
    "prose": json.dumps({"choices": [{"message": {"content": "excellent goods"}}]}).encode(),
    "more than asked": answer({**GOOD, "value": "9999999"}),
    "a grade there is not": answer({**GOOD, "quality": "excellent"}),
    "a count below zero": answer({**GOOD, "visible_at_least": -1}),
    "a list": b"[]",
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
def test_an_answer_of_another_shape_is_asked_for_once_more_and_then_left(server, model, kept, body) -> None:
    server.replies = [(200, body, {})]
    found = model.assess(PACK)
    assert (found.quality.value, found.quantity.low, len(server.asked), len(kept)) == (None, None, 2, 2)


def test_a_second_answer_that_is_right_counts(server, model) -> None:
    server.replies = [(200, b"certainly!", {}), (200, answer(GOOD), {})]
    assert model.assess(PACK).quality.value == "good"


@pytest.mark.parametrize("status", [302, 401, 429, 500])
def test_any_other_status_is_no_answer_and_no_redirect_is_followed(server, model, status) -> None:
    server.replies = [(status, answer(GOOD), {"Location": f"{server.url}/elsewhere"})]
    found = model.assess(PACK)
    assert str(status) in found.quality.because
    assert {one["path"] for one in server.asked} == {"/v1/chat/completions"}


def test_too_long_an_answer_and_too_slow_a_server_are_left(server) -> None:
    model = LanguageModel(server.url, "seer", (server.url,), lambda _: None, timeout_s=0.3)
    server.replies = [(200, b" " * 300_000 + answer(GOOD), {})]
    assert "too long" in model.assess(PACK).quality.because
    server.wait_s = 0.6
    server.replies = [(200, answer(GOOD), {})]
    assert "did not answer" in model.assess(PACK).quality.because


def test_a_server_that_is_gone_is_an_abstention(server) -> None:
    gone = "http://127.0.0.1:1"
    found = LanguageModel(gone, "seer", (gone,), lambda _: None).assess(PACK)
    assert (found.quality.value, found.quality.basis) == (None, Basis.NOTHING)


def test_only_addresses_of_the_list_and_only_over_tls() -> None:
    for url in ("https://other.example", "https://models.example.evil.example", "https://models.example/x"):
        with pytest.raises(Forbidden, match="not on the list"):
            LanguageModel(url, "seer", ("https://models.example",), lambda _: None)
    with pytest.raises(Forbidden):
        LanguageModel("http://models.example", "seer", ("http://models.example",), lambda _: None)
    assert LanguageModel("https://models.example", "seer", ("https://models.example",), lambda _: None)


def test_a_number_that_no_document_has_is_a_conflict_and_halves_its_confidence(server, model) -> None:
    server.replies = [(200, answer({**GOOD, "numbers_read": ["100", "2.5", "777"]}), {})]
    quality = model.assess(PACK).quality
    assert (quality.confidence, len(quality.conflicts)) == (4000, 1)
    assert "777" in quality.conflicts[0]


def test_writing_in_a_picture_that_talks_it_round_moves_no_figure_of_the_documents(server, model) -> None:
    """It believes a note that says 5000; 100 and 250.00 stay, with a conflict."""
    server.replies = [(200, answer({**GOOD, "visible_at_least": 5000, "confidence": 100}), {})]
    found = assess(PACK, model)
    assert (found.quantity.value, found.value.value) == ("100", "250.00")
    assert (found.quantity.confidence, found.value.confidence) == (5000, None)
    assert "5000" in found.quantity.conflicts[0]


def test_without_pictures_it_is_not_asked(server, model) -> None:
    assert model.assess(Pack(papers=PAPERS)).quality.value is None
    assert server.asked == []
