"""The pages in a real browser: nothing refused by the policy, no sideways scrolling, all by keyboard."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from tests.web.conftest import signed_in
from tests.web.networks import network

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
FOCUSED = "document.activeElement.outerHTML"


@pytest.fixture
def opened(chromium, live_server, house, operator):
    """Give a function that opens an address signed in as an operator, and the complaints heard so far."""
    session = signed_in(operator).cookies["sessionid"].value
    complaints: list[str] = []

    contexts = []

    def open_page(address: str, width: int = 360, **options: str) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(live_server.url + address)
        return page

    yield open_page, complaints
    for context in contexts:
        context.close()


SCREENS = pytest.mark.parametrize(
    ("width", "options"),
    [
        (360, {"locale": "en", "color_scheme": "light"}),
        (360, {"locale": "zh-CN", "color_scheme": "dark"}),
        (1400, {"locale": "en", "color_scheme": "dark"}),
    ],
    ids=["phone, light", "phone, dark, Chinese", "desk"],
)


@pytest.mark.parametrize("address", ["/", "/style/", "/accounts/2fa/", "/accounts/password/change/"])
@SCREENS
def test_pages_fit_and_nothing_is_refused(opened, address, width, options):
    open_page, complaints = opened
    page = open_page(address, width, **options)
    assert page.evaluate(SIDEWAYS) <= 0
    assert complaints == []


@SCREENS
def test_the_pages_of_the_ledger_fit_and_nothing_is_refused(opened, house, members, width, options):
    open_page, complaints = opened
    account = reverse("web:account", args=[members.lender.address])
    joined = reverse("web:transaction", args=[house.ledger.block(1).entries[0].data_hash])
    with network(house):
        for address in (
            *(reverse(f"web:{name}") for name in ("ledger", "accounts", "contracts", "validators")),
            reverse("web:block", args=[0]),
            reverse("web:block", args=[1]),
            account,
            joined,
            reverse("web:ledger_search") + "?q=" + "0" * 64,
        ):
            assert open_page(address, width, **options).evaluate(SIDEWAYS) <= 0, address
    assert complaints == []


def test_the_ledger_is_searched_by_keyboard(opened, members):
    page = opened[0](reverse("web:accounts"), 1280)
    page.focus("#q")
    page.keyboard.type("1-0")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ledger/transactions/**")


def test_the_first_tab_stop_skips_to_the_content(opened):
    page = opened[0]("/")
    page.keyboard.press("Tab")
    assert 'class="skip"' in page.evaluate(FOCUSED)
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_phone_menu_opens_and_closes_by_keyboard(opened):
    page = opened[0]("/")
    page.focus(".menu-phone summary")
    page.keyboard.press("Enter")
    assert page.is_visible(".menu-phone a[href='/accounts/2fa/']")
    page.keyboard.press("Escape")
    assert not page.is_visible(".menu-phone a[href='/accounts/2fa/']")
    assert "<summary>" in page.evaluate(FOCUSED)


def test_a_dialog_opens_and_closes_by_keyboard_and_gives_the_focus_back(opened):
    page = opened[0]("/style/", 1280)
    page.focus("[data-opens=decline]")
    page.keyboard.press("Enter")
    assert page.is_visible("dialog#decline")
    page.keyboard.press("Escape")
    assert not page.is_visible("dialog#decline")
    assert "data-opens" in page.evaluate(FOCUSED)


def test_whoever_sent_mistakes_is_taken_to_the_list_of_them(opened):
    page = opened[0]("/accounts/password/change/")
    page.eval_on_selector("main form", "form => form.noValidate = true")
    page.click("main form button.primary")
    page.wait_for_selector(".error-summary:focus")


def test_print_leaves_out_what_paper_cannot_do(opened):
    page = opened[0]("/style/", 1280)
    page.emulate_media(media="print")
    assert not page.is_visible(".page-tools")
    assert not page.is_visible(".bar .actions")
    assert page.is_visible(".tiles")
