"""The relationships of indicators: what goes into what, and what moves together over the applicants."""

import pytest

from tallystick.admission.relationships import MIN_ENTERPRISES
from tallystick.records.models import Application, Finding
from tallystick.services.access import actor_of
from tallystick.services.relationships import among_applicants
from tests.installation import NOW
from tests.web import scenes
from tests.web.conftest import at_work, signed_in
from tests.web.test_journey import DESK, PHONE, Visitor


def page(reference, of=""):
    return f"/applications/{reference}/relationships/{f'?of={of}' if of else ''}"


def assessed_before(officer, applicants, figures):
    """Keep an admission of each applicant at the officer's lender: indicator -> a figure for each."""
    for place, applicant in enumerate(applicants):
        case = Application.objects.create(
            reference=f"LA-2020-{place:05}",
            applicant=applicant,
            lender=officer.member,
            stage="declined",
            created_by=officer,
            created_at=NOW,
        )
        values = {name: {"value": str(row[place]), "unit": "index"} for name, row in figures.items()}
        document = {"indicators": values}
        Finding.objects.create(application=case, kind="admission", document=document, digest="", made_at=NOW)


def test_an_indicator_stands_among_what_goes_into_it_and_what_derives_from_it(house, members):
    case = scenes.assessed(house, members)
    shown = at_work(members.officer).get(page(case.reference, "purchase_to_sales_ratio")).text
    drawing = shown.partition('<svg class="chain"')[2].partition("</svg>")[0]
    for text in ("Purchases to sales", "Sales", "Purchases", "goes into it"):
        assert text in drawing
    assert "derives from it" in at_work(members.officer).get(page(case.reference, "sales_amount")).text
    assert "so far there are 1." in shown
    card = at_work(members.officer).get(f"/applications/{case.reference}/").text
    assert page(case.reference) in card


def test_what_the_assessment_does_not_have_is_not_found(house, members):
    case = scenes.assessed(house, members)
    officer = at_work(members.officer)
    assert officer.get(page(case.reference, "colour")).status_code == 404
    assert signed_in(members.owner).get(page(case.reference)).status_code == 404
    assert officer.get(page(scenes.submitted(house, members).reference)).status_code == 404


@pytest.mark.parametrize("count", [MIN_ENTERPRISES - 1, MIN_ENTERPRISES])
def test_what_moves_together_is_told_from_twenty_applicants_of_the_lender_on(house, members, count):
    applicants = [
        type(members.supplier).objects.create(address=f"tly-made-{place}", name="x", joined_at=NOW)
        for place in range(count)
    ]
    rising, falling = list(range(count)), [-(place**3) for place in range(count)]
    assessed_before(members.officer, applicants, {"sales_amount": rising, "buyer_hhi": falling})
    known = among_applicants(actor_of(members.officer))
    told = [(one.first, one.second, one.rank_correlation, one.enterprises) for one in known.graph.together]
    expected = [("sales_amount", "buyer_hhi", -10_000, count)] if count == MIN_ENTERPRISES else []
    assert told == expected
    assert (known.applicants, known.is_enough) == (count, count == MIN_ENTERPRISES)
    assert among_applicants(actor_of(members.other_officer)).applicants == 0


@pytest.mark.parametrize("options", [PHONE | {"color_scheme": "dark"}, DESK], ids=["phone, dark", "desk"])
@pytest.mark.django_db(transaction=True)
def test_the_page_fits(chromium, live_server, house, members, options):
    case = scenes.assessed(house, members)
    officer = Visitor(chromium, live_server.url, options)
    session = at_work(members.officer).cookies["sessionid"].value
    officer.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    officer.page.goto(live_server.url + page(case.reference))
    officer.page.locator("td a", has_text="HHI").or_(officer.page.locator("td a")).first.click()
    officer.page.locator("svg.chain").wait_for()
    assert officer.complaints == []
    officer.context.close()
