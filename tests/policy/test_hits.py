"""How the rules that match make one answer: each kind of table, and what it refers for want of one answer."""

from decimal import Decimal

from hypothesis import given, settings

from tallystick.policy import plan
from tallystick.policy.evaluate import decide
from tallystick.policy.trail import Verdict
from tallystick.values import canonical
from tests.policy.documents import WORDS, sector_document, table
from tests.policy.strategies import tables_with_figures


def bands(hit, *rows, outcome=False):
    """A table over one share; each row is a cell and a level (and a judgement)."""
    outputs = [{"name": "level", "label": WORDS, "type": "decimal"}]
    if outcome:
        outputs.append(
            {"name": "outcome", "label": WORDS, "type": "text", "choices": ["approve", "refer", "decline"]}
        )
    rules = [
        {
            "code": f"R{at}",
            "text": WORDS,
            "when": {"share": row[0]},
            "then": {"level": row[1], **({"outcome": row[2]} if outcome else {})},
        }
        for at, row in enumerate(rows)
    ]
    document = sector_document() | {"hit": hit, "outputs": outputs, "rules": rules}
    return table(document | {"inputs": [{"name": "share", "label": WORDS, "type": "decimal"}]})


def answer(subject, share):
    decision = decide(subject, {"share": share})
    return decision.outcome, decision.document()["outputs"], [reason.code for reason in decision.reasons]


def test_unique_gives_the_one_rule_that_matches_and_refers_when_two_do():
    subject = bands("unique", ("< 1", "10"), ("0.5..2", "20"), ("> 3", "30"))
    assert answer(subject, "0.4") == ("found", {"level": "10"}, ["R0"])
    assert answer(subject, "0.5") == ("refer", {}, ["several_rules_matched", "R0", "R1"])
    assert answer(subject, "3") == ("refer", {}, ["no_rule_matched"])


def test_unique_refers_even_when_the_two_rules_say_the_same():
    assert answer(bands("unique", ("< 1", "10"), ("< 2", "10")), "0")[0] == "refer"


def test_any_gives_what_its_rules_agree_on_and_refers_when_they_contradict_each_other():
    subject = bands("any", ("< 1", "10"), ("0.5..2", "10.0"), ("> 1.5", "30"))
    assert answer(subject, "0.5") == ("found", {"level": "10"}, ["R0", "R1"])
    assert answer(subject, "1.6") == ("refer", {}, ["rules_disagree", "R1", "R2"])
    assert answer(subject, "9") == ("found", {"level": "30"}, ["R2"])


def test_every_rule_of_a_unique_any_list_or_sum_table_is_tried():
    for hit in ("unique", "any", "list"):
        decision = decide(bands(hit, ("< 1", "10"), ("< 2", "10"), ("> 3", "1")), {"share": "0"})
        assert decision.verdicts == (
            Verdict("R0", "matched", {"share": "0"}),
            Verdict("R1", "matched", {"share": "0"}),
            Verdict("R2", "not_matched", {"share": "0"}, "share", "> 3"),
        )


def test_list_collects_what_every_matching_rule_gives_in_order():
    subject = bands("list", ("< 1", "10"), ("> 5", "20"), ("< 2", "30"))
    decision = decide(subject, {"share": "0"})
    assert decision.document()["collected"] == [{"level": "10"}, {"level": "30"}]
    assert (decision.outcome, decision.outputs) == ("found", {})
    assert [reason.code for reason in decision.reasons] == ["R0", "R2"]


def test_an_empty_list_is_an_answer_where_the_table_judges_nothing_and_refers_where_it_judges():
    assert decide(bands("list", ("> 1", "10")), {"share": "0"}).document()["collected"] == []
    judging = bands("list", ("> 1", "10", "approve"), outcome=True)
    decision = decide(judging, {"share": "0"})
    assert (decision.outcome, [reason.code for reason in decision.reasons]) == ("refer", ["no_rule_matched"])


def test_the_strictest_judgement_of_a_list_counts():
    subject = bands(
        "list", ("< 9", "1", "approve"), ("< 6", "1", "refer"), ("< 3", "1", "decline"), outcome=True
    )
    assert [decide(subject, {"share": share}).outcome for share in ("8", "5", "2")] == [
        "approve",
        "refer",
        "decline",
    ]


def test_only_a_list_table_has_a_list_in_its_record():
    record = decide(bands("first", ("< 1", "10")), {"share": "0"}).document()
    assert sorted(record) == [
        "inputs", "outcome", "outputs", "points", "reasons", "table", "verdicts", "version",
    ]  # fmt: skip


@settings(max_examples=100)
@given(tables_with_figures())
def test_every_verdict_says_what_its_rules_cells_say(pair):
    document, figures = pair
    subject = table(document)
    values = dict(figures)
    decision = decide(subject, values)
    by_hand = []
    for rule in subject.rules:
        read = {}
        failed = (None, None)
        for cell in rule.cells:
            read[cell.input_name] = decision.inputs[cell.input_name]
            given_value = values[cell.input_name]
            is_number = not isinstance(given_value, bool) and subject_type(document, cell) in (
                "integer",
                "decimal",
            )
            if not cell.test(Decimal(given_value) if is_number else given_value):
                failed = (cell.input_name, cell.text)
                break
        by_hand.append((rule.code, "matched" if failed == (None, None) else "not_matched", read, *failed))
    if subject.hit == "first":
        first = next((at for at, row in enumerate(by_hand) if row[1] == "matched"), len(by_hand))
        by_hand[first + 1 :] = [(row[0], "not_reached", {}, None, None) for row in by_hand[first + 1 :]]
    assert [
        (v.code, v.found, dict(v.read), v.failed_input, v.failed_cell) for v in decision.verdicts
    ] == by_hand
    again = decide(subject, decision.inputs)
    assert canonical.digest(again.document()) == canonical.digest(decision.document())


def subject_type(document, cell):
    return next(each["type"] for each in document["inputs"] if each["name"] == cell.input_name)


def test_what_is_remembered_has_a_limit_and_changes_no_decision(monkeypatch):
    usual = [
        decide(bands("first", ("< 1", "10"), ("< 2", "20")), {"share": share}).document() for share in "0123"
    ]
    monkeypatch.setattr(plan, "MAX_REMEMBERED", 4)
    subject = bands("first", ("< 1", "10"), ("< 2", "20"))
    assert [decide(subject, {"share": share}).document() for share in "0123"] == usual
    assert len(subject.plan._trails) == 2
