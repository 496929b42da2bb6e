"""JDM: what we say comes back as it was, ZEN decides the same by it, and the rest is refused by name."""

import contextlib
import copy
import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tallystick.errors import Malformed, TooLarge
from tallystick.policy.evaluate import decide
from tallystick.policy.graph import parse_policy
from tallystick.policy.graph_decide import decide_policy
from tallystick.policy.jdm_read import read_jdm
from tallystick.policy.jdm_write import write_jdm
from tallystick.policy.table import Table, parse
from tallystick.policy.writing import plain_policy
from tallystick.services import catalogue
from tests.parts import missing
from tests.policy.documents import WORDS, changes_document, graph, lending_graph, sector_document, table
from tests.policy.strategies import documents, figures, tables_with_figures

try:
    import zen
except ImportError:
    zen = None


def encoded(document):
    return msgspec.json.encode(document)


def written(policy):
    """The JDM of a policy, or None where it says what JDM cannot."""
    with contextlib.suppress(Malformed):
        return write_jdm(policy)
    return None


@settings(max_examples=100, deadline=None)
@given(documents())
def test_a_table_comes_back_from_jdm_as_it_was(document):
    subject = table(document)
    jdm = written(subject)
    assume(jdm is not None)
    back = read_jdm(encoded(jdm))
    assert plain_policy(back) == plain_policy(subject)
    assert back.version == table(plain_policy(subject)).version
    assert write_jdm(back) == jdm


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 12), st.sampled_from(["0", "-1.5", "3"]), st.permutations(range(6)))
def test_a_graph_comes_back_from_jdm_as_it_was(digits, plus, order):
    document = lending_graph()
    document["nodes"][4]["index"] |= {"round_to": digits, "plus": plus}
    document["nodes"] = [document["nodes"][at] for at in order]
    subject = graph(document)
    jdm = write_jdm(subject)
    back = read_jdm(encoded(jdm))
    assert plain_policy(back) == plain_policy(subject)
    assert write_jdm(back) == jdm


@pytest.mark.parametrize("name", catalogue.POLICIES)
def test_a_shipped_policy_keeps_its_version_through_jdm(name):
    subject = parse(catalogue.policy_document(name))
    assert read_jdm(encoded(write_jdm(subject))).version == subject.version


@settings(max_examples=100, deadline=None)
@given(documents(hits=("first", "list")), st.data())
def test_without_our_additions_a_document_is_read_by_its_cells_and_decides_the_same(document, data):
    for part in document["inputs"]:
        part.pop("choices", None)
        if part["type"] == "integer":
            part["type"] = "decimal"
    subject = table(document)
    jdm = written(subject)
    assume(jdm is not None)
    del jdm["tallystick"]
    del jdm["nodes"][0]["content"]["schema"]
    try:
        foreign = read_jdm(encoded(jdm), "foreign", "2026-01-01")
    except Malformed as error:
        # No cell says anything, or an output has no value in any row.
        assert error.code in ("not_in_policy", "malformed_policy")  # noqa: PT017 - one of several refusals
        return
    given_figures = data.draw(figures(document["inputs"]))
    ours, theirs = decide(subject, given_figures), decide(foreign, given_figures)
    assume(ours.reasons == () or not ours.reasons[0].code.startswith("out_of_range"))
    codes = [reason.code for reason in theirs.reasons]
    assert codes == [reason.code for reason in ours.reasons]
    assert {name: Decimal(str(v)) if isinstance(v, int) else v for name, v in theirs.outputs.items()} == {
        name: Decimal(v) if isinstance(v, int) else v for name, v in ours.outputs.items()
    }


# What ZEN says.


def zen_result(jdm, inputs, policy):
    """The result of ZEN's static loader on the same figures, decimals as JSON numbers."""
    if zen is None:
        missing("zen-engine")
    declared = policy.inputs if isinstance(policy, Table) else policy.inputs.values()
    kinds = {part.name: part.type for part in declared}
    numbers = {
        name: msgspec.Raw(f"{Decimal(value):f}".encode()) if kinds[name] == "decimal" else value
        for name, value in inputs.items()
    }
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"policy": jdm}}})
    return engine.evaluate("policy", msgspec.json.encode(numbers).decode())["result"]


