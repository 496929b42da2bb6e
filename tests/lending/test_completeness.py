"""Items read by kind, the missing degree, and what to add (mission row O3)."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.errors import TooLarge
from tallystick.lending.completeness import check_completeness
from tallystick.lending.items import read_items
from tallystick.values.money import Money
from tests.lending.invoice_loan import CREDIT_CODE, PAPERS, PROGRAMME

OPTIONAL = (
    "founded_on",
    "legal_representative",
    "representative_identity_number",
    "staff_count",
    "use_of_funds",
)


def completeness_of(raw):
    return check_completeness(PROGRAMME, read_items(PROGRAMME, raw))


def without(*names):
    return {name: text for name, text in PAPERS.items() if name not in names}


def test_complete_papers_have_a_missing_degree_of_zero():
    found = completeness_of(PAPERS)
    assert (found.missing_degree, found.complete, found.to_add) == (0, True, ())


def test_the_missing_degree_is_the_weight_of_what_is_missing_over_all_weights():
    # Each of the optional items weighs 5 of 100; the threshold is 150 per mille.
    three, four = completeness_of(without(*OPTIONAL[:3])), completeness_of(without(*OPTIONAL[:4]))
    assert (three.missing_degree, three.missing_per_mille, three.complete) == (Fraction(15, 100), 150, True)
    assert (four.missing_degree, four.missing_per_mille, four.complete) == (Fraction(20, 100), 200, False)
    assert [each.item for each in four.to_add] == list(OPTIONAL[:4])


def test_a_required_item_is_needed_whatever_the_degree():
    found = completeness_of(without("account"))
    assert (found.missing_per_mille, found.complete) == (100, False)
    assert [(each.item, each.required, each.code) for each in found.to_add] == [
        ("account", True, "missing_item")
    ]


def test_a_blank_item_is_missing_and_a_wrong_one_must_be_mended():
    blank, wrong = (
        completeness_of(PAPERS | {"staff_count": "  "}),
        completeness_of(PAPERS | {"staff_count": "few"}),
    )
    assert (blank.missing_degree, blank.complete) == (Fraction(5, 100), True)
    assert (wrong.missing_degree, wrong.complete) == (Fraction(5, 100), False)
    assert [each.code for each in wrong.to_add] == ["bad_whole_number"]


def test_items_are_read_into_typed_values_without_stray_blanks():
    items = read_items(PROGRAMME, PAPERS | {"credit_code": f" {CREDIT_CODE} "})
    assert items.problems == ()
    assert items.values["amount"] == Money.parse("500000.00", "CNY")
    assert items.values["staff_count"] == 42
    assert items.values["credit_code"] == CREDIT_CODE
    assert items.document()["founded_on"] == "2018-03-05"
    assert items.document()["amount"] == "500000.00"


@pytest.mark.parametrize(
    ("item", "text", "code"),
    [
        ("enterprise_name", "x" * 201, "bad_text"),
        ("enterprise_name", "two\nlines", "bad_text"),
        ("credit_code", CREDIT_CODE[:-1] + "?", "bad_credit_code"),
        ("account", "6222020000000000012", "bad_bank_card"),
        ("representative_identity_number", "110101199001010010", "bad_identity_number"),
        ("founded_on", "2018-02-30", "bad_date"),
        ("founded_on", "20180228", "bad_date"),
        ("staff_count", "-1", "bad_whole_number"),
        ("staff_count", "1.0", "bad_whole_number"),
        ("staff_count", "٤٢", "bad_whole_number"),
        ("use_of_funds", "yacht", "unknown_choice"),
        ("term_months", "24", "unknown_choice"),
        ("repayment_method", "balloon", "unknown_choice"),
        ("amount", "500,000.00", "bad_amount"),
        ("amount", "99999.99", "amount_not_served"),
        ("amount", "1000000.01", "amount_not_served"),
        ("amount", "9" * 18, "amount_too_large"),
        ("sales_book", "sales.csv", "bad_book"),
        ("colour", "red", "unknown_item"),
    ],
)
def test_a_wrong_item_is_named_with_a_code_and_a_sentence(item, text, code):
    items = read_items(PROGRAMME, PAPERS | {item: text})
    assert [(problem.item, problem.code) for problem in items.problems] == [(item, code)]
    assert items.problems[0].sentence.endswith(".")
    assert item not in items.values


def test_far_too_many_items_are_refused():
    with pytest.raises(TooLarge):
        read_items(PROGRAMME, {f"item_{number}": "x" for number in range(201)})


@given(st.dictionaries(st.sampled_from(sorted(PAPERS)), st.text(max_size=30)))
def test_whatever_is_typed_the_degree_stays_between_nothing_and_all(raw):
    items = read_items(PROGRAMME, raw)
    found = check_completeness(PROGRAMME, items)
    assert 0 <= found.missing_degree <= 1
    assert {each.item for each in found.to_add} == {item.name for item in PROGRAMME.items} - set(items.values)
    assert found.missing_degree * 1000 <= found.missing_per_mille


@given(st.sets(st.sampled_from(sorted(PAPERS))), st.sampled_from(sorted(PAPERS)))
def test_adding_an_item_never_raises_the_missing_degree(names, added):
    fewer = completeness_of({name: PAPERS[name] for name in names - {added}})
    more = completeness_of({name: PAPERS[name] for name in names | {added}})
    assert more.missing_degree <= fewer.missing_degree
