"""One loan through real browsers: the applicant on a phone in Chinese, the officer at a desk in English."""

import time
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from playwright.sync_api import Browser, BrowserContext, Page

from tallystick.records.models import Application, User
from tallystick.services.sample_books import STRONG, sample_books
from tests.installation import FULL_FORM, NOW, PASSWORD
from tests.web.conftest import FACTOR_SECRET, give_second_factor

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PHONE = {"viewport": {"width": 360, "height": 740}, "locale": "zh-CN", "has_touch": True}
DESK = {"viewport": {"width": 1280, "height": 900}, "locale": "en"}


class Visitor:
    """A person at a browser of their own, who notices every complaint and every page that is too wide."""

    def __init__(self, browser: Browser, site: str, options: dict[str, object]) -> None:
        self.site = site
        self.complaints: list[str] = []
        self.context: BrowserContext = browser.new_context(**options)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("load", lambda page: self.look())

    def _hear(self, said) -> None:
        if said.type == "error" and "422" not in said.text:  # the browser logs every refused upload
            self.complaints.append(said.text)

    def look(self) -> None:
        """Note whether the page can be scrolled sideways."""
        if self.page.evaluate(SIDEWAYS) > 0:
            self.complaints.append(f"too wide: {self.page.url}")

    def sign_in(self, user: User) -> None:
        self.page.goto(f"{self.site}/accounts/login/")
        self.page.fill("input[name=login]", user.username)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.click("main button.primary")
        if user.is_staff_member:
            self.page.fill("input[name=code]", one_time_code())
            self.page.click("main button.primary")
        self.page.wait_for_url(f"{self.site}/")

    def press(self, name: str) -> None:
        """Press the button or follow the link of that name, as soon as the page has one."""
        place = self.page.get_by_role("main")
        button = place.get_by_role("button", name=name, exact=True)
        button.or_(place.get_by_role("link", name=name, exact=True)).first.click()

    def says(self, text: str) -> None:
        """Wait for what the last press has brought, and look at it."""
        self.page.get_by_text(text).first.wait_for()
        self.look()


def one_time_code() -> str:
    """Return the officer's code of this half minute, or of the next where this one is nearly over."""
    left_s = 30 - time.time() % 30
    if left_s < 3:
        time.sleep(left_s)
    return format_hotp_value(hotp_value(FACTOR_SECRET, int(time.time()) // 30))


@pytest.fixture
def visitors(chromium, live_server, house, members):
    cache.clear()  # other tests have used up the tries of this address
    give_second_factor(members.officer)
    both = [Visitor(chromium, live_server.url, options) for options in (PHONE, DESK)]
    yield both
    for each in both:
        each.context.close()


@pytest.mark.django_db(transaction=True)
def test_a_loan_is_applied_for_on_a_phone_and_paid_out_from_a_desk(visitors, members, tmp_path: Path) -> None:
    applicant, officer = visitors
    applicant.sign_in(members.owner)
    reference = _apply(applicant, tmp_path)

    officer.sign_in(members.officer)
    officer.press(reference)
    officer.press("Assess")
    officer.says("Admitted and graded.")
    officer.press("Make offer")
    officer.says("The offer is with the applicant.")

    applicant.page.goto(f"{applicant.site}/applications/{reference}/")
    applicant.says("利息合计")
    applicant.page.locator("[data-opens=accept]").first.click()
    applicant.page.locator("dialog#accept").get_by_role("button", name="接受并签署").click()
    applicant.says("已接受并签署")

    officer.page.goto(f"{officer.site}/applications/{reference}/")
    officer.page.locator("[data-opens=pay]").click()
    officer.says("to the account ending in 8907")
    officer.page.locator("dialog#pay").get_by_role("button", name="Pay out").click()
    officer.says("recorded once")

    assert Application.objects.get(reference=reference).stage == "disbursed"
    assert [each.complaints for each in visitors] == [[], []]


def _apply(applicant: Visitor, folder: Path) -> str:
    """Fill in the form as a person does, mistakes included, and submit it; return the reference."""
    page = applicant.page
    applicant.press("申请贷款")
    page.locator("form", has=page.locator("input[name=programme]")).first.get_by_role("button").click()
    page.wait_for_url("**/form/")
    page.fill("#item-amount", "六十万")
    page.click("#items button")
    applicant.says("按填写内容保存")
    assert page.locator("#item-amount_error").is_visible()
    for name, value in FULL_FORM.items():
        if page.locator(f"input[type=radio][name={name}]").count():
            page.check(f"input[name={name}][value='{value}']")
        else:
            page.fill(f"#item-{name}", value)
    _hand_in_books(applicant, folder)
    page.locator("button[name=then]").click()
    page.wait_for_url("**/check/")
    applicant.says("样例姓名")
    applicant.press("提交")
    applicant.says("已提交。")
    return page.url.rstrip("/").rpartition("/")[2]


def _hand_in_books(applicant: Visitor, folder: Path) -> None:
    page = applicant.page
    books = sample_books(STRONG, "Example Rubber Co., Ltd.", "Example Tyre Group", NOW.date(), seed=7)
    wrong = folder / "wrong.csv"
    wrong.write_bytes(b"number,when\n1,2026-01-05\n")
    _hand_in(page, "sales_book", wrong)
    applicant.says("wrong.csv 中没有")
    for item, side in (("sales_book", "sales"), ("purchase_book", "purchases")):
        path = folder / f"{side}.csv"
        path.write_bytes(books[side])
        _hand_in(page, item, path)
        page.locator(f"section#item-{item} dl").wait_for()
        applicant.look()


def _hand_in(page: Page, item: str, path: Path) -> None:
    page.set_input_files(f"section#item-{item} input[type=file]", path)
    page.locator(f"section#item-{item} form button").click()
