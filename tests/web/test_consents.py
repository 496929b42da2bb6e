"""The page of consents: given to a lender by name, for all deliveries or chosen ones, and taken back."""

from dataclasses import replace
from datetime import timedelta

from django.urls import reverse

from tallystick.bootstrap import parts
from tallystick.records.models import Consent
from tests.installation import NOW
from tests.web.conftest import at_work
from tests.web.delivering import waiting

PAGE = "/consents/"


def given(client, members, **fields):
    filled = {
        "recipient": members.lender.address,
        "covers": "all",
        "until": (NOW + timedelta(days=30)).date().isoformat(),
    }
    return client.post(PAGE, filled | fields)


def test_a_consent_is_given_read_under_and_taken_back(house, members, tmp_path):
    row, owner, lender = waiting(house, members, tmp_path), at_work(members.owner), at_work(members.officer)
    assert (NOW + timedelta(days=90)).date().isoformat() in owner.get(PAGE).text
    assert given(owner, members).url == PAGE
    consent = Consent.objects.get()
    media = reverse("web:media", args=[row.media.get().pk])
    assert b"".join(lender.get(media))
    page = owner.get(PAGE).text
    for text in ("Live", "1 reading", row.reference, members.lender.name, "All deliveries"):
        assert text in page
    received = lender.get(PAGE).text
    assert members.supplier.name in received
    assert "Give a consent" not in received
    assert "1 reading" not in received
    back = reverse("web:withdraw_consent", args=[consent.pk])
    assert members.lender.name in owner.get(back).text
    owner.post(back)
    assert "Taken back" in owner.get(PAGE).text
    assert lender.get(media).status_code == 403
    assert owner.post(back).status_code == 409


def test_a_consent_to_chosen_deliveries_names_them(house, members, tmp_path):
    row, other = waiting(house, members, tmp_path), waiting(house, members, tmp_path)
    owner = at_work(members.owner)
    assert given(owner, members, covers="chosen").status_code == 422
    assert given(owner, members, covers="chosen", deliveries=["DL-2026-99999"]).status_code == 422
    given(owner, members, covers="chosen", deliveries=[row.reference])
    assert Consent.objects.get().scope == [f"evidence/{row.reference}"]
    lender = at_work(members.officer)
    answers = {
        each.pk: lender.get(reverse("web:media", args=[each.media.get().pk])).status_code
        for each in (row, other)
    }
    assert answers == {row.pk: 200, other.pk: 403}


def test_a_consent_to_pull_books_opens_no_delivery(house, members, tmp_path):
    row, owner = waiting(house, members, tmp_path), at_work(members.owner)
    given(owner, members, covers="books", deliveries=[row.reference])
    consent = Consent.objects.get()
    assert (consent.purpose, consent.scope) == ("admission", ["books"])
    for reader in (owner, at_work(members.officer)):
        page = reader.get(PAGE).text
        assert "Tax and invoice books, pulled from where they are kept" in page
        assert f"number {consent.pk}" in page
    media = reverse("web:media", args=[row.media.get().pk])
    assert at_work(members.officer).get(media).status_code == 403


def test_a_consent_ends_by_itself_and_the_word_says_so(house, members):
    owner = at_work(members.owner)
    given(owner, members)
    with parts.using(replace(house, clock=type(house.clock)(NOW + timedelta(days=40)))):
        page = owner.get(PAGE).text
    assert "Ended" in page
    assert "Take back…" not in page


def test_a_consent_that_cannot_be_meant_is_refused_in_the_form(house, members):
    owner = at_work(members.owner)
    assert "Without one, no lender" in owner.get(PAGE).text
    for wrong in (
        {"until": "2026-01-01"},
        {"until": "2046-01-01"},
        {"until": "soon"},
        {"recipient": members.other_supplier.address},
        {"covers": ""},
    ):
        assert given(owner, members, **wrong).status_code == 422, wrong
    assert not Consent.objects.filter(sent__code="ok").exists()


def test_only_who_may_consent_gives_or_takes_back(house, members):
    given(at_work(members.owner), members)
    consent = Consent.objects.get()
    back = reverse("web:withdraw_consent", args=[consent.pk])
    assert at_work(members.other_owner).post(back).status_code == 404
    assert at_work(members.officer).post(back).status_code == 403
    assert given(at_work(members.officer), members).status_code == 403
    consent.refresh_from_db()
    assert consent.withdrawn_at is None
