"""Filling in from a paper in a real browser: with and without scripts, on a phone and at a desk."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.web import scenes
from tests.web.conftest import signed_in
from tests.web.test_browser import SIDEWAYS
from tests.web.test_paper import CODE, read  # noqa: F401 - a fixture


@pytest.mark.parametrize(
    "options",
    [
        {"viewport": {"width": 360, "height": 740}, "locale": "zh-CN", "color_scheme": "dark"},
        {"viewport": {"width": 1280, "height": 900}, "locale": "en", "java_script_enabled": False},
    ],
    ids=["phone, dark, Chinese", "desk, no scripts"],
)
def test_an_applicant_shows_a_licence_corrects_it_and_takes_it_over(
    chromium,
    live_server,
    house,
    members,
    read,  # noqa: F811 - the fixture
    tmp_path: Path,
    options: dict[str, object],
) -> None:
    application = scenes.draft(house, members)
    picture = tmp_path / "licence.jpg"
    picture.write_bytes(b"a picture")
    context = chromium.new_context(**options)
    session = signed_in(members.owner).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page = context.new_page()
    page.goto(live_server.url + reverse("web:form", args=[application.reference]))
    page.set_input_files("#paper-file", picture)
    page.click("#paper-card form button")
    expect(page.locator("#read-credit_code")).to_have_value(CODE)
    page.fill("#read-founded_on", "2017-03-16")
    page.uncheck("#use-enterprise_name")
    page.click("#offered button")
    expect(page.locator("#item-founded_on")).to_have_value("2017-03-16")
    if options.get("java_script_enabled", True):
        assert page.evaluate(SIDEWAYS) <= 0
    context.close()
    items = scenes.fresh(application).items
    assert (items["credit_code"], items["founded_on"]) == (CODE, "2017-03-16")
    assert "enterprise_name" not in items
