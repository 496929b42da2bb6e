"""The analysis: every finding is confirmed by a decision, and what enumeration finds is found."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.policy import analysis, monotone
from tallystick.policy.analysis import analyse
from tallystick.policy.evaluate import decide
from tallystick.policy.examples import examples_of
from tallystick.policy.findings import as_given
from tallystick.policy.plan import operands_of
from tallystick.policy.table import parse
from tallystick.policy.writing import plain_policy
from tallystick.services import catalogue
from tests.policy.documents import WORDS, changes_document, sector_document, table
from tests.policy.strategies import documents, tables_with_figures


def matched(subject, figures):
    return [v.code for v in decide(subject, figures).verdicts if v.found == "matched"]


def confirm(subject, each):
    """Assert by decisions that the finding is true."""
    if each.kind == "gap":
        assert "no_rule_matched" in [reason.code for reason in decide(subject, each.witness).reasons]
    elif each.kind in ("conflict", "overlap"):
        alone = table_with(subject, set(each.rules), hit="list")
        assert set(matched(alone, each.witness)) == set(each.rules)
        if each.kind == "conflict":
            assert decide(subject, each.witness).outcome == "refer"
    elif each.kind == "unreachable" and each.witness is not None:
        assert each.rules[0] not in matched(subject, each.witness)
        assert matched(table_with(subject, set(each.rules), hit="list"), each.witness) == list(each.rules)
    elif each.kind == "not_monotone":
        one, two, three = (decide(subject, figures).points for figures in (each.witness, *each.then))
        assert (one < two > three) or (one > two < three)
        changed = [{k for k in each.witness if each.witness[k] != other[k]} for other in each.then]
        assert changed == [set(each.inputs)] * 2


def table_with(subject, codes, hit):
    """The table with only some of its rules, of another kind."""
    document = plain_policy(subject)
    rules = [rule for rule in document["rules"] if rule["code"] in codes]
    return table(document | {"rules": rules, "hit": hit})


def every_class(subject):
    """One set of figures for each combination of classes."""
    lists = [
        [as_given(part, value) for value in examples_of(part, operands_of(subject.rules, part.name))]
        for part in subject.inputs
    ]
    for values in product(*lists):
        yield {part.name: value for part, value in zip(subject.inputs, values, strict=True)}


@settings(max_examples=100, deadline=None)
@given(documents())
def test_every_finding_is_confirmed_by_the_evaluator(document):
    subject = table(document)
    for each in analyse(subject):
        confirm(subject, each)


@settings(max_examples=80, deadline=None)
@given(documents(hits=("first", "unique", "any", "list")))
def test_what_trying_every_class_finds_the_analysis_finds_and_no_more(document):
    subject = table(document)
    found = analyse(subject)
    kinds = {each.kind for each in found}
    assert "not_decided" not in kinds
    decisions = [decide(subject, figures) for figures in every_class(subject)]
    answered = {v.code for each in decisions for v in each.verdicts if v.found == "matched"}
    dead = {code for each in found if each.kind == "unreachable" for code in each.rules}
    assert dead == {rule.code for rule in subject.rules} - answered
    codes = {reason.code for each in decisions for reason in each.reasons}
    assert ("gap" in kinds) is ("no_rule_matched" in codes)
    if subject.hit in ("unique", "any"):
        assert ("conflict" in kinds) is bool({"several_rules_matched", "rules_disagree"} & codes)


@settings(max_examples=100)
@given(tables_with_figures(), st.data())
def test_two_values_of_one_class_have_the_same_verdicts(pair, data):
    document, figures = pair
    subject = table(document)
    verdicts = [v.found for v in decide(subject, figures).verdicts]
    assert verdicts in [[v.found for v in decide(subject, each).verdicts] for each in every_class(subject)]


def test_a_band_that_is_missing_is_a_gap_with_an_example():
    document = sector_document()
    document["inputs"] = [{"name": "years", "label": WORDS, "type": "integer", "min": "0", "max": "99"}]
    document["outputs"] = [{"name": "level", "label": WORDS, "type": "decimal"}]
    document["rules"] = [
        {"code": "A", "text": WORDS, "when": {"years": "< 3"}, "then": {"level": "1"}},
        {"code": "B", "text": WORDS, "when": {"years": ">= 5"}, "then": {"level": "2"}},
    ]
    (gap,) = analyse(table(document))
    assert (gap.kind, gap.weight, gap.witness["years"] in (3, 4)) == ("gap", "warning", True)
    document["rules"][1]["when"]["years"] = "> 2"
    assert analyse(table(document)) == ()


def test_a_row_behind_rows_that_cover_it_together_is_unreachable():
    document = sector_document()
    document["rules"] = [
        {"code": "YES", "text": WORDS, "when": {"exports": "= true"}, "then": {"outcome": "decline"}},
        {"code": "NO", "text": WORDS, "when": {"exports": "= false"}, "then": {"outcome": "refer"}},
        {"code": "STEEL", "text": WORDS, "when": {"sector": "= steel"}, "then": {"outcome": "decline"}},
    ]
    (dead,) = (each for each in analyse(table(document)) if each.weight == "fault")
    assert (dead.kind, dead.rules) == ("unreachable", ("STEEL",))


def test_a_cell_outside_the_inputs_range_can_never_match():
    document = changes_document()
    document["rules"][1]["when"]["share"] = "> 1"
    (dead,) = analyse(table(document))
    assert (dead.kind, dead.rules, dead.inputs, dead.witness) == ("unreachable", ("SHARE",), ("share",), None)


def test_bands_whose_points_fall_are_not_monotone():
    document = changes_document()
    document["rules"][0] = {
        "code": "SOME",
        "text": WORDS,
        "when": {"changes": "5..10"},
        "points": {"base": "5"},
    }
    document["rules"].append(
        {"code": "MANY", "text": WORDS, "when": {"changes": "> 10"}, "points": {"base": "3"}}
    )
    (turn,) = analyse(table(document))
    assert (turn.kind, turn.inputs, set(turn.rules)) == ("not_monotone", ("changes",), {"SOME", "MANY"})
    confirm(table(document), turn)


def test_two_slopes_that_cross_where_one_is_capped_are_found():
    document = changes_document()
    document["rules"] = [
        {"code": "UP", "text": WORDS, "when": {"changes": "> 0"},
         "points": {"base": "0", "excess_of": "changes", "per_unit": "3", "cap": "30"}},
        {"code": "DOWN", "text": WORDS, "when": {"changes": "< 1000"},
         "points": {"base": "0", "excess_of": "changes", "per_unit": "1"}},
    ]  # fmt: skip
    (turn,) = analyse(table(document))
    assert turn.kind == "not_monotone"
    confirm(table(document), turn)


@pytest.mark.parametrize("name", catalogue.POLICIES)
def test_a_shipped_policy_has_no_fault_and_nothing_undecided(name):
    subject = parse(catalogue.policy_document(name))
    found = analyse(subject)
    assert {each.weight for each in found} <= {"note"}


def test_what_is_not_decided_within_the_limit_is_said(monkeypatch):
    subject = table(sector_document())
    monkeypatch.setattr(analysis, "MAX_STEPS", 0)
    monkeypatch.setattr(analysis, "MAX_PAIRS", 1)
    undecided = [each for each in analyse(subject) if each.kind == "not_decided"]
    assert len(undecided) == 4  # gaps, two rows, overlaps
    assert all("Not decided within" in each.text.en for each in undecided)
    monkeypatch.setattr(analysis, "MAX_CELL_TESTS", 5)
    assert [each.kind for each in analyse(subject)] == ["not_decided"]
    monkeypatch.undo()
    monkeypatch.setattr(monotone, "MAX_DECISIONS", 1)
    assert {each.kind for each in analyse(table(changes_document()))} == {"not_decided"}
