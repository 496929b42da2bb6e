"""The analyst's pages: drafts typed, mistakes named by row, the effect seen, and somebody else decides."""

import json
import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from tallystick.records.models import PolicyVersion, User
from tallystick.services import assessment, catalogue, consortium, policies, policy_effect
from tallystick.services.access import actor_of
from tests.installation import PASSWORD, filled_in
from tests.services.test_policies import NAME, one_case, stricter
from tests.web import scenes
from tests.web.conftest import at_work, give_second_factor
from tests.web.test_journey import DESK, Visitor

HTMX = {"HX-Request": "true"}


@pytest.fixture
def analyst(members) -> User:
    return consortium.add_user(members.lender, "harbour.analyst", PASSWORD, ["analyst"])


@pytest.fixture
def reviewer(members) -> User:
    return consortium.add_user(members.lender, "harbour.reviewer", PASSWORD, ["analyst", "business_manager"])


@pytest.fixture
def draft(house, analyst) -> PolicyVersion:
    text, cases = catalogue.policy_document(NAME), catalogue.policy_cases(NAME)
    return policies.draft(house, actor_of(analyst), text, cases)


def _typed(page: str) -> dict[str, str]:
    """Return the fields of the grid as the page shows them."""
    form = page[page.index('id="grid"') :].partition("</form>")[0]
    fields = dict(re.findall(r'<input [^>]*?name="([^"]+)" value="([^"]*)"', form))
    for name, options in re.findall(r'<select [^>]*name="([^"]+)">(.*?)</select>', form, re.DOTALL):
        chosen = re.findall(r'value="([^"]*)" selected', options)
        fields[name] = chosen[0] if chosen else ""
    return {
        name: value.replace("&gt;", ">").replace("&lt;", "<").replace("&#x27;", "'")
        for name, value in fields.items()
    }


def _of(row: PolicyVersion, part: str = "") -> str:
    return reverse(f"web:policy{part}", args=[row.name, row.number])


def test_what_the_grid_shows_is_what_it_sends_and_saving_it_changes_nothing(draft, analyst) -> None:
    client = at_work(analyst)
    fields = _typed(client.get(_of(draft)).text)
    assert client.post(_of(draft, "_grid"), fields).status_code == 302
    assert PolicyVersion.objects.get().version == draft.version


def test_a_mistake_is_named_in_its_row_as_it_is_typed(draft, analyst) -> None:
    client = at_work(analyst)
    fields = _typed(client.get(_of(draft)).text)
    cell = next(name for name, value in fields.items() if name.startswith("1.when.") and value)
    answer = client.post(_of(draft, "_grid"), fields | {cell: "more than 5"}, headers=HTMX).text
    assert f"cell for {cell.removeprefix('1.when.')}" in answer
    marked = answer.partition('id="problems-1"')[2].partition("</div>")[0]
    assert "cannot be read" in marked
    assert "cannot be read" not in answer.partition('id="problems-0"')[2].partition("</div>")[0]


def test_rows_are_added_moved_and_removed(draft, analyst) -> None:
    client = at_work(analyst)
    codes = [rule["code"] for rule in json.loads(draft.document)["rules"]]

    def press(do: str) -> list[str]:
        fields = _typed(client.get(_of(draft)).text)
        assert client.post(_of(draft, "_grid"), fields | {"do": do}, headers=HTMX).status_code == 200
        return [rule["code"] for rule in json.loads(PolicyVersion.objects.get().document)["rules"]]

    assert press("down-0") == [codes[1], codes[0], *codes[2:]]
    assert press("up-1") == codes
    assert press("add") == [*codes, ""]
    assert press(f"remove-{len(codes)}") == codes
    assert press("up-0") == press("remove-99") == press("up-x") == codes


