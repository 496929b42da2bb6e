"""Reading a policy document: strict, with the rule and the cell named, and versioned by content."""

import copy
import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.errors import Malformed, TooLarge
from tallystick.policy.cells import compile_cell
from tallystick.policy.document import Input
from tallystick.policy.table import parse
from tallystick.policy.wording import Wording
from tests.policy.documents import changes_document, sector_document, table

WORDS = Wording(en="words", zh="文字")
NUMBER = Input(name="n", label=WORDS, type="decimal")
WHOLE = Input(name="n", label=WORDS, type="integer")
TEXT = Input(name="n", label=WORDS, type="text", choices=("A", "B b", "C"))
TRUTH = Input(name="n", label=WORDS, type="boolean")


@pytest.mark.parametrize(
    ("subject", "cell"),
    [
        (NUMBER, "5"),
        (NUMBER, "> "),
        (NUMBER, "> abc"),
        (NUMBER, "> 1e3"),
        (NUMBER, "> 1,000"),
        (NUMBER, ">> 5"),
        (NUMBER, "=> 5"),
        (NUMBER, "!= 5"),
        (NUMBER, "5..2"),
        (NUMBER, "2.."),
        (NUMBER, "2...5"),
        (NUMBER, "in"),
        (NUMBER, "in 1,,2"),
        (NUMBER, "any"),
        (NUMBER, "-"),
        (NUMBER, "> 5 and < 9"),
        (NUMBER, "> 5\n< 9"),
        (WHOLE, "> 5.5"),
        (WHOLE, "= 05"),
        (TEXT, "> A"),
        (TEXT, "A..C"),
        (TEXT, "= D"),
        (TEXT, "= A, C"),
        (TEXT, "in A, D"),
        (TRUTH, "= yes"),
        (TRUTH, "in true, false"),
    ],
)
def test_a_cell_outside_the_language_is_refused(subject, cell):
    with pytest.raises(Malformed) as caught:
        compile_cell(subject, cell)
    assert caught.value.code == "bad_cell"


@pytest.mark.parametrize("cell", ["", "   "])
def test_a_blank_cell_is_no_condition(cell):
    assert compile_cell(NUMBER, cell) is None


@given(st.decimals(-1000, 1000, places=3), st.integers(-1000, 1000), st.integers(-1000, 1000))
def test_every_numeric_cell_means_what_it_says(value, one, other):
    low, high = sorted((one, other))
    for cell, holds in (
        (f"> {low}", value > low),
        (f">={low}", value >= low),
        (f"< {low}", value < low),
        (f"<= {low}", value <= low),
        (f"= {low}", value == low),
        (f"{low}..{high}", low <= value <= high),
        (f"in {low}, {high}", value in (low, high)),
    ):
        compiled = compile_cell(NUMBER, cell)
        assert compiled is not None
        assert compiled.test(value) is holds


def test_text_and_truth_cells_compare_whole_values():
    assert [compile_cell(TEXT, "in A, B b").test(value) for value in ("A", "B b", "B", "C")] == [
        True,
        True,
        False,
        False,
    ]
    assert [compile_cell(TRUTH, "= true").test(value) for value in (True, False)] == [True, False]


def test_the_version_is_of_the_content_and_not_of_its_layout():
    document = changes_document()
    reordered = dict(reversed(document.items()))
    assert parse(msgspec.json.format(msgspec.json.encode(reordered))).version == table(document).version
    document["rules"][0]["points"]["cap"] = "31"
    assert table(document).version != table(changes_document()).version


def test_the_table_keeps_what_the_document_states():
    read = table(changes_document())
    assert (read.name, read.hit, read.effective_from) == ("changes", "sum", datetime.date(2026, 1, 1))
    assert [rule.code for rule in read.rules] == ["CHANGES", "SHARE"]


def test_a_bad_cell_is_refused_with_its_rule_and_input_named():
    document = changes_document()
    document["rules"][1]["when"]["share"] = "> a lot"
    with pytest.raises(Malformed) as caught:
        table(document)
    assert caught.value.code == "bad_cell"
    assert caught.value.message == (
        "Rule SHARE, input share: The cell '> a lot' cannot be read: 'a lot' is not a plain decimal number."
    )


