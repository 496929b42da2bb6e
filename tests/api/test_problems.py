"""Every refusal has one form over HTTP, whatever part of the house it comes from."""

import inspect
import json

import pytest
from django.db import OperationalError

from tallystick import errors
from tallystick.api import problems
from tallystick.api.door import MAX_FORM_BYTES, MAX_JSON_BYTES
from tallystick.api.routes import me
from tallystick.errors import Corruption, TallystickError, Unavailable
from tests.api.callers import good, problem
from tests.api.conftest import Callers
from tests.installation import Consortium


def raising(error: Exception):
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_every_class_of_error_has_a_status() -> None:
    kinds = [
        kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, TallystickError)
    ]
    assert set(kinds) <= set(problems.ANSWERS)


def test_a_subclass_stands_before_its_parent_in_the_table() -> None:
    kinds = list(problems.ANSWERS)
    for index, kind in enumerate(kinds):
        assert not any(issubclass(later, kind) for later in kinds[index + 1 :])


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1", "/api/v1/nothing", "/api/v2/me", "/api/v1/me/", "/api/x%00y"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_address_is_a_problem(callers: Callers, path: str, method: str) -> None:
    problem(callers.owner.send(method, path), 404, "unknown_path")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "POST"])
def test_a_method_that_the_address_does_not_know_is_a_problem(callers: Callers, method: str) -> None:
    answer = callers.owner.send(method, "/me")
    assert problem(answer, 405, "method_not_allowed")["details"] == {"allowed": "GET"}
    assert answer["Allow"] == "GET"


@pytest.mark.parametrize(
    "body",
    [b"{", b'{"lender_id": NaN}', b'"\\ud800"', b"\xff", b"[" * 100_000, b'{"lender_id": 1} x'],
    ids=["cut", "not a number", "half a surrogate", "not UTF-8", "deep", "trailing"],
)
def test_a_body_that_is_not_json_is_a_problem(callers: Callers, body: bytes) -> None:
    problem(callers.owner.send("POST", "/applications", body), 400, "malformed_json")


@pytest.mark.parametrize(
    "sent",
    [
        {"lender_id": "1"},
        {"lender_id": 1.0},
        {"lender_id": True},
        {"lender_id": 0},
        {"lender": 1},
        [],
        7,
        None,
    ],
)
def test_a_body_of_wrong_types_is_a_problem_that_names_the_field(callers: Callers, sent: object) -> None:
    answer = callers.owner.send("POST", "/applications", json.dumps(sent).encode())
    assert problem(answer, 422, "malformed_request")["details"]["fields"]


@pytest.mark.parametrize(
    ("method", "path", "sent", "sentence"),
    [
        ("POST", "/applications", {"lender_id": "1"}, "lender_id must be a whole number."),
        ("POST", "/applications", {"lender_id": 0}, "lender_id must be 1 or more."),
        ("POST", "/applications", {"lender": 1}, "lender is not known here."),
        ("POST", "/applications", [], "The request must be a JSON object."),
        ("POST", "/ledger/transactions", {}, "data is missing."),
        ("GET", "/applications?limit=x", None, "limit must be a whole number."),
    ],
)
def test_the_sentence_names_the_field_as_the_sender_knows_it(
    callers: Callers, method: str, path: str, sent: object, sentence: str
) -> None:
    body = b"" if sent is None else json.dumps(sent).encode()
    assert problem(callers.owner.send(method, path, body), 422, "malformed_request")["detail"] == sentence


def test_a_problem_does_not_repeat_what_was_sent(callers: Callers) -> None:
    answer = callers.owner.post("/applications", {"lender_id": "6217000012345678907"})
    problem(answer, 422, "malformed_request")
    assert "6217000012345678907" not in answer.text


def test_neither_programme_nor_lender_or_both_is_refused(callers: Callers, members: Consortium) -> None:
    problem(callers.owner.post("/applications", {}), 422, "no_lender")
    both = {"programme_id": 1, "lender_id": members.lender.pk}
    problem(callers.owner.post("/applications", both), 422, "programme_or_lender")


def test_a_body_over_the_limit_is_refused_unread(callers: Callers) -> None:
    answer = callers.owner.send("POST", "/applications", b" " * (MAX_JSON_BYTES + 1))
    assert problem(answer, 413, "body_too_large")["details"] == {"limit_bytes": MAX_JSON_BYTES}
    multipart = "multipart/form-data; boundary=x"
    for path in ("/applications", "/applications/LA-2026-00001/books"):
        problem(
            callers.owner.send(
                "POST", path, b"", multipart, headers={"Content-Length": str(MAX_FORM_BYTES + 1)}
            ),
            413,
            "body_too_large",
        )


@pytest.mark.parametrize("length", ["-1", "many", "1e9", "١"])
def test_a_length_that_is_no_number_is_a_problem(callers: Callers, length: str) -> None:
    answer = callers.owner.send("POST", "/applications", b"{}", headers={"Content-Length": length})
    problem(answer, 400, "bad_content_length")


def test_a_broken_multipart_form_is_a_problem(callers: Callers) -> None:
    path = "/applications/LA-2026-00001/books"
    for content_type in ("multipart/form-data", "multipart/form-data; boundary=x"):
        answer = callers.owner.send("POST", path, b"no form", content_type)
        assert answer.status_code in (400, 422)
        assert answer["Content-Type"] == "application/problem+json"


def test_what_nobody_foresaw_is_a_problem_without_a_traceback(
    callers: Callers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(me, "actor", raising(ZeroDivisionError("secret detail")))
    answer = callers.owner.get("/me")
    assert problem(answer, 500, "internal_error")["details"] == {}
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Unavailable("not_yet_committed", "Not yet."), 503, "not_yet_committed"),
        (OperationalError("database is locked at /path"), 503, "database_busy"),
        (Corruption("file_changed", "A file has changed."), 500, "file_changed"),
    ],
)
def test_trouble_on_this_side_is_told_apart(
    callers: Callers, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str
) -> None:
    monkeypatch.setattr(me, "actor", raising(error))
    answer = callers.owner.get("/me")
    problem(answer, status, code)
    assert answer.headers.get("Retry-After") == ("2" if status == 503 else None)
    assert "/path" not in answer.text


def test_no_answer_of_the_api_is_cached(callers: Callers) -> None:
    for path in ("/me", "/nothing"):
        assert callers.owner.get(path)["Cache-Control"] == "no-store"


def test_the_documentation_page_loads_nothing_from_elsewhere(callers: Callers) -> None:
    page = callers.nobody.get("/api/docs")
    assert page.status_code == 200
    assert "://" not in page.text
    assert good(callers.nobody.get("/api/openapi.json"))["info"]["title"] == "Tallystick"
