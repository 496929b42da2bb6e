"""Nobody sees another member's application: every address of the pages, asked by everyone who may not."""

from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tallystick.records.models import Application, Member, User
from tallystick.services import consortium
from tallystick.services.installation import Installation
from tallystick.web.layout import WAYS
from tallystick.web.urls import urlpatterns
from tests.installation import FULL_FORM, PASSWORD, Consortium
from tests.web import scenes
from tests.web.conftest import at_work

Arguments = Callable[[Application], list[object]]


def _of_case(*more: object) -> Arguments:
    return lambda application: [application.reference, *more]


def _of_policy(*more: object) -> Arguments:
    return lambda application: ["invoice-admission", 1, *more]


def _alone(_application: Application) -> list[object]:
    return []


#: Addresses that belong to one application: whoever is not of its two sides is told that there is none.
OF_A_CASE: dict[str, Arguments] = {
    **{
        name: _of_case()
        for name in (*WAYS, "application", "anchors", "check", "submit", "schedule", "relationships")
    },
    "book": _of_case("sales_book"),
    "paper": _of_case(),
    "book_file": _of_case("sales_book"),
    "step_paper": _of_case("application"),
    "step_proof": _of_case("application"),
}
#: Addresses of a lender: another one's staff, and everyone else, is told that there is nothing.
OF_A_LENDER: dict[str, Arguments] = {
    "programme": lambda application: [application.programme_id],
    "policy_draft": _alone,
    **{
        f"policy{part}": _of_policy()
        for part in ("", "_grid", "_upload", "_figures", "_cases", "_effect", "_decision")
    },
    "policy_file": _of_policy("json"),
}
#: Addresses that everyone may ask, each with the answer made for them.
OF_EVERYONE: dict[str, Arguments] = {
    "home": _alone,
    "style": _alone,
    "apply": _alone,
    "book_template": lambda _application: ["sales_book"],
    "programmes": _alone,
    "policies": _alone,
    "ledger": _alone,
    "block": lambda application: [_sent(application).height],
    "transaction": lambda application: [_sent(application).transaction_hash],
    "transaction_proof": lambda application: [_sent(application).transaction_hash],
    "accounts": _alone,
    "account": lambda application: [application.lender.address],
    "account_proof": lambda application: [application.lender.address],
    "member_proof": lambda application: [application.lender.address],
    "contracts": _alone,
    "validators": _alone,
    "deliveries": _alone,
    "new_delivery": _alone,
    "buyer_name": _alone,
    "consents": _alone,
    "qualifications": _alone,
    "genesis": _alone,
    "ledger_search": _alone,
}
#: Addresses of deliveries, files and consents: see ``test_delivery_isolation``.
OF_DELIVERIES = frozenset(
    {
        *("delivery", "delivery_standing", "sign", "refuse", "take_back"),
        *("media", "thumbnail", "withdraw_consent"),
    }
)
#: Addresses of a lender's queries: see ``test_qualifications``.
OF_QUALIFICATIONS = frozenset(
    {"qualification", "chain", "examine", "qualification_decide", "qualification_grade"}
)
#: Addresses that tell every member who is a member: there an account's address is no secret.
OF_THE_MEMBERSHIP = frozenset({"accounts"})
#: Addresses where a buyer is chosen among the enterprises, which every member knows.
OF_THE_ENTERPRISES = frozenset({"new_delivery", "qualifications"})
TABLE = {**OF_A_CASE, **OF_A_LENDER, **OF_EVERYONE}


def _sent(application: Application):
    return application.anchors.get(step="application").transmission


def _addresses(application: Application, table: dict[str, Arguments] = TABLE) -> dict[str, str]:
    return {name: reverse(f"web:{name}", args=make(application)) for name, make in table.items()}


def _answer(response: HttpResponse, address: str) -> bytes:
    """Return head and body of an answer, less the address itself: the asker has typed that."""
    whole = str(response.headers).encode() + b"".join(response)
    return whole.replace(address.encode(), b"")


def _secrets(application: Application) -> list[bytes]:
    applicant = application.applicant
    # Not a name that the specimen of the style page uses too.
    Member.objects.filter(pk=applicant.pk).update(name="Example Quarry Co., Ltd.")
    applicant.refresh_from_db()
    texts = [application.reference, applicant.name, applicant.address, application.salt, FULL_FORM["account"]]
    return [text.encode() for text in [*texts, FULL_FORM["credit_code"], "13,079.30"]]


@pytest.fixture
def strangers(members: Consortium) -> list[User]:
    """Everyone who is of neither side, and someone who works for nobody."""
    nobody = consortium.add_user(None, "nobody", PASSWORD, ["applicant", "credit_officer"])
    return [members.other_owner, members.other_officer, members.node_operator, nobody]