def test_a_case_is_run_and_its_rules_explained(draft, analyst) -> None:
    client = at_work(analyst)
    usual = json.loads(catalogue.policy_cases(NAME))["usual"]
    figures = {f"figure.{name}": str(value) for name, value in usual.items()}
    assert "What became of every rule" in client.post(_of(draft, "_figures"), figures, headers=HTMX).text
    missing = client.post(_of(draft, "_figures"), {}, headers=HTMX).text
    assert f"missing_input:{next(iter(usual))}" in missing


def test_all_cases_are_run_and_one_that_fails_is_shown(draft, analyst) -> None:
    client = at_work(analyst)
    count = len(json.loads(draft.cases)["cases"])
    assert f"{count} of {count} cases" in client.post(_of(draft, "_cases"), headers=HTMX).text
    wrong = json.loads(draft.cases)
    wrong["cases"][0]["outcome"] = "decline"
    shown = client.post(_of(draft, "_cases"), {"cases": json.dumps(wrong)}, headers=HTMX).text
    assert f"{count - 1} of {count} cases" in shown
    assert client.post(_of(draft, "_cases"), {"cases": "{"}, headers=HTMX).status_code == 422


@pytest.mark.parametrize("form", ["json", "jdm", "csv", "xlsx"])
def test_a_version_is_downloaded_and_uploaded_without_loss(draft, analyst, form) -> None:
    client = at_work(analyst)
    file = client.get(reverse("web:policy_file", args=[NAME, draft.number, form]))
    name = re.search(r'filename="([^"]+)"', file["Content-Disposition"])[1]
    plain = client.get(reverse("web:policy_file", args=[NAME, draft.number, "json"])).content
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415 - heavy; only this needs it

    sent = {"file": SimpleUploadedFile(name, file.content)}
    assert client.post(_of(draft, "_upload"), sent).status_code == 302
    assert json.loads(PolicyVersion.objects.get().document) == json.loads(plain)


def test_the_effect_is_worked_out_in_steps_and_shown_to_whoever_decides(
    house, members, draft, analyst, reviewer, monkeypatch
) -> None:
    monkeypatch.setattr(policy_effect.work_on, "__defaults__", (1,))
    scenes.offered(house, members)
    scenes.declined(house, members)
    policies.edit(
        house, actor_of(analyst), NAME, draft.number, document=stricter(), cases=one_case(stricter())
    )
    client = at_work(analyst)
    begun = client.post(_of(draft, "_effect"), headers=HTMX).text
    assert "1 of 2 applications" in begun
    assert "load delay" in begun
    done = client.post(_of(draft, "_effect"), headers=HTMX).text
    assert "1 of 2 applications would come out otherwise" in done
    assert "load delay" not in done
    policies.submit(house, actor_of(analyst), NAME, draft.number)
    page = at_work(reviewer).get(_of(draft, "_decision")).text
    for text in ("rule NOBODY: added", "1 of 2 applications", "NOBODY", "Approve"):
        assert text in page
    assert "somebody else must" in client.get(_of(draft, "_decision")).text


def test_strangers_and_other_roles_read_nothing_of_a_policy(house, members, draft, analyst) -> None:
    for user in (members.other_officer, members.owner, members.node_operator):
        client = at_work(user)
        for part in ("", "_decision"):
            assert client.get(_of(draft, part)).status_code in (403, 404)
        for part in ("_grid", "_upload", "_figures", "_cases", "_effect", "_decision"):
            assert client.post(_of(draft, part), {"do": "approve"}).status_code in (403, 404)
    assert NAME in at_work(members.officer).get(_of(draft)).text
    assert 'name="do" value="add"' not in at_work(members.officer).get(_of(draft)).text
    assert at_work(members.officer).post(_of(draft, "_grid"), {"rows": "0"}).status_code == 403


@pytest.fixture
def people(chromium, live_server, house, members, analyst, reviewer):
    for user in (analyst, reviewer):
        give_second_factor(user)
    both = []
    for user, options in ((analyst, DESK), (reviewer, {**DESK, "viewport": {"width": 360, "height": 740}})):
        visitor = Visitor(chromium, live_server.url, options)
        session = at_work(user).cookies["sessionid"].value
        visitor.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        both.append(visitor)
    yield both
    for each in both:
        each.context.close()


