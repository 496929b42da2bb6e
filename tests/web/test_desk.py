"""The lender's desk and the applicant's answer: each move by its page, refused where it does not fit."""

import csv
import io

import pytest
from django.test import Client
from django.urls import reverse

from tallystick.ledger.proof import check_inclusion, parse_proof
from tallystick.records.models import Application, Disbursement, Transmission
from tallystick.services import consortium
from tallystick.services.installation import Installation
from tallystick.values.canonical import sha256
from tallystick.web.views import ledger
from tests.installation import PASSWORD, Consortium
from tests.web import scenes
from tests.web.conftest import at_work


@pytest.fixture
def desk(members: Consortium) -> Client:
    return at_work(members.officer)


def _of(application: Application, name: str, *more: object) -> str:
    return reverse(f"web:{name}", args=[application.reference, *more])


def test_one_loan_goes_through_by_its_pages(house: Installation, members: Consortium, desk: Client) -> None:
    application, owner = scenes.submitted(house, members), at_work(members.owner)
    said = [
        desk.post(_of(application, "assess"), follow=True).text,
        desk.post(_of(application, "offer"), follow=True).text,
        owner.post(_of(application, "accept"), follow=True).text,
        desk.post(_of(application, "pay"), follow=True).text,
        desk.post(_of(application, "pay"), follow=True).text,
    ]
    assert "Admitted and graded." in said[0]
    assert "The offer is with the applicant." in said[1]
    assert "Accepted and signed." in said[2]
    assert "paid out to the account ending in 8907, recorded once" in said[3]
    assert "recorded once" in said[4]
    assert Disbursement.objects.count() == 1
    assert scenes.fresh(application).stage == "disbursed"


def test_the_officer_is_told_when_the_rules_decline(
    house: Installation, members: Consortium, desk: Client
) -> None:
    application = scenes.submitted(house, members, scenes.WEAK)
    page = desk.post(_of(application, "assess"), follow=True).text
    assert "The rules decline this application." in page


def test_declining_needs_a_reason_and_shows_it_to_the_applicant(
    house: Installation, members: Consortium, desk: Client
) -> None:
    application = scenes.submitted(house, members)
    empty = desk.post(_of(application, "decline"), {"reason": "  "})
    assert empty.status_code == 422
    assert scenes.fresh(application).stage == "submitted"
    desk.post(_of(application, "decline"), {"reason": "We no longer lend to <this> trade."})
    page = at_work(members.owner).get(_of(application, "application")).text
    assert "We no longer lend to &lt;this&gt; trade." in page


def test_admitting_needs_a_reason(house: Installation, members: Consortium, desk: Client) -> None:
    application = scenes.referred(house, members)
    assert desk.post(_of(application, "admit"), {"reason": ""}).status_code == 422
    assert (
        "Admitted. An offer can be made."
        in desk.post(_of(application, "admit"), {"reason": "The gap was a move."}, follow=True).text
    )


@pytest.mark.parametrize("name", ["assess", "offer", "pay", "admit", "decline", "assign"])
def test_the_applicant_cannot_move_the_lenders_side(
    house: Installation, members: Consortium, name: str
) -> None:
    application = scenes.submitted(house, members)
    response = at_work(members.owner).post(_of(application, name), {"reason": "x", "programme": "1"})
    assert response.status_code == 403
    assert scenes.fresh(application).stage == "submitted"


@pytest.mark.parametrize("name", ["accept", "withdraw"])
def test_the_lender_cannot_answer_for_the_applicant(
    house: Installation, members: Consortium, desk: Client, name: str
) -> None:
    application = scenes.offered(house, members)
    assert desk.post(_of(application, name)).status_code == 403
    assert desk.get(_of(application, name)).status_code == 403
    assert scenes.fresh(application).stage == "offered"


def test_a_colleague_without_the_role_may_look_and_not_act(house: Installation, members: Consortium) -> None:
    application = scenes.submitted(house, members)
    auditor = at_work(consortium.add_user(members.lender, "harbour.auditor", PASSWORD, ["auditor"]))
    page = auditor.get(_of(application, "application")).text
    assert application.reference in auditor.get("/").text
    assert _of(application, "assess") not in page
    assert auditor.post(_of(application, "assess")).status_code == 403


def test_what_does_not_fit_the_stage_is_a_page_that_says_so(
    house: Installation, members: Consortium, desk: Client
) -> None:
    application = scenes.submitted(house, members)
    for name in ("offer", "pay"):
        response = desk.post(_of(application, name))
        assert response.status_code == 409
        assert "The application is at another stage by now" in response.text


