"""Takes the pictures of docs/pictures from a running demonstration.

    TALLYSTICK_HOME=… tallystick demo --bind 127.0.0.1:8000     in one terminal
    TALLYSTICK_HOME=… python tools/pictures.py [SITE]           in another

The home must be the demonstration's own: its secret gives the logins and the one-time codes.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

from tallystick.bootstrap import framework

framework.start()  # the records can be imported only after this

from tallystick.bootstrap import parts  # noqa: E402 - the path or the settings have to be set first
from tallystick.services.demonstration import consortium  # noqa: E402 - the path or the settings have to be set first

FOLDER: Final = Path(__file__).resolve().parent.parent / "docs" / "pictures"
SITE: Final = "http://127.0.0.1:8000"
CHROMIUM: Final = "/usr/bin/chromium"
OPTIONS: Final = ("--no-sandbox", "--disable-gpu", "--force-color-profile=srgb")

#: What stands in the form of the picture; the amount is the supplier's wish.
FILLED_IN: Final = {
    "enterprise_name": "样例橡胶有限公司",
    "founded_on": "2017-03-15",
    "staff_count": "46",
    "amount": "600000.00",
}


@dataclass(frozen=True)
class Visit:
    """Who looks, on which screen and in which language."""

    user: str
    width: int
    height: int
    locale: str
    scale: int = 1


OFFICER: Final = Visit("harbour.officer", 1280, 1000, "en")
APPLICANT: Final = Visit("rubber.owner", 360, 760, "zh-CN", scale=2)


def main() -> None:
    """Take both pictures."""
    site = sys.argv[1].rstrip("/") if len(sys.argv) > 1 else SITE
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(OPTIONS))
        _take_application(_signed_in(browser, site, OFFICER), site)
        _take_form(_signed_in(browser, site, APPLICANT), site)
        browser.close()


def _take_application(page: Page, site: str) -> None:
    """Take the officer's page of the first loan that was paid out."""
    page.goto(f"{site}/?stage=disbursed")
    page.locator("#work-list tbody a").last.click()
    page.wait_for_load_state()
    page.screenshot(path=FOLDER / "application.png")


def _take_form(page: Page, site: str) -> None:
    """Take the applicant's form on a phone, half filled in and saved."""
    page.goto(f"{site}/apply/")
    page.locator("form", has=page.locator("input[name=programme]")).first.get_by_role("button").click()
    page.wait_for_url("**/form/")
    for name, value in FILLED_IN.items():
        page.fill(f"#item-{name}", value)
    page.check("input[name=use_of_funds][value=materials]")
    page.click("#items button")
    page.locator("#items .notice").wait_for()
    page.goto(page.url)
    page.screenshot(path=FOLDER / "apply-phone-zh.png")


def _signed_in(browser: Browser, site: str, visit: Visit) -> Page:
    made = parts.installation()
    login = next(each for each in consortium.logins(made) if each.username == visit.user)
    context = browser.new_context(
        viewport={"width": visit.width, "height": visit.height},
        locale=visit.locale,
        device_scale_factor=visit.scale,
        color_scheme="light",
    )
    page = context.new_page()
    page.goto(f"{site}/accounts/login/")
    page.fill("input[name=login]", login.username)
    page.fill("input[name=password]", login.password)
    page.click("main button.primary")
    if login.totp_secret:
        page.fill("input[name=code]", consortium.one_time_codes(made)[login.username])
        page.click("main button.primary")
    page.wait_for_url(f"{site}/")
    parts.close()
    return page


if __name__ == "__main__":
    main()
