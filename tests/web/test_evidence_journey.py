"""Three people and one delivery through real browsers: recorded, countersigned, released, lent against."""

import re
from pathlib import Path

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from tallystick.records.models import Delivery, Qualification
from tests.installation import NOW, PASSWORD
from tests.web.conftest import give_second_factor
from tests.web.delivering import picture
from tests.web.test_delivery_journey import Sender, fill_in, kept, send
from tests.web.test_journey import DESK, PHONE


@pytest.fixture
def people(chromium, live_server, house, members):
    """The supplier on a phone in Chinese, the buyer and the officer at desks."""
    cache.clear()  # other tests have used up the tries of this address
    give_second_factor(members.officer)
    all_three = [Sender(chromium, live_server.url, options) for options in (PHONE, DESK, DESK)]
    yield all_three
    for each in all_three:
        each.context.close()


@pytest.mark.django_db(transaction=True)
def test_a_delivery_is_recorded_countersigned_consented_to_examined_and_lent_against(
    people, members, tmp_path: Path
) -> None:
    supplier, buyer, officer = people
    for visitor, user in zip(people, (members.owner, members.other_owner, members.officer), strict=True):
        visitor.sign_in(user)

    _record(supplier, members, tmp_path)
    row = Delivery.objects.get()
    buyer.page.reload()
    buyer.press(f"Look and answer · {row.reference}")
    buyer.press("Countersign…")
    buyer.press("Sign with our institution's key")
    buyer.says("Countersigned and recorded")

    _ask(officer, members)
    officer.says("The supplier has not consented to let you read this.")
    assert officer.page.locator(".gallery img").count() == 0

    _consent(supplier, members)
    officer.press("Check again")
    officer.says("Checked and graded again.")
    expect(officer.page.locator(".gallery img")).to_have_count(1)
    opened = officer.page.request.get(_picture(officer))
    assert (opened.status, opened.headers["content-type"]) == (200, "image/jpeg")
    _grade_and_grant(officer)
    asked = Qualification.objects.get()
    assert (asked.outcome, asked.amount_minor, asked.annual_rate) == ("grant", 20_000_000, "0.0485")
    assert [each["tier"] for each in asked.findings["records"]] == [1]

    supplier.page.goto(f"{supplier.site}/deliveries/{row.reference}/")
    # Examined when it was checked again and when it was graded, and opened once.
    expect(supplier.page.locator("tr", has_text=members.lender.name)).to_have_count(3)
    supplier.page.goto(f"{supplier.site}/consents/")
    supplier.says(members.lender.name)
    supplier.press(f"收回… · {members.lender.name}")
    supplier.press("收回")
    supplier.says("已收回")
    refused = officer.page.request.get(_picture(officer))
    assert refused.status == 403
    assert [each.complaints for each in people] == [[], [], []]


def _record(supplier: Sender, members, folder: Path) -> None:
    goods = folder / "goods.jpg"
    goods.write_bytes(picture(50))
    supplier.page.goto(f"{supplier.site}/deliveries/new/")
    supplier.page.set_input_files("#camera", goods)
    kept(supplier, 1)
    fill_in(supplier, members, PASSWORD)
    send(supplier)
    supplier.says("已入账")


def _ask(officer: Sender, members) -> None:
    officer.page.goto(f"{officer.site}/qualifications/")
    officer.page.select_option("[name=supplier]", members.supplier.address)
    officer.press("Ask the ledger")
    officer.page.wait_for_url(re.compile(r"/qualifications/QQ-"))


def _consent(supplier: Sender, members) -> None:
    supplier.page.goto(f"{supplier.site}/consents/")
    supplier.page.select_option("[name=recipient]", members.lender.address)
    supplier.page.fill("[name=until]", NOW.date().replace(year=NOW.year + 1).isoformat())
    supplier.page.locator("main button.primary").click()
    supplier.says(members.lender.name)


def _picture(officer: Sender) -> str:
    link = officer.page.locator(".gallery a.picture").first.get_attribute("href")
    return f"{officer.site}{link}"


def _grade_and_grant(officer: Sender) -> None:
    page = officer.page
    page.get_by_text("Grade by hand").click()
    page.select_option("[name=quality]", "good")
    page.fill("[name=quantity]", "12000")
    page.fill("[name=value]", "48000.00")
    page.fill("[name=because]", "Twelve pallets on one photograph.")
    officer.press("Keep this grade")
    officer.says("Your grade is kept")
    page.get_by_label("Grant").check()
    page.fill("[name=amount]", "200000.00")
    page.fill("[name=rate]", "4.85")
    page.fill("[name=reason]", "Tier 1, one buyer.")
    officer.press("Decide")
    officer.says("The decision is kept")
    officer.says("Granted")