def test_withdrawing_is_asked_first(house: Installation, members: Consortium) -> None:
    application, owner = scenes.submitted(house, members), at_work(members.owner)
    assert "Withdraw this application?" in owner.get(_of(application, "withdraw")).text
    owner.post(_of(application, "withdraw"))
    assert scenes.fresh(application).stage == "withdrawn"


def test_a_business_manager_assigns_only_the_lenders_own_programme(
    house: Installation, members: Consortium, desk: Client
) -> None:
    application = scenes.unassigned(house, members)
    theirs, ours = members.other_lender.programmes.get(), members.lender.programmes.get()
    assert desk.post(_of(application, "assign"), {"programme": theirs.pk}).status_code == 422
    assert desk.post(_of(application, "assign"), {"programme": ours.pk})["Location"] == "/"
    assert scenes.fresh(application).stage == "draft"


def test_the_work_list_puts_what_waits_for_the_lender_first(
    house: Installation, members: Consortium, desk: Client
) -> None:
    waiting = [scenes.unassigned(house, members).reference for _ in range(3)]
    urgent = scenes.submitted(house, members).reference
    page = desk.get("/", headers={"HX-Request": "true"}).text
    places = [page.index(f">{reference}<") for reference in (urgent, *waiting)]
    assert min(places) == places[0]
    only = desk.get("/", {"stage": "submitted"}, headers={"HX-Request": "true"}).text
    assert urgent in only
    assert waiting[0] not in only
    found = desk.get("/", {"q": waiting[0][-5:]}, headers={"HX-Request": "true"}).text
    assert waiting[0] in found
    assert urgent not in found
    assert "Nothing fits this search" in desk.get("/", {"q": "zzz"}).text
    assert urgent in desk.get("/", {"q": f"\0{urgent}\n"}).text


def test_the_work_list_is_paged(house: Installation, members: Consortium, desk: Client) -> None:
    for _ in range(21):
        scenes.unassigned(house, members)
    first, second = (desk.get("/", {"page": number, "q": "LA-"}).text for number in (1, 2))
    assert "1 to 20 of 21" in first
    assert "q=LA-" in first.partition("pagination")[2]
    assert "21 to 21 of 21" in second


def test_a_proof_and_a_paper_hold_without_us(house: Installation, members: Consortium, desk: Client) -> None:
    application = scenes.paid(house, members)
    key = house.keys.public_key(members.operator.address)
    for client in (desk, at_work(members.owner)):
        for step in ("application", "offer", "confirmation", "disbursement"):
            bundle = parse_proof(client.get(_of(application, "step_proof", step)).content)
            check_inclusion(bundle, key)
            paper = client.get(_of(application, "step_paper", step)).content
            assert sha256(paper).hex().encode() in bundle.data
    transaction = application.anchors.get(step="offer").transmission.transaction_hash
    response = desk.get(reverse("web:transaction_proof", args=[transaction]))
    check_inclusion(parse_proof(response.content), key)


def test_the_schedule_is_taken_away_exactly(house: Installation, members: Consortium) -> None:
    application = scenes.offered(house, members)
    response = at_work(members.owner).get(_of(application, "schedule"))
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert rows[0] == ["No.", "Due", "Principal", "Interest", "Payment", "Balance"]
    assert len(rows) == 1 + application.offer.term_months
    assert rows[1][4] == "51089.94"
    assert rows[-1][5] == "0.00"


def test_a_step_on_its_way_is_shown_as_waiting_and_asked_for_again(
    house: Installation, members: Consortium, desk: Client
) -> None:
    application = scenes.submitted(house, members)
    sent = application.anchors.get().transmission
    Transmission.objects.filter(pk=sent.pk).update(code="", height=None, index=None)
    part = desk.get(_of(application, "anchors")).text
    assert "Waiting for the ledger" in part
    assert f'hx-get="{_of(application, "anchors")}"' in part
    assert desk.get(_of(application, "step_proof", "application")).status_code == 404
    Transmission.objects.filter(pk=sent.pk).update(code="step_out_of_order", message="m")
    refused = desk.get(_of(application, "anchors")).text
    assert "This step cannot be recorded before the one it follows." in refused
    assert "hx-get" not in refused


def test_blocks_are_paged(
    house: Installation, members: Consortium, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "BLOCKS_PER_PAGE", 2)
    page = reverse("web:ledger")
    assert "/ledger/blocks/0/" not in desk.get(page).text
    assert "/ledger/blocks/0/" in desk.get(page, {"page": 999}).text