def same(ours, theirs):
    """Whether outputs are equal, numbers by value."""
    if isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return ours.keys() == theirs.keys() and all(
        value == theirs[name] if isinstance(value, str) else Decimal(str(value)) == Decimal(str(theirs[name]))
        for name, value in ours.items()
    )


@settings(max_examples=150, deadline=None)
@given(tables_with_figures())
def test_zen_decides_the_same_by_the_document_that_we_write(pair):
    document, inputs = pair
    subject = table(document)
    jdm = written(subject)
    assume(jdm is not None)
    decision = decide(subject, inputs)
    theirs = zen_result(jdm, inputs, subject)
    if subject.hit == "list":
        assert same(decision.collected, theirs)
    elif subject.hit == "sum":
        ours = {"points": decision.points}
        assert same(ours | ({"outcome": decision.outcome} if subject.acceptable else {}), theirs)
    elif [reason.code for reason in decision.reasons] == ["no_rule_matched"]:
        assert theirs == {}  # where ZEN says nothing, we refer
    else:
        assert same(decision.outputs, theirs)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 12), st.decimals(0, 1, places=3), st.integers(0, 3 * 10**6))
def test_zen_decides_the_same_by_a_graph(changes, share, sales):
    subject = graph(lending_graph())
    inputs = {"changes": changes, "share": f"{share:f}", "sales": str(sales)}
    theirs = zen_result(write_jdm(subject), inputs, subject)
    decision = decide_policy(subject, inputs)
    outcomes = [theirs["admission"]["outcome"], theirs["offer"]["outcome"]]
    assert decision.outcome == next((each for each in outcomes if each != "approve"), "approve")
    for name, each in decision.nodes.items():
        if each is not None:
            given_values = dict(each.outputs) or {"points": each.points}
            assert same(given_values, {key: theirs[name][key] for key in given_values})


@pytest.mark.parametrize("given_value", ["120", None, "missing"])
def test_where_zen_passes_over_a_figure_that_does_not_hold_we_refer(given_value):
    """A number in quotes, a null or no figure: by ZEN's own document the company is approved."""
    if zen is None:
        missing("zen-engine")
    document = sector_document()
    document["inputs"] = [{"name": "days", "label": WORDS, "type": "integer", "min": "0"}]
    document["outputs"] = document["outputs"][:1]
    document["rules"] = [
        {"code": "OVERDUE", "text": WORDS, "when": {"days": "> 90"}, "then": {"outcome": "decline"}},
        {"code": "ELSE", "text": WORDS, "then": {"outcome": "approve"}},
    ]
    subject = table(document)
    inputs = {} if given_value == "missing" else {"days": given_value}
    assert decide(subject, {"days": 120}).outcome == "decline"
    assert decide(subject, inputs).outcome == "refer"
    jdm = write_jdm(subject)
    guarded = zen.ZenEngine({"loader": {"type": "static", "content": {"policy": jdm}}})
    with pytest.raises(RuntimeError, match="NodeError"):
        guarded.evaluate("policy", inputs)  # the schema that we write refuses it
    bare = copy.deepcopy(jdm)
    del bare["nodes"][0]["content"]["schema"]
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"policy": bare}}})
    assert engine.evaluate("policy", inputs)["result"] == {"outcome": "approve"}


# What cannot be said.


def foreign(cells=("> 5",), values=("1",), **content):
    """A small JDM document from elsewhere."""
    rows = [{"_id": "x", "a": cell, "b": value} for cell, value in zip(cells, values, strict=True)]
    table_content = {
        "hitPolicy": "first",
        "inputs": [{"id": "a", "name": "A", "field": "age"}],
        "outputs": [{"id": "b", "name": "B", "field": "level"}],
        "rules": rows,
        **content,
    }
    return {
        "nodes": [
            {"id": "1", "type": "inputNode", "name": "in"},
            {"id": "2", "type": "decisionTableNode", "name": "My table", "content": table_content},
            {"id": "3", "type": "outputNode", "name": "out"},
        ],
        "edges": [
            {"id": "4", "sourceId": "1", "targetId": "2"},
            {"id": "5", "sourceId": "2", "targetId": "3"},
        ],
    }


def read(document):
    return read_jdm(encoded(document), "foreign", "2026-01-01")


