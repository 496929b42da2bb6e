"""Who is let in: tokens by their digest, browsers with a second factor and a CSRF token."""

import logging
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client

from tallystick.records.models import AccessToken, User
from tallystick.services.consortium import enrol_second_factor
from tallystick.services.installation import Installation
from tests.api.callers import Caller, caller, good, problem
from tests.api.conftest import Callers
from tests.installation import PASSWORD, Consortium

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
TOTP_SECRET = "JBSWY3DPEHPK3PXP"


def signed_in(user: User) -> Caller:
    """Return a browser in which the user has given the password, and no second factor."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(user, backend=BACKEND)
    return Caller(client=client)


def signed_in_twice(user: User) -> Caller:
    """Return a browser in which the user has given the password and then a code, on the site's own pages."""
    client = Client()
    first = client.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    code = format_hotp_value(hotp_value(TOTP_SECRET, next(yield_hotp_counters_from_time())))
    second = client.post(first["Location"], {"code": code})
    assert second.status_code == 302, second.content
    return Caller(client=client)


@pytest.mark.parametrize("token", ["tsk_none", "x" * 10_000, " ", "é"])
def test_an_unknown_token_is_refused(house: Installation, token: str) -> None:
    answer = Caller(token).get("/me")
    problem(answer, 401, "invalid_token")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_token_ends_with_its_time(house: Installation, members: Consortium) -> None:
    owner = caller(house, members.owner)
    good(owner.get("/me"))
    house.clock.advance(timedelta(days=365))
    problem(owner.get("/me"), 401, "invalid_token")


def test_a_revoked_token_is_refused(house: Installation, members: Consortium) -> None:
    owner = caller(house, members.owner)
    AccessToken.objects.update(revoked_at=house.clock.now())
    problem(owner.get("/me"), 401, "invalid_token")


def test_the_token_of_an_inactive_user_is_refused(house: Installation, members: Consortium) -> None:
    owner = caller(house, members.owner)
    User.objects.filter(pk=members.owner.pk).update(is_active=False)
    problem(owner.get("/me"), 401, "invalid_token")


def test_a_token_in_the_address_is_not_looked_at(callers: Callers) -> None:
    problem(callers.nobody.get(f"/me?token={callers.owner.token}"), 401, "not_authenticated")
    problem(callers.nobody.get(f"/me?access_token={callers.owner.token}"), 401, "not_authenticated")


def test_another_scheme_is_not_a_token(callers: Callers) -> None:
    answer = callers.nobody.send("GET", "/me", headers={"Authorization": f"Basic {callers.owner.token}"})
    problem(answer, 401, "not_authenticated")


def test_no_token_reaches_a_log(callers: Callers, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        callers.owner.get("/me")
        callers.owner.get("/nothing")
        Caller(callers.owner.token + "x").get("/me")
    assert callers.owner.token not in caplog.text


def test_a_wrong_token_is_refused_even_beside_a_good_session(members: Consortium) -> None:
    browser = signed_in(members.owner)
    answer = browser.send("GET", "/me", headers={"Authorization": "Bearer tsk_none"})
    problem(answer, 401, "invalid_token")


def test_an_applicant_reads_with_the_browsers_session(members: Consortium) -> None:
    assert good(signed_in(members.owner).get("/me"))["username"] == "rubber.owner"


def test_a_session_changes_nothing_without_its_csrf_token(members: Consortium) -> None:
    browser = signed_in(members.owner)
    body = {"lender_id": members.lender.pk}
    problem(browser.post("/applications", body), 403, "csrf_failed")
    assert good(browser.get("/applications"))["items"] == []
    token = browser.client.cookies["csrftoken"] = "a" * 32
    answer = browser.send(
        "POST", "/applications", b'{"lender_id": %d}' % members.lender.pk, headers={"X-CSRFToken": token}
    )
    assert good(answer, 201)["stage"] == "unassigned"


def test_staff_need_the_second_factor_in_this_session(members: Consortium) -> None:
    enrol_second_factor(members.officer, TOTP_SECRET)
    problem(signed_in(members.officer).get("/me"), 403, "second_factor_required")
    assert good(signed_in_twice(members.officer).get("/me"))["username"] == "harbour.officer"


def test_staff_without_a_second_factor_read_nothing_by_session(members: Consortium) -> None:
    assert "harbour.officer" not in signed_in(members.officer).get("/me").text
