"""The page of the chain: picture and figures, missing links and circles, in a browser, in both languages."""

from django.urls import reverse

from tallystick.records.models import Qualification
from tallystick.services import qualification
from tallystick.services.access import actor_of
from tests.services.test_chain import People, people
from tests.web.conftest import at_work
from tests.web.test_browser import SCREENS, SIDEWAYS

__all__ = ["people"]


def asked(people: People) -> str:
    officer = actor_of(people.members.officer)
    row = qualification.query(people.house, officer, people.address("rubber"))
    return reverse("web:chain", args=[row.reference])


def grown(people: People) -> None:
    people.deliver("rubber", "castings")
    people.deliver("rubber", "wheels")
    people.deliver("castings", "wheels")
    people.deliver("wheels", "castings")
    people.deliver("wheels", "cars")
    people.consent("castings")
    people.consent("wheels")


def test_the_page_shows_links_shares_circles_and_what_is_missing(people, members):
    grown(people)
    here = asked(people)
    officer = at_work(members.officer)
    page = officer.get(here).text
    for text in (
        "50.0%",
        "comes back",
        "missing: no consent",
        "has not consented to let you look at its deliveries",
    ):
        assert text in page
    circles = page.partition("Circles")[2]
    assert circles.count("<li>") == 1
    assert "<svg" in page
    named = officer.get(here, {"core": people.address("cars")}).text
    assert "leads to the core enterprise" in named
    assert "has not consented" not in named
    chosen = officer.get(here, {"core": "tly1" + "q" * 38})
    assert chosen.status_code == 404
    assert (
        here in officer.get(reverse("web:qualification", args=[Qualification.objects.get().reference])).text
    )


def test_a_supplier_without_deliveries_has_a_page_that_says_so(people, members):
    assert "No chain to follow" in at_work(members.officer).get(asked(people)).text


def test_a_query_on_its_way_has_a_page_that_says_so(people, members):
    here = asked(people)
    Qualification.objects.update(findings=None)
    assert "The ledger has not answered yet" in at_work(members.officer).get(here).text


def test_the_page_speaks_chinese(people, members):
    grown(people)
    page = at_work(members.officer).get(asked(people), headers={"Accept-Language": "zh-hans"}).text
    for text in ("缺失环节", "循环", "核心企业", "路径"):
        assert text in page


@SCREENS
def test_the_chain_fits_the_screen_and_nothing_is_refused(
    chromium, live_server, people, members, width, options
):
    grown(people)
    here = asked(people)
    session = at_work(members.officer).cookies["sessionid"].value
    context = chromium.new_context(viewport={"width": width, "height": 800}, **options)
    complaints: list[str] = []
    try:
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(live_server.url + here)
        assert page.locator("svg.chain .member").count() == 4
        assert page.evaluate(SIDEWAYS) <= 0
        assert complaints == []
    finally:
        context.close()