def test_a_document_from_elsewhere_is_read():
    policy = read(foreign(("> 5", "[1..3]", "7, 8", ""), ("1.5", "2", "3", "4")))
    rules = plain_policy(policy)["rules"]
    assert [(rule["code"], rule.get("when"), rule["then"]) for rule in rules] == [
        ("R1", {"age": "> 5"}, {"level": "1.5"}),
        ("R2", {"age": "1..3"}, {"level": "2"}),
        ("R3", {"age": "in 7, 8"}, {"level": "3"}),
        ("R4", None, {"level": "4"}),
    ]
    assert decide(policy, {"age": "2"}).outputs["level"] == Decimal(2)
    assert decide(policy, {}).outcome == "refer"


@pytest.mark.parametrize(
    ("document", "named"),
    [
        (foreign(("age > 5 and age < 9",)), "'age > 5 and age < 9'"),
        (foreign(("(1..3]",)), "'(1..3]'"),
        (foreign(("!= 3",)), "'!= 3'"),
        (foreign(('startsWith($, "a")',)), "startsWith"),
        (foreign(('"a, b"',)), "a, b"),
        (foreign(values=("age * 2",)), "'age * 2'"),
        (foreign(values=("true",)), "'true'"),
        (foreign(values=("",)), "nothing, as level"),
        (foreign(("1", '"a"'), ("1", "2")), "numbers and text"),
        (foreign(inputs=[{"id": "a", "field": "customer.age"}]), "customer.age"),
        (foreign(inputs=[{"id": "a", "field": "customerAge"}]), "customerAge"),
        (foreign(inputs=[{"id": "a", "name": "expression"}]), "reads ''"),
        (foreign(outputs=[{"id": "b", "field": "a.b"}]), "a.b"),
        (foreign(hitPolicy="collectAll"), "collectAll"),
        (foreign(executionMode="loop"), "loops"),
        (foreign(inputField="customers"), "inner field"),
    ],
)
def test_what_a_policy_cannot_say_is_refused_by_name(document, named):
    with pytest.raises(Malformed) as caught:
        read(document)
    assert caught.value.code == "not_in_policy"
    assert named in caught.value.message


def test_other_kinds_of_nodes_are_refused_by_name():
    for kind in ("functionNode", "switchNode", "decisionNode", "customNode"):
        document = foreign()
        document["nodes"].append({"id": "9", "type": kind, "name": "Mine"})
        with pytest.raises(Malformed, match=f"'Mine' is a {kind}"):
            read(document)


def test_expressions_that_are_no_weighted_sum_are_refused_by_name():
    for value in ("a > 5 ? 1 : 2", "0.5 * a * b", "0.5 * a + 0.5 * a", "max([a, b])", "a", "0.5 * c.d.e"):
        document = foreign()
        document["nodes"][1] = {
            "id": "2", "type": "expressionNode", "name": "sum",
            "content": {"expressions": [{"id": "x", "key": "total", "value": value}]},
        }  # fmt: skip
        with pytest.raises(Malformed) as caught:
            read(document)
        assert (caught.value.code, value in caught.value.message) == ("not_in_policy", True)


def test_a_schema_from_elsewhere_is_not_passed_over():
    document = foreign()
    document["nodes"][0]["content"] = {"schema": "{}"}
    with pytest.raises(Malformed, match="schema"):
        read(document)


def test_nodes_in_a_circle_and_two_nodes_that_give_one_thing_are_refused():
    document = foreign()
    document["edges"].append({"id": "9", "sourceId": "2", "targetId": "2"})
    with pytest.raises(Malformed) as caught:
        read(document)
    assert caught.value.code == "policy_cycle"
    document = foreign()
    document["nodes"].append(document["nodes"][1] | {"id": "7"})
    document["edges"] += [
        {"id": "9", "sourceId": "1", "targetId": "7"},
        {"id": "10", "sourceId": "7", "targetId": "3"},
    ]
    with pytest.raises(Malformed, match="two nodes give 'level'"):
        read(document)


def test_a_node_that_leads_to_no_output_is_refused():
    document = foreign()
    document["edges"][1]["sourceId"] = "1"
    with pytest.raises(Malformed, match="'My table' leads to no output"):
        read(document)