@pytest.mark.django_db(transaction=True)
def test_one_person_drafts_another_approves_and_the_next_application_is_judged_by_it(
    people, house, members
) -> None:
    author, other = people
    before = filled_in(house, members)
    page: Page = author.page
    page.goto(f"{author.site}/policies/")
    page.get_by_role("button", name=f"Draft a change of {NAME}", exact=True).click()
    author.says("No problem found.")
    page.fill("[name='acceptable.approve_up_to']", "ten")
    page.locator("#problems .tag.bad").wait_for()
    page.fill("[name='acceptable.approve_up_to']", "0")
    page.fill("[name='acceptable.refer_up_to']", "0")
    page.locator("#problems .tag.bad").wait_for(state="detached")
    page.get_by_role("button", name="Add a row").click()
    last = page.locator("#row-9")
    last.get_by_label("Rule", exact=True).fill("EVERYBODY")
    last.get_by_label("Reason in English").fill("Nobody is admitted.")
    last.get_by_label("Reason in Chinese").fill("一律不予准入。")
    last.get_by_label("Points", exact=True).fill("9")
    page.locator("#problems .notice.good").wait_for()
    author.press("Decide")
    author.says("missing_input")
    page.get_by_text("Edit the cases").click()
    page.fill("#cases-text", "")
    author.press("Run all cases")
    author.says("without one it cannot be submitted")
    page.get_by_text("Edit the cases").click()
    page.fill("#cases-text", one_case(stricter()).decode())
    author.press("Run all cases")
    author.says("1 of 1 cases are decided as they say.")
    author.press("Effect and submission")
    author.press("Work out the effect")
    author.says("No past application")
    author.press("Submit")
    author.says("Somebody else decides on it now.")
    author.press("Change and effect")
    author.says("somebody else must")
    assert not page.get_by_role("button", name="Approve").count()

    other.page.goto(f"{other.site}/policies/{NAME}/1/decision/")
    other.says("rule EVERYBODY: added")
    other.press("Approve")
    other.says("New applications are judged by it")

    after = scenes.submitted(house, members)
    assessment.assess(house, actor_of(members.officer), after.reference)
    assert scenes.fresh(after).stage == "declined"
    assert before.programme_id != after.programme_id
    assert [each.complaints for each in people] == [[], []]


ODD = {
    "rows that are none": {"rules": [1]},
    "parts of other kinds": {
        "rules": [{"when": "x", "text": 5, "points": [], "then": 3, "code": None}],
        "inputs": [{"name": "a", "label": {"en": 1, "zh": 2}, "type": 7}],
        "outputs": [{"name": "b", "label": "c"}],
        "title": "t",
        "acceptable": [1],
        "hit": "sum",
    },
    "a name that is none": {"rules": [], "inputs": [{"name": 4}]},
    "inputs that are none": {"rules": [], "inputs": "abc"},
    "a hit that is none": {"rules": [{"code": "A"}], "hit": {"x": []}},
    "no parts": {},
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_a_draft_may_hold_anything_and_its_page_says_what_is_wrong(house, analyst, odd) -> None:
    row = policies.draft(house, actor_of(analyst), json.dumps({"name": NAME, **odd}).encode())
    client = at_work(analyst)
    for part in ("", "_decision"):
        assert client.get(_of(row, part)).status_code == 200
    assert 'class="tag bad"' in client.get(_of(row)).text
    for fields in ({"rows": "2", "0.code": "X", "acceptable.approve_up_to": "1"}, {"rows": "x", "do": "add"}):
        assert client.post(_of(row, "_grid"), fields, headers=HTMX).status_code in (200, 400)
    assert client.get(reverse("web:policy_file", args=[NAME, row.number, "json"])).status_code == 400
