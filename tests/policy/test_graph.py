"""Decision graphs: worked figures, refusals by name, and failing closed from any node."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.errors import Malformed, TooLarge
from tallystick.policy.graph import parse_graph, parse_policy
from tallystick.policy.graph_decide import decide_graph, decide_policy
from tallystick.policy.table import Table
from tallystick.values import canonical
from tests.policy.documents import changes_document, graph, lending_graph
from tests.policy.test_evaluate import anything
from tests.policy.test_table import change

LENDING = graph(lending_graph())
SOUND = {"changes": 6, "share": "0.95", "sales": "1000000"}


def codes(decision):
    return [reason.code for reason in decision.reasons]


def test_figures_go_from_table_to_index_to_table():
    decision = decide_graph(LENDING, SOUND)
    # conduct: 3.5 + 4 = 7.5; size: 35.5; index 0.35 x 7.5 + 0.65 x 35.5 - 1.5 = 24.2; grade B
    assert decision.nodes["conduct"].document()["points"] == "7.5"
    assert decision.nodes["index"].document()["outputs"] == {"risk_index": "24.2"}
    assert [term.document()["part"] for term in decision.nodes["index"].terms] == ["2.625", "23.075"]
    assert decision.nodes["grade"].outputs == {"grade": "B"}
    assert (decision.outcome, decision.decided_by) == ("approve", "offer")
    assert decision.document()["outputs"] == {"outcome": "approve", "annual_rate": "0.07", "months": 6}


def test_an_index_is_rounded_half_up_only_where_it_says_so():
    document = lending_graph()
    for round_to, shown in ((0, "24"), (1, "24.2"), (None, "24.2")):
        document["nodes"][4]["index"]["round_to"] = round_to
        assert (
            decide_graph(graph(document), SOUND).nodes["index"].document()["outputs"]["risk_index"] == shown
        )
    document["nodes"][4]["index"] |= {"round_to": 1, "plus": "-1.45"}  # 24.25
    assert decide_graph(graph(document), SOUND).nodes["index"].document()["outputs"]["risk_index"] == "24.3"


def test_nodes_are_worked_out_after_what_feeds_them_and_every_verdict_is_kept():
    assert [node.name for node in LENDING.nodes] == [
        "admission",
        "conduct",
        "size",
        "index",
        "grade",
        "offer",
    ]
    decision = decide_graph(LENDING, SOUND)
    assert list(decision.nodes) == [node.name for node in LENDING.nodes]
    assert [v.found for v in decision.nodes["size"].verdicts] == ["not_matched", "matched", "not_reached"]


@pytest.mark.parametrize(
    ("given", "code"),
    [(None, "missing_input:sales"), (1000000, "mistyped_input:sales"), ("-1", "out_of_range:sales")],
)
def test_a_figure_that_does_not_hold_refers_the_whole_before_any_rule_of_any_node(given, code):
    decision = decide_graph(LENDING, SOUND | {"sales": given, "changes": 900})
    assert (decision.outcome, codes(decision), decision.decided_by) == ("refer", [code], None)
    assert set(decision.nodes.values()) == {None}


def test_one_problem_that_two_nodes_find_is_one_reason():
    assert codes(decide_graph(LENDING, {"sales": "1"})) == ["missing_input:changes", "missing_input:share"]


def test_a_node_that_refers_or_declines_ends_it_with_its_reasons():
    declined = decide_graph(LENDING, SOUND | {"changes": 100})
    assert (declined.outcome, declined.decided_by) == ("decline", "admission")
    assert codes(declined) == ["CHANGES", "SHARE"]
    assert declined.nodes["conduct"] is None
    document = lending_graph()
    del document["nodes"][3]["table"]["rules"][2]
    referred = decide_graph(graph(document), SOUND | {"sales": "2000001"})
    assert (referred.outcome, referred.decided_by, codes(referred)) == ("refer", "size", ["no_rule_matched"])


def test_what_a_node_gives_is_held_to_the_range_of_the_input_that_it_feeds():
    document = lending_graph()
    document["nodes"][5]["table"]["inputs"][0]["max"] = "24"
    decision = decide_graph(graph(document), SOUND)
    assert (decision.outcome, codes(decision), decision.decided_by) == (
        "refer", ["out_of_range:risk_index"], "grade",
    )  # fmt: skip


@given(anything, anything, anything)
def test_whatever_comes_in_a_graph_decides_and_replays_bit_for_bit(one, two, three):
    decision = decide_graph(LENDING, {"changes": one, "share": two, "sales": three})
    again = decide_graph(LENDING, decision.inputs)
    assert canonical.digest(again.document()) == canonical.digest(decision.document())


@given(st.integers(0, 5), st.integers(0, 10**6))
def test_an_approval_is_given_only_on_figures_that_all_hold(changes, sales):
    decision = decide_graph(LENDING, {"changes": changes, "share": "0", "sales": str(sales)})
    assert decision.outcome in ("approve", "decline")
    assert decide_graph(LENDING, {"changes": changes, "share": "0", "sales": sales}).outcome == "refer"


@pytest.mark.parametrize(
    ("damage", "code", "named"),
    [
        (change(["nodes", 3, "feeds"], {"sales": "offer.annual_rate"}), "unfit_feed", "offer.annual_rate"),
        (
            change(["nodes", 2, "feeds"], {"share": "offer.annual_rate"}),
            "policy_cycle",
            "conduct, grade, index, offer",
        ),
        (change(["nodes", 5, "feeds"], {"risk_index": "index.risk"}), "missing_output", "index.risk"),
        (
            change(["nodes", 5, "feeds"], {"risk_index": "indices.risk_index"}),
            "missing_output",
            "grade.risk_index",
        ),
        (change(["nodes", 5, "feeds"], {"risk": "index.risk_index"}), "malformed_policy", "no input risk"),
        (change(["answer"], "price"), "missing_output", "price"),
        (change(["nodes", 0, "feeds"], {"grade": "offer.outcome"}), "unfit_feed", "choices of offer.grade"),
        (
            change(["nodes", 5, "table", "inputs", 0, "unit"], ""),
            "unfit_feed",
            "has the unit index but feeds grade.risk_index, of none",
        ),
        (
            change(["nodes", 4, "index", "inputs", 0, "type"], "integer"),
            "unfit_feed",
            "conduct.points has the type decimal but feeds index.conduct",
        ),
        (
            change(["nodes", 2, "table", "inputs", 0, "unit"], "x"),
            "unfit_feed",
            "admission.changes and conduct.changes",
        ),
        (change(["nodes", 2, "name"], "admission"), "malformed_policy", "node admission"),
        (change(["nodes", 3, "name"], "sales"), "missing_output", "size.level"),
        (change(["nodes", 4, "index", "weights"], {"conduct": "1"}), "malformed_policy", "one weight"),
        (change(["nodes", 4, "index", "output", "type"], "integer"), "malformed_policy", "decimal"),
        (change(["nodes", 4, "table"], changes_document()), "malformed_policy", "either a table or an index"),
        (
            change(["nodes", 1, "table", "rules", 0, "when", "changes"], "about 5"),
            "bad_cell",
            "Node admission: Rule CHANGES",
        ),
        (change(["nodes"], []), "malformed_policy", "nodes"),
        (change(["effective_from"], "2026-02-30"), "malformed_policy", "day is out of range"),
    ],
)
def test_a_graph_that_does_not_fit_together_is_refused_with_both_sides_named(damage, code, named):
    with pytest.raises(Malformed) as caught:
        graph(damage(lending_graph()))
    assert caught.value.code == code
    assert named in caught.value.message


def test_a_list_table_feeds_nothing():
    document = lending_graph()
    document["nodes"][3]["table"]["hit"] = "list"
    with pytest.raises(Malformed, match=r"Nothing gives size\.level"):
        graph(document)


def test_the_format_says_whether_a_document_is_a_table_or_a_graph():
    table = parse_policy(canonical.encode(changes_document()))
    assert isinstance(table, Table)
    assert parse_policy(canonical.encode(lending_graph())).version == LENDING.version
    assert decide_policy(table, SOUND).outcome == "approve"
    assert decide_policy(LENDING, SOUND).outcome == "approve"
    for document in (b"", b"[" * 9999, b'{"format": "tallystick/decision-graph/1"}', b"\xff", b"[]"):
        with pytest.raises(Malformed):
            parse_policy(document)
    with pytest.raises(TooLarge):
        parse_graph(b" " * ((1 << 20) + 1))


def test_a_tables_version_in_a_graph_is_the_version_it_has_alone():
    alone = parse_policy(canonical.encode(changes_document()))
    assert next(node.part.version for node in LENDING.nodes if node.name == "admission") == alone.version
