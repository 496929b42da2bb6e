"""A graph in the store: with its cases, approved, in force; refused where a programme needs a table."""

import json

import msgspec
import pytest

from tallystick.errors import Malformed
from tallystick.policy.graph import Graph
from tallystick.services import consortium, policies, policy_effect, policy_versions
from tallystick.services.access import actor_of
from tallystick.services.installation import Installation
from tests.installation import PASSWORD, Consortium
from tests.policy.documents import lending_graph
from tests.services.test_policies import NAME
from tests.web import scenes
from tests.web.conftest import at_work

CASES = json.dumps(
    {
        "policy": "lending",
        "usual": {"changes": 0, "share": "0", "sales": "5000000"},
        "cases": [
            {"name": "large and quiet", "outcome": "approve", "working": "0.65 × 10 − 1.5 = 5: grade A"},
            {"name": "many changes", "outcome": "decline", "change": {"changes": 900}},
        ],
    }
).encode()


def test_a_graph_is_submitted_approved_and_in_force_and_its_page_shows_its_parts(
    house: Installation, members: Consortium
) -> None:
    scenes.declined(house, members)  # by a programme that does not name the graph
    analyst = consortium.add_user(members.lender, "harbour.analyst", PASSWORD, ["analyst"])
    author, text = actor_of(analyst), msgspec.json.encode(lending_graph())
    row = policies.draft(house, author, text, CASES)
    effect = policy_effect.work_out(house, author, "lending", row.number)
    assert (effect.total, effect.document["changed"]) == (0, 0)
    policies.submit(house, author, "lending", row.number)
    policies.approve(house, actor_of(members.officer), "lending", row.number)
    held = policy_versions.in_force(members.lender.pk, "lending", house.clock.now())
    assert held == row
    assert isinstance(policy_versions.parsed(held), Graph)
    page = at_work(analyst).get("/policies/lending/1/").text
    picture = page[page.index('<svg class="chain"') :].partition("</svg>")[0]
    assert picture.count("<rect ") == len(lending_graph()["nodes"])
    assert "index.risk_index → grade.risk_index" in picture
    assert "conduct = conduct.points, size = size.level" in page


def test_a_graph_in_the_place_of_a_programmes_table_is_refused_by_name(
    house: Installation, members: Consortium
) -> None:
    scenes.declined(house, members)
    analyst = consortium.add_user(members.lender, "harbour.analyst", PASSWORD, ["analyst"])
    author = actor_of(analyst)
    text = msgspec.json.encode(lending_graph() | {"name": NAME})
    cases = CASES.replace(b'"lending"', f'"{NAME}"'.encode())
    row = policies.draft(house, author, text, cases)
    for step in (policy_effect.work_out, policies.submit):
        with pytest.raises(Malformed) as refused:
            step(house, author, NAME, row.number)
        assert refused.value.code in ("not_a_table", "unfit_policy")
