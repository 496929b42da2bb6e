"""The way in: no self-made accounts, lockout by name, and the second factor before anything else."""

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tallystick.web.middleware import OPEN_WITHOUT_SECOND_FACTOR
from tests.web.conftest import PASSWORD, give_second_factor, signed_in

SETUP = "/accounts/2fa/totp/activate/"


def _addresses(patterns, prefix="/") -> list[str]:
    """Return every address of the site, with 1 in the place of each argument."""
    found = []
    for pattern in patterns:
        text = str(pattern.pattern).removeprefix("^").removesuffix("$").removesuffix(r"\Z")
        parts = [part.partition(">") for part in text.split("<")]
        address = prefix + parts[0][0] + "".join("1" + rest for _name, _mark, rest in parts[1:])
        if isinstance(pattern, URLResolver):
            found += _addresses(pattern.url_patterns, address)
        elif isinstance(pattern, URLPattern):
            found.append(address)
    return found


def _sign_in(client: Client, name: str, password: str):
    return client.post("/accounts/login/", {"login": name, "password": password})


def test_staff_without_a_second_factor_are_sent_to_set_it_up_from_every_address(officer):
    client = signed_in(officer)
    open_pages = {reverse(name) for name in OPEN_WITHOUT_SECOND_FACTOR}
    asked = [address for address in _addresses(get_resolver().url_patterns) if address not in open_pages]
    assert len(asked) > 5
    for address in [*asked, "/nowhere/", "/static/../"]:
        for ask in (client.get, client.post, client.delete):
            response = ask(address)
            assert (address, response.status_code, response["Location"]) == (address, 302, SETUP)


def test_htmx_is_told_to_load_the_whole_set_up_page(officer):
    response = signed_in(officer).get("/", headers={"hx-request": "true"})
    assert response["HX-Redirect"] == SETUP


def test_staff_with_a_second_factor_pass(officer):
    give_second_factor(officer)
    assert signed_in(officer).get("/").status_code == 200


def test_a_recovery_code_alone_is_no_second_factor(officer):
    from_recovery = officer.authenticator_set.model
    from_recovery.objects.create(user=officer, type="recovery_codes", data={"seed": "00", "used_mask": 0})
    assert signed_in(officer).get("/")["Location"] == SETUP


def test_applicants_need_no_second_factor(applicant):
    assert signed_in(applicant).get("/").status_code == 200


def test_the_set_up_page_follows_signing_in_without_asking_again(officer):
    client = Client()
    _sign_in(client, "officer", PASSWORD)
    response = client.get("/", follow=True)
    assert response.redirect_chain == [(SETUP, 302)]
    assert b"data:image/svg+xml" in response.content


def test_five_wrong_passwords_close_the_account_for_a_while(applicant):
    client = Client()
    answers = [_sign_in(client, "clerk", "wrong") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    right = _sign_in(client, "clerk", PASSWORD)
    assert right.status_code == 429
    assert b"Try again at" in right.content


def test_spelling_a_name_differently_does_not_give_more_tries(applicant):
    client = Client()
    for name in ("clerk", "Clerk", "CLERK", " clerk ", "cLERK"):
        answer = _sign_in(client, name, "wrong")
    assert answer.status_code == 429


def test_guessing_the_second_factor_is_limited(officer):
    give_second_factor(officer)
    client = Client()
    assert _sign_in(client, "officer", PASSWORD)["Location"] == "/accounts/2fa/authenticate/"
    answers = [client.post("/accounts/2fa/authenticate/", {"code": "000000"}).content for _ in range(12)]
    assert b"Incorrect code" in answers[0]
    assert b"Too many failed login attempts" in answers[-1]


@pytest.mark.parametrize("address", ["/accounts/signup/", "/accounts/email/", "/accounts/password/reset/"])
def test_nobody_opens_an_account_or_resets_a_password_alone(db, address):
    assert Client().get(address).status_code == 404


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(
    "address",
    ["login/", "logout/", "password/change/", "reauthenticate/", "inactive/", "2fa/", "2fa/totp/activate/"],
)
def test_pages_of_the_way_in_render_in_both_languages(applicant, address, language):
    client = Client() if address == "login/" else signed_in(applicant)
    if address == "2fa/totp/activate/":
        _sign_in(client := Client(), "clerk", PASSWORD)
    response = client.get("/accounts/" + address, headers={"accept-language": language})
    assert response.status_code == 200
    assert f'lang="{language}"' in response.text
    assert "tallystick.css" in response.text


@pytest.mark.parametrize(
    "address", ["totp/deactivate/", "recovery-codes/", "recovery-codes/generate/", "recovery-codes/download/"]
)
def test_pages_of_the_second_factor_render(officer, address):
    give_second_factor(officer)
    RecoveryCodes.activate(officer)
    client = signed_in(officer)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert client.get("/accounts/2fa/" + address).status_code == 200