def change(path, value):
    """Return how to put ``value`` at ``path`` of a document; ``...`` as value takes it away."""

    def apply(document):
        *way, last = path
        part = document = copy.deepcopy(document)
        for step in way:
            part = part[step]
        if value is ...:
            del part[last]
        else:
            part[last] = value
        return document

    return apply


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (change(["hit"], "collect"), "hit"),
        (change(["colour"], "red"), "colour"),
        (change(["title", "zh"], ""), "title"),
        (change(["effective_from"], "2026-02-30"), "day is out of range"),
        (change(["rules"], []), "rules"),
        (change(["rules", 0, "code"], "SHARE"), "rule SHARE is given more than once"),
        (change(["rules", 0, "when", "nothing"], "> 1"), "Rule CHANGES has a cell for nothing"),
        (change(["rules", 0, "points", "base"], 2), "rules"),
        (change(["rules", 0, "points", "base"], "-2"), "negative"),
        (change(["rules", 0, "points", "cap"], "1"), "cap"),
        (change(["rules", 0, "points", "per_unit"], ...), "per_unit"),
        (change(["rules", 0, "points", "excess_of"], "share"), "grows with share"),
        (change(["rules", 0, "when", "changes"], "6..9"), "grows with changes"),
        (change(["rules", 0, "points"], ...), "Rule CHANGES of a sum table must give points"),
        (change(["rules", 0, "then"], {"level": "1"}), "Rule CHANGES of a sum table must give points"),
        (change(["acceptable", "refer_up_to"], "9"), "acceptable"),
        (change(["inputs", 0, "min"], "2000"), "changes has a min above its max"),
        (change(["inputs", 0, "choices"], ["1"]), "changes is integer and has no choices"),
        (change(["inputs", 1, "name"], "changes"), "input changes is given more than once"),
        (change(["outputs"], [{"name": "x", "label": {"en": "x", "zh": "x"}, "type": "text"}]), "no outputs"),
    ],
)
def test_a_sum_table_that_contradicts_itself_is_refused_with_the_part_named(damage, named):
    with pytest.raises(Malformed) as caught:
        table(damage(changes_document()))
    assert caught.value.code == "malformed_policy"
    assert named in caught.value.message


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (change(["outputs"], []), "A first table has outputs"),
        (change(["points_max"], "100"), "A first table has outputs"),
        (change(["outputs", 0, "choices"], []), "output outcome"),
        (change(["outputs", 0, "choices"], ["approve", "accept"]), "output outcome"),
        (change(["rules", 0, "then"], {"outcome": "approve"}), "Rule YOUNG must give each output"),
        (change(["rules", 1, "then", "level"], "much"), "Rule STEEL, output level"),
        (change(["rules", 1, "then", "level"], 40), "Rule STEEL, output level"),
        (change(["rules", 1, "then", "months"], "6"), "Rule STEEL, output months"),
        (change(["rules", 1, "then", "months"], 2**53), "2**53"),
        (change(["rules", 1, "then", "months"], True), "rules[1].then"),
        (change(["rules", 1, "then", "outcome"], "accept"), "not among its choices"),
        (change(["rules", 1, "points"], {"base": "1"}), "Rule STEEL of a first table"),
        (change(["inputs", 1, "max"], "1"), "exports is boolean"),
    ],
)
def test_a_first_table_that_contradicts_itself_is_refused_with_the_part_named(damage, named):
    with pytest.raises(Malformed) as caught:
        table(damage(sector_document()))
    assert caught.value.code == "malformed_policy"
    assert named in caught.value.message


@pytest.mark.parametrize("document", [b"", b"[]", b"{", b'{"format": 1.5}', b"\xff", b"[" * 5000, b"null"])
def test_what_is_no_policy_document_is_refused(document):
    with pytest.raises(Malformed) as caught:
        parse(document)
    assert caught.value.code == "malformed_policy"


def test_a_policy_document_has_a_limit():
    with pytest.raises(TooLarge) as caught:
        parse(b" " * ((1 << 20) + 1))
    assert caught.value.code == "policy_too_large"
