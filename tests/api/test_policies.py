"""A policy over the API: drafted, its effect seen, submitted, approved by another, in force."""

from tallystick.services import catalogue, consortium
from tallystick.services.installation import Installation
from tests.api.callers import caller, good, problem
from tests.installation import PASSWORD, Consortium
from tests.services.test_policies import NAME, one_case, stricter
from tests.web import scenes


def test_a_policy_goes_its_whole_way(house: Installation, members: Consortium) -> None:
    scenes.offered(house, members)
    people = [
        consortium.add_user(members.lender, name, PASSWORD, ["analyst"]) for name in ("one.analyst", "two")
    ]
    author, other = (caller(house, person) for person in people)
    draft = {"document": catalogue.policy_document(NAME).decode(), "cases": ""}
    made = good(author.post("/policies", draft))
    address = f"/policies/{NAME}/{made['number']}"
    changed = {"document": stricter().decode(), "cases": one_case(stricter()).decode()}
    good(author.patch(address, changed))
    problem(author.post(address + "/submission", {}), 409, "effect_not_worked_out")
    effect = good(author.post(address + "/effect"))
    assert (effect["complete"], effect["found"]["changed"]) == (True, 1)
    good(author.post(address + "/submission", {"comment": "fewer losses"}))
    problem(author.post(address + "/approval", {}), 403, "own_policy")
    problem(other.post(address + "/rejection", {}), 422, "comment_required")
    done = good(other.post(address + "/approval", {"comment": "agreed"}))
    assert (done["stage"], done["decided_by"]) == ("approved", "two")
    assert [each["what"] for each in good(author.get(address))["history"]] == ["draft", "submit", "approve"]
    assert [each["number"] for each in good(other.get("/policies"))["items"]] == [made["number"]]
    good(other.post(address + "/rejection", {"comment": "late"}), 409)