def test_every_address_stands_in_the_table_of_this_test() -> None:
    assert {pattern.name for pattern in urlpatterns} == set(TABLE) | OF_DELIVERIES | OF_QUALIFICATIONS


def test_no_stranger_reads_a_byte_of_an_application(
    house: Installation, members: Consortium, strangers: list[User]
) -> None:
    application = scenes.paid(house, members)
    secrets = _secrets(application)
    for stranger in strangers:
        client = at_work(stranger)
        for name, address in _addresses(application).items():
            for ask in (client.get, client.post):
                response = ask(address)
                content = _answer(response, address)
                known = set()
                if name in OF_THE_MEMBERSHIP | OF_THE_ENTERPRISES:
                    known.add(application.applicant.address.encode())
                if name in OF_THE_ENTERPRISES:
                    known.add(application.applicant.name.encode())
                told = [secret for secret in secrets if secret in content and secret not in known]
                assert not told, (stranger.username, name, told)
                if name not in OF_EVERYONE:
                    assert response.status_code in (403, 404, 405), (stranger.username, name)


def test_searching_finds_nothing_of_another_lender(house: Installation, members: Consortium) -> None:
    application = scenes.submitted(house, members)
    desk = at_work(members.other_officer)
    for query in ({"q": application.reference}, {"q": "Rubber"}, {"stage": "submitted"}, {"page": "2"}):
        for headers in ({}, {"HX-Request": "true"}):
            page = desk.get("/", query, headers=headers).text
            assert application.applicant.name not in page
            assert f">{application.reference}<" not in page


def test_a_draft_is_hidden_from_its_own_lender(house: Installation, members: Consortium) -> None:
    application = scenes.draft(house, members)
    desk = at_work(members.officer)
    for name, address in _addresses(application, OF_A_CASE).items():
        for ask in (desk.get, desk.post):
            response = ask(address)
            assert response.status_code in (403, 404, 405), name
            assert application.reference.encode() not in _answer(response, address)
    assert application.reference not in desk.get("/").text


def test_an_incomplete_application_shows_its_lender_no_papers(
    house: Installation, members: Consortium
) -> None:
    application = scenes.draft(house, members)
    owner = at_work(members.owner)
    owner.post(reverse("web:form", args=[application.reference]), {"account": FULL_FORM["account"]})
    owner.post(reverse("web:submit", args=[application.reference]))
    assert scenes.fresh(application).stage == "incomplete"
    page = at_work(members.officer).get(reverse("web:application", args=[application.reference]))
    assert page.status_code == 200
    assert FULL_FORM["account"] not in page.text


def test_the_applicant_is_not_shown_how_the_lender_measured(house: Installation, members: Consortium) -> None:
    application = scenes.paid(house, members)
    owner = at_work(members.owner)
    page = owner.get(reverse("web:application", args=[application.reference])).text
    grading = application.findings.get(kind="grading").document
    for hidden in (grading["risk_index"], "HHI", "Risk index", "Why this amount", members.officer.username):
        assert hidden not in page
    assert owner.get(reverse("web:step_paper", args=[application.reference, "admission"])).status_code == 404


def test_an_officers_reason_for_admitting_stays_with_the_lender(
    house: Installation, members: Consortium
) -> None:
    application = scenes.referred(house, members)
    desk = at_work(members.officer)
    desk.post(reverse("web:admit", args=[application.reference]), {"reason": "The gap was a move."})
    address = reverse("web:application", args=[application.reference])
    assert "The gap was a move." in desk.get(address).text
    assert "The gap was a move." not in at_work(members.owner).get(address).text


def test_whoever_has_not_signed_in_is_shown_the_way_in(house: Installation, members: Consortium) -> None:
    application = scenes.submitted(house, members)
    client = Client()
    for name, address in _addresses(application).items():
        for ask in (client.get, client.post):
            response = ask(address)
            if name in ("home", "style"):
                assert application.applicant.name not in response.text
            elif response.status_code != 405:
                assert response.status_code == 302, name
                assert response["Location"].startswith(reverse("account_login"))


def test_htmx_is_sent_to_the_way_in_as_a_whole_page(house: Installation) -> None:
    response = Client().get(reverse("web:ledger"), headers={"HX-Request": "true"})
    assert response["HX-Redirect"].startswith(reverse("account_login"))


def test_no_page_of_a_case_changes_anything_when_it_is_read(house: Installation, members: Consortium) -> None:
    application = scenes.offered(house, members)
    for user in (members.owner, members.officer):
        client = at_work(user)
        for address in _addresses(application, OF_A_CASE).values():
            list(client.get(address))  # a file is let go of when it has been read
    after = scenes.fresh(application)
    assert (after.stage, after.events.count()) == (application.stage, application.events.count())


def test_every_way_has_an_address() -> None:
    assert set(WAYS) <= {pattern.name for pattern in urlpatterns}
