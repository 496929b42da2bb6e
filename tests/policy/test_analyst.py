"""What an analyst asks of a policy: do its cases hold, why this decision, what changed."""

import copy

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.errors import Malformed, TooLarge
from tallystick.policy.cases import read_cases, run_cases
from tallystick.policy.diff import compare
from tallystick.policy.evaluate import decide
from tallystick.policy.explain import explain
from tallystick.policy.graph_decide import decide_graph
from tests.policy.documents import changes_document, graph, lending_graph, sector_document, table
from tests.policy.strategies import documents, tables_with_figures
from tests.policy.test_graph import SOUND
from tests.policy.test_table import change

CASES = {
    "policy": "changes",
    "usual": {"changes": 0, "share": "0"},
    "cases": [
        {"name": "nothing", "outcome": "approve", "points": "0", "reasons": []},
        {
            "name": "six",
            "change": {"changes": 6},
            "outcome": "approve",
            "points": "3.5",
            "reasons": ["CHANGES"],
        },
        {"name": "gone", "change": {"share": None}, "outcome": "refer", "points": None},
    ],
}


def cases(document):
    return read_cases(msgspec.json.encode(document))


def test_cases_that_hold_pass_and_rules_without_a_case_are_named():
    report = run_cases(table(changes_document()), cases(CASES))
    assert (len(report.results), report.failed, report.untested) == (3, (), ("SHARE",))


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"points": "3"}, "points"),
        ({"points": None}, "points"),
        ({"outcome": "refer"}, "outcome"),
        ({"reasons": []}, "reasons"),
        ({"outputs": {"level": "1"}}, "outputs"),
        ({"collected": []}, "collected"),
    ],
)
def test_a_case_that_is_decided_otherwise_fails_with_what_differs(said, what):
    document = copy.deepcopy(CASES)
    document["cases"][1] |= said
    (failed,) = run_cases(table(changes_document()), cases(document)).failed
    assert (failed.name, [each.what for each in failed.differences]) == ("six", [what])


def test_what_a_case_does_not_say_is_not_compared():
    document = CASES | {"cases": [{"name": "a", "outcome": "approve"}]}
    assert not run_cases(table(changes_document()), cases(document)).failed


def test_cases_of_a_graph_name_rules_by_their_node():
    file = {"policy": "lending", "usual": SOUND, "cases": [{"name": "sound", "outcome": "approve",
            "outputs": {"outcome": "approve", "annual_rate": "0.07", "months": 6}}]}  # fmt: skip
    report = run_cases(graph(lending_graph()), cases(file))
    assert report.failed == ()
    assert report.untested == (
        "size.SIZE_1",
        "size.SIZE_3",
        "grade.GRADE_1",
        "grade.GRADE_3",
        "offer.OFFER_1",
        "offer.OFFER_3",
    )


@pytest.mark.parametrize("data", [b"", b"[]", b'{"policy": "x", "cases": []}', b"\xff", b"[" * 9999])
def test_what_are_no_cases_is_refused(data):
    with pytest.raises(Malformed) as caught:
        read_cases(data)
    assert caught.value.code == "malformed_cases"


def test_cases_of_another_policy_and_too_many_are_refused():
    with pytest.raises(Malformed, match="the policy is sector"):
        run_cases(table(sector_document()), cases(CASES))
    with pytest.raises(TooLarge):
        read_cases(b" " * ((1 << 20) + 1))


def test_every_rule_is_explained_in_both_languages():
    subject = table(sector_document())
    ((_, lines),) = explain(subject, decide(subject, {"sector": "steel", "exports": False, "years": 3}))
    assert [(code, words.en) for code, words in lines] == [
        ("YOUNG", "not matched: years = 3 is not “0..1”"),
        ("STEEL", "matched: sector = steel is “= steel”, exports = false is “= false”"),
        ("KNOWN", "not reached"),
    ]
    assert lines[0][1].zh == "未命中：文字（years）为 3，不满足“0..1”"


