"""Pages: the first one, the style page and who may see it, refusals, languages, headers."""

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.test import Client, RequestFactory, override_settings

from tallystick.errors import (
    Conflict,
    Corruption,
    Forbidden,
    Malformed,
    NotFound,
    TooLarge,
    Unauthorised,
    Unavailable,
)
from tallystick.web import errors
from tallystick.web.middleware import ProblemMiddleware
from tallystick.web.problems import PAGES, STATUS
from tests.web.conftest import signed_in

ASKED = RequestFactory().get("/applications/")


def test_the_first_page_leads_to_signing_in(db):
    page = Client().get("/").text
    assert 'href="/accounts/login/"' in page


def test_the_policy_of_every_page_allows_nothing_inline(db):
    policy = Client().get("/")["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy


def test_a_page_answers_in_the_language_chosen(db):
    client = Client()
    client.post("/i18n/setlang/", {"language": "zh-hans", "next": "/"})
    assert '<html lang="zh-hans">' in client.get("/").text
    client.post("/i18n/setlang/", {"language": "en", "next": "/"})
    assert '<html lang="en">' in client.get("/").text


def test_the_language_can_be_changed_from_a_page_that_is_not_there(db):
    response = Client().get("/nowhere/")
    assert response.status_code == 404
    assert 'name="language" value="zh-hans"' in response.text


def test_the_style_page_is_for_operators(operator, applicant):
    assert signed_in(operator).get("/style/").status_code == 200
    assert signed_in(applicant).get("/style/").status_code == 404
    assert Client().get("/style/").status_code == 404


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_style_page_shows_every_component(operator, language):
    page = signed_in(operator).get("/style/", headers={"accept-language": language}).text
    for part in (
        "steps",
        "tiles",
        "tally",
        "level",
        "chart",
        "stacks",
        "pagination",
        "error-summary",
        "state",
    ):
        assert f'class="{part}' in page or f" {part}" in page, part
    assert "<dialog" in page
    assert "None" not in page


def test_developers_see_the_style_page(db):
    with override_settings(DEBUG=True):
        assert Client().get("/style/").status_code == 200


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (Malformed, 400),
        (Unauthorised, 401),
        (Forbidden, 403),
        (NotFound, 404),
        (Conflict, 409),
        (TooLarge, 413),
        (Unavailable, 503),
        (Corruption, 500),
    ],
)
def test_an_error_of_ours_becomes_its_page(kind, status):
    page = ProblemMiddleware(lambda request: None).process_exception(
        ASKED, kind("some_code", "What went wrong.")
    )
    assert page.status_code == status
    assert "some_code" in page.text
    # What is stored wrongly is for the log, not for whoever happens to read.
    assert ("What went wrong." in page.text) == (status != 500)


def test_every_status_has_its_words():
    assert set(STATUS.values()) == set(PAGES)


def test_other_exceptions_are_left_to_django():
    assert ProblemMiddleware(lambda request: None).process_exception(ASKED, KeyError("x")) is None


def test_htmx_gets_the_inner_part_only():
    asked = RequestFactory().get("/")
    asked.htmx = True
    part = errors.not_found(asked, Exception())
    assert "<html" not in part.text
    assert 'role="alert"' in part.text


def test_a_message_with_markup_stays_text():
    page = ProblemMiddleware(lambda request: None).process_exception(
        ASKED, Malformed("odd", "<script>x</script>")
    )
    assert "<script>x" not in page.text


def test_djangos_refusals_have_our_pages():
    assert errors.bad_request(ASKED, SuspiciousOperation()).status_code == 400
    assert errors.bad_request(ASKED, RequestDataTooBig()).status_code == 413
    assert errors.forbidden(ASKED, PermissionDenied()).status_code == 403
    assert errors.csrf_failure(ASKED, "no cookie").status_code == 403


def test_the_failure_page_needs_neither_session_nor_database():
    response = errors.server_error(ASKED)
    assert response.status_code == 500
    assert "Something is wrong on our side" in response.text


def test_a_form_without_its_token_is_refused_in_words(db):
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "clerk", "password": "x"})
    assert response.status_code == 403
    assert "csrf_failed" in response.text
