"""Nobody but its two parties sees a delivery; a file takes a consent as well; a consent is its two sides'."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from tallystick.records.models import Consent, Delivery, Member, User
from tallystick.services import consents, consortium
from tallystick.services.access import actor_of
from tests.installation import NOW, PASSWORD
from tests.web.conftest import at_work
from tests.web.delivering import NAME, added, waiting
from tests.web.test_isolation import OF_DELIVERIES

PARTS = ("delivery", "delivery_standing", "sign", "refuse", "take_back")


@pytest.fixture
def third(house, members) -> User:
    """A clerk of a third enterprise, who may do at home all that is asked for here."""
    made = consortium.admit(
        house, members.operator.address, name="Example Glass Co., Ltd.", roles=["enterprise"]
    )
    return consortium.add_user(made, "glass.clerk", PASSWORD, ["applicant", "delivery_clerk"])


@pytest.fixture
def strangers(members, third) -> list[User]:
    nobody = consortium.add_user(None, "nobody", PASSWORD, ["applicant", "delivery_clerk", "credit_officer"])
    return [third, members.officer, members.other_officer, members.node_operator, nobody]


def addresses(row: Delivery, consent: Consent) -> dict[str, str]:
    media = row.media.get().pk
    return {
        **{name: reverse(f"web:{name}", args=[row.reference]) for name in PARTS},
        **{name: reverse(f"web:{name}", args=[media]) for name in ("media", "thumbnail")},
        "withdraw_consent": reverse("web:withdraw_consent", args=[consent.pk]),
    }


def given(house, members, lender: Member) -> Consent:
    until = NOW + timedelta(days=30)
    return consents.grant(house, actor_of(members.owner), recipient=lender.address, until=until)


def state(row: Delivery, consent: Consent) -> tuple[object, ...]:
    row.refresh_from_db()
    consent.refresh_from_db()
    return row.stage, row.answer_id, row.note, consent.withdrawn_at, row.media.count()


def test_no_stranger_reads_or_changes_a_delivery_a_file_or_a_consent(house, members, strangers, tmp_path):
    row = waiting(house, members, tmp_path)
    far = consortium.admit(house, members.operator.address, name="Example Far Bank", roles=["lender"])
    consent = given(house, members, far)
    before, walked = state(row, consent), addresses(row, consent)
    assert walked.keys() == OF_DELIVERIES
    file = row.media.get()
    secrets = [row.media_hash, file.sha256, file.key_commitment, NAME, consent.salt, members.supplier.name]
    for stranger in strangers:
        client = at_work(stranger)
        for name, address in walked.items():
            for ask in (client.get, client.post):
                answer = ask(address, {"reason": "other"})
                assert answer.status_code in (403, 404, 405), (stranger.username, name)
                body = b"".join(answer).decode()
                assert not [each for each in secrets if each in body], (stranger.username, name)
        for address in ("/", "/deliveries/", "/consents/"):
            page = client.get(address).text
            assert row.reference not in page
            assert file.sha256 not in page
    assert state(row, consent) == before


def test_whoever_has_not_signed_in_is_shown_the_way_in(house, members, tmp_path):
    row = waiting(house, members, tmp_path)
    everything = addresses(row, given(house, members, members.lender))
    for address in (*everything.values(), "/deliveries/", "/deliveries/new/", "/consents/"):
        for ask in (Client().get, Client().post):
            answer = ask(address)
            assert answer.status_code in (302, 405)
            if answer.status_code == 302:
                assert answer["Location"].startswith(reverse("account_login"))


def test_a_consent_opens_the_files_and_not_the_page_of_the_delivery(house, members, tmp_path):
    row = waiting(house, members, tmp_path)
    everything = addresses(row, given(house, members, members.lender))
    lender = at_work(members.officer)
    assert {name for name, address in everything.items() if lender.get(address).status_code == 200} == {
        "media",
        "thumbnail",
    }


def test_what_has_been_added_and_not_sent_is_the_operators_alone(house, members, tmp_path):
    file = added(house, members, tmp_path)
    buyer = at_work(members.other_owner)
    assert buyer.get(reverse("web:media", args=[file.pk])).status_code == 404
    assert NAME not in buyer.get("/deliveries/new/").text
    buyer.post("/deliveries/new/", {"then": f"remove:{file.pk}"})
    stolen = {"buyer": members.supplier.address, "due_on": "2026-12-20", "password": PASSWORD}
    answer = buyer.post("/deliveries/new/", stolen | {"then": "send", "media": [file.pk]})
    assert answer.status_code == 422
    assert NAME in at_work(members.owner).get("/deliveries/new/").text


def test_no_page_of_a_delivery_changes_anything_when_it_is_read(house, members, tmp_path):
    row = waiting(house, members, tmp_path)
    consent = given(house, members, members.lender)
    before = state(row, consent)
    for user in (members.owner, members.other_owner, members.officer):
        for address in addresses(row, consent).values():
            list(at_work(user).get(address))
    assert state(row, consent) == before


def test_the_other_party_of_a_consent_cannot_take_it_back(house, members, tmp_path):
    consent = given(house, members, members.lender)
    members.officer.roles = ["applicant"]
    members.officer.save()
    address = reverse("web:withdraw_consent", args=[consent.pk])
    assert at_work(members.officer).post(address).status_code == 404
    consent.refresh_from_db()
    assert consent.withdrawn_at is None