def test_points_units_and_parts_of_an_index_are_in_the_explanation():
    subject = graph(lending_graph())
    explained = dict(explain(subject, decide_graph(subject, SOUND)))
    assert explained["conduct"][0][1].en == "matched: changes = 6 is “> 5”; 3.5 points"
    assert explained["index"][0] == ("conduct", explained["index"][0][1])
    assert explained["index"][0][1].en == "0.35 × 7.5 = 2.625"
    assert "size" in explained
    declined = dict(explain(subject, decide_graph(subject, SOUND | {"changes": 99})))
    assert declined["size"] == ()


@settings(max_examples=80)
@given(tables_with_figures())
def test_the_explanation_has_a_line_for_every_rule_whatever_was_decided(pair):
    document, figures = pair
    subject = table(document)
    ((_, lines),) = explain(subject, decide(subject, figures))
    assert [code for code, _ in lines] == [rule.code for rule in subject.rules]
    ((_, lines),) = explain(subject, decide(subject, {}))
    assert {words.en for _, words in lines} == {"not reached"}


def sentences(damage, document=None):
    document = document or changes_document()
    before, after = document, damage(document)
    read = graph if "nodes" in document else table
    return [each.sentence() for each in compare(read(before), read(after))]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (
            change(["rules", 0, "when", "changes"], "> 6"),
            "rule CHANGES: when changes was “> 5” and is now “> 6”",
        ),
        (change(["rules", 0, "points", "cap"], ...), "rule CHANGES: points cap was “30” and is taken away"),
        (change(["rules", 1, "when"], {}), "rule SHARE: when share was “>= 0.9” and is taken away"),
        (change(["rules", 1, "code"], "NEW"), "rule SHARE: removed"),
        (change(["inputs", 0, "max"], "10"), "input changes: max was “1000” and is now “10”"),
        (change(["inputs", 0, "unit"], "times"), "input changes: unit is now “times”"),
        (
            change(["acceptable", "refer_up_to"], "30"),
            "policy changes: acceptable refer_up_to was “20” and is now “30”",
        ),
        (change(["title", "en"], "Other"), "policy changes: title en was “words” and is now “Other”"),
    ],
)
def test_a_change_is_said_in_words(damage, said):
    assert said in sentences(damage)


def test_rules_that_change_places_are_moved_and_no_more_than_needed():
    document = sector_document()
    rules = document["rules"]
    assert sentences(change(["rules"], [rules[2], rules[0], rules[1]]), document) == [
        "rule KNOWN: moved from place 3 to place 1"
    ]


def test_changes_inside_a_graph_name_the_node():
    document = lending_graph()
    assert sentences(change(["nodes", 4, "index", "weights", "size"], "0.6"), document) == [
        "node index: index weights size was “0.65” and is now “0.6”"
    ]
    assert sentences(change(["nodes", 3, "table", "rules", 0, "then", "level"], "85"), document) == [
        "node size, rule SIZE_1: then level was “80” and is now “85”"
    ]
    assert sentences(
        change(["nodes"], [*document["nodes"], {"name": "more", "table": sector_document()}]), document
    ) == ["node more: added"]


def test_a_table_and_a_graph_are_not_compared():
    with pytest.raises(Malformed, match="cannot be compared"):
        compare(table(changes_document()), graph(lending_graph()))


@settings(max_examples=80)
@given(documents(), documents(), st.booleans())
def test_there_is_no_change_exactly_when_the_content_is_the_same(one, other, same):
    before, after = table(one), table(one if same else other)
    changes = compare(before, after)
    assert (changes == ()) is (before.version == after.version)
    assert all(each.document()["text"] for each in changes)


def test_layout_and_blank_cells_are_no_change():
    document = changes_document()
    document["rules"][0]["when"]["share"] = "  "
    document["inputs"][0]["unit"] = ""
    document["rules"][0]["when"]["changes"] = ">5"
    assert compare(table(changes_document()), table(document)) == ()
