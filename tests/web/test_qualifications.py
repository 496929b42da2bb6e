"""The officer's pages: ask about a supplier, see records and checks, grade by hand, decide."""

import pytest
from django.urls import reverse

from tallystick.records.models import Qualification
from tests.services.test_qualification import consented, recorded
from tests.web.conftest import at_work
from tests.web.test_isolation import OF_QUALIFICATIONS

PAGE = "/qualifications/"


def asked(client, members, **fields):
    return client.post(
        PAGE, {"supplier": members.supplier.address, "days": "365", "application": ""} | fields
    )


def test_an_officer_asks_looks_grades_and_decides(house, members, tmp_path):
    deliveries = [recorded(house, members, tmp_path) for _ in range(3)]
    consented(house, members)
    officer = at_work(members.officer)
    here = asked(officer, members).url
    page = officer.get(here).text
    assert page.count("The buyer&#x27;s signature over this delivery holds.") == 3
    for row in deliveries:
        assert reverse("web:thumbnail", args=[row.media.get().pk]) in page
    assert "no tier" in page
    for row in deliveries:
        seen = {"quality": "good", "quantity": "12000", "value": "48000.00", "because": "Three photographs."}
        grade = reverse("web:qualification_grade", args=[Qualification.objects.get().reference, row.record])
        assert officer.post(grade, seen).url == here
    page = officer.get(here).text
    assert "tier 1" in page
    assert "At least 80 % of the records are in tier 1." in page
    decide = reverse("web:qualification_decide", args=[Qualification.objects.get().reference])
    refused = officer.post(decide, {"outcome": "grant", "reason": "Tier 1."})
    assert refused.status_code == 422
    assert "Grant with an amount and a rate" in refused.text
    said = {"outcome": "grant", "amount": "200000.00", "rate": "4.85", "reason": "Tier 1."}
    assert officer.post(decide, said).url == here
    page = officer.get(here).text
    for text in ("Granted", "200,000.00", "4.85%", "Tier 1.", members.officer.username):
        assert text in page
    assert "Grade by hand" not in page
    assert "Granted" in officer.get(PAGE).text


def test_what_the_supplier_has_not_released_is_not_shown_and_says_so(house, members, tmp_path):
    row = recorded(house, members, tmp_path)
    officer = at_work(members.officer)
    page = officer.get(asked(officer, members).url).text
    assert "The supplier has not consented to let you read this." in page
    assert "does not count" in page
    assert reverse("web:thumbnail", args=[row.media.get().pk]) not in page


def test_the_supplier_sees_who_asked(house, members, tmp_path):
    recorded(house, members, tmp_path)
    owner = at_work(members.owner)
    assert "Nobody has asked yet" in owner.get("/consents/").text
    asked(at_work(members.officer), members)
    page = owner.get("/consents/").text
    assert "Nobody has asked yet" not in page
    assert members.lender.name in page


def test_a_supplier_without_deliveries_has_an_empty_page_and_no_tier(house, members):
    officer = at_work(members.officer)
    page = officer.get(asked(officer, members).url).text
    assert "No countersigned deliveries" in page
    assert "There are fewer than 3 delivery records in the period." in page


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"supplier": "tly1nobody"}, "Select a valid choice"),
        ({"days": "99999"}, "Select a valid choice"),
        ({"application": "LA-2026-99999"}, "There is no such application."),
    ],
)
def test_a_query_that_cannot_be_meant_says_so_beside_the_form(house, members, fields, text):
    answer = asked(at_work(members.officer), members, **fields)
    assert answer.status_code == 422
    assert text in answer.text
    assert not Qualification.objects.exists()


def test_a_grade_that_cannot_be_read_keeps_the_page(house, members, tmp_path):
    row = recorded(house, members, tmp_path)
    officer = at_work(members.officer)
    asked(officer, members)
    grade = reverse("web:qualification_grade", args=[Qualification.objects.get().reference, row.record])
    answer = officer.post(grade, {"quality": "good", "value": "a lot", "because": "Seen."})
    assert answer.status_code == 422
    assert "Type an amount such as 30000.00." in answer.text


def test_nobody_but_the_lenders_officers_reaches_a_qualification(house, members, tmp_path):
    row = recorded(house, members, tmp_path)
    asked(at_work(members.officer), members)
    made = Qualification.objects.get()
    addresses = {
        name: reverse(f"web:{name}", args=[made.reference])
        for name in OF_QUALIFICATIONS - {"qualification_grade"}
    } | {"qualification_grade": reverse("web:qualification_grade", args=[made.reference, row.record])}
    said = {"outcome": "decline", "reason": "x", "quality": "good", "because": "x"}
    for user in (members.other_officer, members.owner, members.other_owner, members.node_operator):
        client = at_work(user)
        for address in addresses.values():
            for ask in (client.get, client.post):
                answer = ask(address, said)
                assert answer.status_code in (403, 404, 405)
                assert "Check again" not in answer.text
                assert row.reference not in answer.text
    made.refresh_from_db()
    assert made.outcome == ""