def test_points_that_are_not_added_up_where_they_are_seen_are_refused():
    jdm = json.loads(encoded(write_jdm(table(changes_document()))))
    jdm["edges"][1]["sourceId"] = "request"
    jdm["edges"].append({"id": "more", "sourceId": "decision_hits", "targetId": "response"})
    with pytest.raises(Malformed) as caught:
        read_jdm(encoded(jdm))
    assert caught.value.code == "not_in_policy"


def test_a_column_that_reads_another_figure_reads_it_here_too():
    jdm = json.loads(encoded(write_jdm(table(changes_document()))))
    jdm["nodes"][1]["content"]["inputs"][1]["field"] = "part"
    policy = read_jdm(encoded(jdm))
    assert [part.name for part in policy.inputs] == ["changes", "part"]
    assert decide(policy, {"changes": 0, "part": "0.9"}).points == Decimal(4)


def test_tables_from_elsewhere_that_feed_each_other_become_a_graph():
    document = foreign(("> 5", ""), ("10", "20"))
    second = copy.deepcopy(document["nodes"][1])
    second |= {"id": "7", "name": "Second"}
    second["content"] |= {
        "inputs": [{"id": "a", "field": "level"}],
        "outputs": [{"id": "b", "field": "word"}],
        "rules": [{"a": "< 15", "b": '"low"'}, {"a": "", "b": '"high"'}],
    }
    document["nodes"].append(second)
    document["edges"] = [
        {"id": str(at), "sourceId": one, "targetId": other}
        for at, (one, other) in enumerate(["12", "27", "73"])
    ]
    policy = read(document)
    assert policy.answer == "second"
    for age, word in (("6", "low"), ("5", "high")):
        assert decide_policy(policy, {"age": age}).outputs == {"word": word}
        assert zen is None or zen_result(document, {"age": age}, policy) == {"word": word}
    assert read_jdm(encoded(write_jdm(policy))).version == parse_policy(encoded(plain_policy(policy))).version


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"nodes": [], "edges": 3}', b"\xff", b"[" * 9999])
def test_what_is_no_jdm_is_refused(data):
    with pytest.raises(Malformed) as caught:
        read_jdm(data)
    assert caught.value.code == "malformed_jdm"


def test_limits_and_what_is_missing_are_named():
    with pytest.raises(TooLarge):
        read_jdm(b" " * ((1 << 20) + 1))
    with pytest.raises(Malformed) as caught:
        read_jdm(encoded(foreign()))
    assert caught.value.code == "missing_effective_from"
    ends = [{"id": "1", "type": "inputNode"}, {"id": "2", "type": "outputNode"}]
    with pytest.raises(Malformed, match="no table"):
        read({"nodes": ends, "edges": [{"sourceId": "1", "targetId": "2"}]})


@given(st.binary(max_size=40), st.data())
def test_any_damage_to_a_document_of_ours_is_read_or_refused(junk, data):
    document = encoded(write_jdm(table(changes_document())))
    at = data.draw(st.integers(0, len(document)))
    try:
        read_jdm(document[:at] + junk + document[at + data.draw(st.integers(0, 60)) :])
    except (Malformed, TooLarge) as error:
        assert error.code  # noqa: PT017 - one of several refusals


@pytest.mark.parametrize(("hit", "cells"), [("unique", ("< 5", "< 6")), ("any", ("< 5", "< 6"))])
def test_rules_that_jdm_would_take_the_first_of_are_refused(hit, cells):
    document = sector_document() | {"hit": hit}
    document["rules"] = [
        {"code": f"R{at}", "text": WORDS, "when": {"years": cell},
         "then": {"outcome": "approve", "level": str(at), "months": 1}}
        for at, cell in enumerate(cells)
    ]  # fmt: skip
    with pytest.raises(Malformed) as caught:
        write_jdm(table(document))
    assert caught.value.code == "not_in_jdm"
    assert "R0, R1" in caught.value.message


def test_points_that_do_not_grow_from_their_cells_limit_are_refused():
    jdm = json.loads(encoded(write_jdm(table(changes_document()))))
    jdm["nodes"][1]["content"]["rules"][0]["out_points"] = "2 + 1.5 * (changes - 4)"
    with pytest.raises(Malformed, match="another limit"):
        read_jdm(encoded(jdm))
