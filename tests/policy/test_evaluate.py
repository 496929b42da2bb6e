"""Deciding: golden rows, refusal of bad inputs before any rule, a verdict for every rule, replay."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.policy.evaluate import decide
from tallystick.policy.trail import Verdict
from tallystick.values import canonical
from tests.policy.documents import changes_document, sector_document, table

CHANGES = table(changes_document())
SECTOR = table(sector_document())

anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.text(max_size=300),
    st.binary(max_size=5),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["not_kept", "x"]), st.text(max_size=5), max_size=2),
)


@pytest.mark.parametrize(
    ("changes", "points", "outcome"),
    [
        (5, "0", "approve"),  # on the limit: no excess, the rule does not match
        (6, "3.5", "approve"),  # 2 + 1.5 x 1
        (8, "6.5", "approve"),  # 2 + 1.5 x 3: more than 6 changes cost
        (11, "11", "refer"),  # 2 + 1.5 x 6, above 10
        (17, "20", "refer"),  # 2 + 1.5 x 12, on the second limit
        (18, "21.5", "decline"),
        (100, "30", "decline"),  # 2 + 1.5 x 95 = 144.5, capped
    ],
)
def test_the_score_grows_with_the_excess_over_the_limit(changes, points, outcome):
    decision = decide(CHANGES, {"changes": changes, "share": "0.1"})
    assert (decision.document()["points"], decision.outcome) == (points, outcome)


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_points_never_fall_when_the_excess_rises(one, other):
    low, high = sorted((one, other))
    less, more = (decide(CHANGES, {"changes": n, "share": "0"}).points for n in (low, high))
    assert less is not None
    assert more is not None
    assert less <= more


def test_points_of_every_matching_rule_are_added_and_each_is_a_reason():
    decision = decide(CHANGES, {"changes": 6, "share": "0.9"})
    assert decision.points == Decimal("7.5")  # 3.5 + 4
    assert [(reason.code, reason.points) for reason in decision.reasons] == [
        ("CHANGES", Decimal("3.5")),
        ("SHARE", Decimal(4)),
    ]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (None, "missing_input"),
        ("6", "mistyped_input"),  # a number in quotes, on which other engines fail open
        (6.0, "mistyped_input"),
        (True, "mistyped_input"),
        (Decimal(6), "mistyped_input"),
        (2**53, "mistyped_input"),
        ([6], "mistyped_input"),
        (-1, "out_of_range"),
        (1001, "out_of_range"),
    ],
)
def test_an_input_that_does_not_hold_refers_by_name_before_any_rule(given, code):
    decision = decide(CHANGES, {"changes": given, "share": "0"})
    assert decision.outcome == "refer"
    assert decision.points is None
    assert [reason.code for reason in decision.reasons] == [f"{code}:changes"]
    assert {verdict.found for verdict in decision.verdicts} == {"not_reached"}


def test_an_absent_input_is_missing_and_every_problem_is_named():
    codes = [reason.code for reason in decide(CHANGES, {"share": 0.5}).reasons]
    assert codes == ["missing_input:changes", "mistyped_input:share"]


@pytest.mark.parametrize(
    "given", ["1e-1", "0,5", " 0.5", "+0.5", ".5", "0.5\n", "٠.٥", "NaN", 1, Decimal("NaN")]
)
def test_a_decimal_is_plain_text_or_a_finite_decimal_and_nothing_else(given):
    assert [r.code for r in decide(CHANGES, {"changes": 1, "share": given}).reasons] == [
        "mistyped_input:share"
    ]


def test_a_decimal_has_one_spelling_in_the_record():
    for written in ("0.50", "0.5", Decimal("0.500"), Decimal("5E-1")):
        assert decide(CHANGES, {"changes": 1, "share": written}).inputs == {"changes": 1, "share": "0.5"}
    assert decide(CHANGES, {"changes": 1, "share": "-0.0"}).inputs["share"] == "0"


def test_the_first_rule_that_matches_answers_and_later_ones_are_not_reached():
    decision = decide(SECTOR, {"sector": "steel", "exports": False, "years": 3})
    assert decision.outcome == "approve"
    assert decision.document()["outputs"] == {"outcome": "approve", "level": "40.5", "months": 6}
    assert decision.verdicts == (
        Verdict("YOUNG", "not_matched", {"years": 3}, "years", "0..1"),
        Verdict("STEEL", "matched", {"sector": "steel", "exports": False}),
        Verdict("KNOWN", "not_reached"),
    )


def test_a_verdict_says_which_cell_failed_and_what_was_read_up_to_it():
    decision = decide(SECTOR, {"sector": "steel", "exports": True, "years": 3})
    assert decision.verdicts[1] == Verdict(
        "STEEL", "not_matched", {"sector": "steel", "exports": True}, "exports", "= false"
    )
    assert decision.verdicts[2].found == "matched"


def test_a_refusing_rule_needs_no_other_output():
    decision = decide(SECTOR, {"sector": "rubber", "exports": True, "years": 1})
    assert (decision.outcome, dict(decision.outputs)) == ("decline", {"outcome": "decline"})


def test_a_first_table_in_which_no_rule_matches_refers():
    decision = decide(SECTOR, {"sector": "other", "exports": True, "years": 9})
    assert decision.outcome == "refer"
    assert [reason.code for reason in decision.reasons] == ["no_rule_matched"]
    assert decision.outputs == {}


@given(anything, anything, anything)
def test_whatever_comes_in_the_decision_is_canonical_complete_and_replays_bit_for_bit(one, two, three):
    for subject, inputs in (
        (CHANGES, {"changes": one, "share": two}),
        (SECTOR, {"sector": one, "exports": two, "years": three}),
    ):
        decision = decide(subject, inputs)
        assert [verdict.code for verdict in decision.verdicts] == [rule.code for rule in subject.rules]
        assert decide(subject, decision.inputs) == decision
        assert canonical.digest(decide(subject, decision.inputs).document()) == canonical.digest(
            decision.document()
        )


@given(anything.filter(lambda value: type(value) is not int))
def test_a_mistyped_input_never_approves(value):
    assert decide(CHANGES, {"changes": value, "share": "0"}).outcome == "refer"
    assert decide(SECTOR, {"sector": "steel", "exports": False, "years": value}).outcome == "refer"


def test_a_decision_does_not_depend_on_the_callers_decimal_context():
    usual = decide(CHANGES, {"changes": 8, "share": "0.123456789012"}).document()
    with localcontext() as context:
        context.prec = 1
        assert decide(CHANGES, {"changes": 8, "share": "0.123456789012"}).document() == usual


def test_what_the_table_does_not_read_is_not_kept():
    assert decide(CHANGES, {"changes": 1, "share": "0", "owner": "x"}).inputs == {"changes": 1, "share": "0"}


@pytest.mark.parametrize(
    ("changes", "outcome"), [(11, "approve"), (12, "refer"), (17, "refer"), (18, "decline")]
)
def test_a_total_on_a_limit_of_the_acceptable_range_is_still_within_it(changes, outcome):
    document = changes_document() | {"acceptable": {"approve_up_to": "11", "refer_up_to": "20"}}
    # 11 changes cost 2 + 1.5 x 6 = 11; 17 cost 2 + 1.5 x 12 = 20.
    assert decide(table(document), {"changes": changes, "share": "0"}).outcome == outcome
