"""Every shipped policy ships with its cases: figures in, decision out, worked by hand."""

import msgspec
import pytest

from tallystick.policy.evaluate import decide
from tallystick.policy.table import parse
from tallystick.services import catalogue

CASES = {name: msgspec.json.decode(catalogue.policy_cases(name)) for name in catalogue.POLICIES}
ROWS = [
    pytest.param(policy, case, id=f"{policy}: {case['name']}")
    for policy, document in sorted(CASES.items())
    for case in document["cases"]
]


@pytest.mark.parametrize(("policy", "case"), ROWS)
def test_a_shipped_policy_decides_its_case_as_worked_by_hand(policy, case):
    table = parse(catalogue.policy_document(policy))
    decision = decide(table, CASES[policy]["usual"] | case["change"]).document()
    assert decision["outcome"] == case["outcome"]
    assert decision["points"] == case["points"]
    assert decision["outputs"] == case.get("outputs", {})
    assert [reason["code"] for reason in decision["reasons"]] == case["reasons"]


def test_every_shipped_policy_has_cases_and_is_named_as_its_document_says():
    for name in catalogue.POLICIES:
        assert parse(catalogue.policy_document(name)).name == name == CASES[name]["policy"]


@pytest.mark.parametrize("policy", catalogue.POLICIES)
def test_every_rule_of_a_shipped_policy_is_matched_by_a_case(policy):
    rules = {rule.code for rule in parse(catalogue.policy_document(policy)).rules}
    matched = {code for case in CASES[policy]["cases"] for code in case["reasons"]}
    assert rules <= matched


@pytest.mark.parametrize("policy", catalogue.POLICIES)
def test_a_shipped_policy_refers_when_any_one_of_its_inputs_is_missing(policy):
    table = parse(catalogue.policy_document(policy))
    for part in table.inputs:
        figures = {name: value for name, value in CASES[policy]["usual"].items() if name != part.name}
        decision = decide(table, figures)
        assert decision.outcome == "refer"
        assert [reason.code for reason in decision.reasons] == [f"missing_input:{part.name}"]
