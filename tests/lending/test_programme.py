"""Reading a programme: what the shipped one says, what is refused, and policies that do not fit."""

import datetime
import re
from decimal import Decimal
from pathlib import Path

import pytest

from tallystick.errors import Conflict, Malformed, TooLarge
from tallystick.lending.completeness import check_completeness
from tallystick.lending.grading import grade
from tallystick.lending.items import read_items
from tallystick.lending.offer import Offer, make_offer
from tallystick.lending.policies import check_policies
from tallystick.lending.programme import METHOD_LABELS, parse_programme
from tallystick.lending.request import loan_request
from tallystick.lending.terms import Method
from tallystick.services import catalogue
from tallystick.values.money import Money
from tests.lending.invoice_loan import (
    FIGURES,
    PAPERS,
    PROGRAMME,
    TABLES,
    TODAY,
    programme_of,
    programme_parts,
    table_of,
)

MANUAL = (Path(__file__).parents[2] / "docs" / "programmes.md").read_text("utf-8")


def test_the_shipped_programme_reads_as_the_banks_frame():
    assert (PROGRAMME.id, PROGRAMME.currency) == ("invoice-loan", "CNY")
    assert PROGRAMME.amount_min == Money.parse("100000.00", "CNY")
    assert PROGRAMME.amount_max == Money.parse("1000000.00", "CNY")
    assert PROGRAMME.terms_months == (3, 6, 12)
    assert [band.grade for band in PROGRAMME.bands] == ["A", "B", "C", "D"]


def test_every_shipped_programme_has_fit_policies_in_force():
    for name in catalogue.PROGRAMMES:
        programme = parse_programme(catalogue.programme_document(name))
        assert programme.id == name
        check_policies(programme, TABLES, TODAY)


def test_choices_of_term_and_method_are_the_programmes_own():
    choices = {item.name: [choice.value for choice in item.choices] for item in PROGRAMME.items}
    assert choices["term_months"] == ["3", "6", "12"]
    assert choices["repayment_method"] == [method.value for method in PROGRAMME.methods]
    assert set(METHOD_LABELS) == set(Method)


def test_the_version_is_of_the_content():
    parts = programme_parts()
    assert programme_of(dict(reversed(parts.items()))).version == PROGRAMME.version
    assert programme_of(parts | {"offer_valid_days": 15}).version != PROGRAMME.version


def _without(parts, item):
    return [each for each in parts["items"] if each["name"] != item]


def _changed(parts, index, **change):
    return [each | (change if number == index else {}) for number, each in enumerate(parts)]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda parts: {"colour": "red"}, "colour"),
        (lambda parts: {"currency": "XYZ"}, "XYZ"),
        (lambda parts: {"amount": {"min": "2.00", "max": "1.00", "step": "1.00"}}, "amount"),
        (lambda parts: {"amount": {"min": "1.00", "max": "2.00", "step": "0.00"}}, "amount"),
        (lambda parts: {"amount": {"min": "1.001", "max": "2.00", "step": "1.00"}}, "decimals"),
        (lambda parts: {"terms_months": [12, 6]}, "terms_months"),
        (lambda parts: {"terms_months": [0]}, "terms_months"),
        (lambda parts: {"methods": ["balloon"]}, "balloon"),
        (lambda parts: {"methods": ["interest-only", "interest-only"]}, "method interest-only"),
        (lambda parts: {"day_count": "30/365"}, "30/365"),
        (lambda parts: {"missing_threshold_per_mille": 1001}, "missing_threshold_per_mille"),
        (lambda parts: {"missing_threshold_per_mille": 150.0}, "missing_threshold_per_mille"),
        (lambda parts: {"items": _without(parts, "account")}, "account of kind bank_card"),
        (lambda parts: {"items": [*parts["items"], parts["items"][0]]}, "item enterprise_name"),
        (lambda parts: {"items": _changed(parts["items"], 7, required=False)}, "amount of kind money"),
        (lambda parts: {"items": _changed(parts["items"], 6, choices=[])}, "use_of_funds"),
        (lambda parts: {"dimensions": _changed(parts["dimensions"], 0, weight=39)}, "sum to 100"),
        (lambda parts: {"dimensions": _changed(parts["dimensions"], 0, name="continuity")}, "continuity"),
        (lambda parts: {"grades": parts["grades"][:-1]}, "exactly 100"),
        (lambda parts: {"grades": _changed(parts["grades"], 1, index_max="20")}, "must rise"),
        (lambda parts: {"grades": _changed(parts["grades"], 1, grade="A")}, "grade A"),
    ],
)
def test_a_programme_that_cannot_be_meant_is_refused_with_the_part_named(change, named):
    parts = programme_parts()
    with pytest.raises(Malformed) as caught:
        programme_of(parts | change(parts))
    assert caught.value.code == "malformed_programme"
    assert named in caught.value.message


@pytest.mark.parametrize("document", [b"", b"{", b"[]", b"\xff"])
def test_what_is_no_programme_document_is_refused(document):
    with pytest.raises(Malformed) as caught:
        parse_programme(document)
    assert caught.value.code == "malformed_programme"


def test_a_programme_document_has_a_limit():
    with pytest.raises(TooLarge):
        parse_programme(b" " * ((1 << 20) + 1))


def _offer_rules(**change):
    then = {
        "outcome": "approve",
        "annual_rate": "0.05",
        "max_sales_share": "0.2",
        "max_amount": "500000",
        "max_term_months": 12,
    }
    return [{"code": "A", "text": {"en": "A", "zh": "A"}, "when": {}, "then": then | change}]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("invoice-admission", {"acceptable": None}),
        ("continuity-level", {"points_max": None}),
        ("continuity-level", {"points_max": "101"}),
        ("continuity-level", {"acceptable": {"approve_up_to": "1", "refer_up_to": "2"}}),
        ("invoice-loan-offer", {"hit": "list"}),
        ("invoice-loan-offer", {"rules": _offer_rules(annual_rate="1.5")}),
        ("invoice-loan-offer", {"rules": _offer_rules(annual_rate="-0.1")}),
        ("invoice-loan-offer", {"rules": _offer_rules(max_sales_share="20")}),
        ("invoice-loan-offer", {"rules": _offer_rules(max_amount="500000.001")}),
        ("invoice-loan-offer", {"rules": _offer_rules(max_term_months=0)}),
    ],
)
def test_a_policy_that_cannot_play_its_part_is_refused_before_any_application(name, change):
    with pytest.raises(Malformed) as caught:
        check_policies(PROGRAMME, TABLES | {name: table_of(name, change)}, TODAY)
    assert caught.value.code == "unfit_policy"
    assert name in caught.value.message


def test_an_offer_policy_must_know_every_grade_of_the_programme():
    parts = programme_parts()
    bands = [{"grade": "AA", "label": {"en": "best", "zh": "最优"}, "index_max": "5"}, *parts["grades"]]
    with pytest.raises(Malformed) as caught:
        check_policies(programme_of(parts | {"grades": bands}), TABLES, TODAY)
    assert (caught.value.code, "AA" in caught.value.message) == ("unfit_policy", True)


def test_a_policy_that_is_missing_or_goes_by_another_name_is_refused():
    for tables in ({}, TABLES | {"invoice-admission": TABLES["continuity-level"]}):
        with pytest.raises(Malformed) as caught:
            check_policies(PROGRAMME, tables, TODAY)
        assert caught.value.code == "missing_policy"


def test_a_policy_decides_nothing_before_its_first_day():
    check_policies(PROGRAMME, TABLES, datetime.date(2026, 1, 1))
    with pytest.raises(Conflict) as caught:
        check_policies(PROGRAMME, TABLES, datetime.date(2025, 12, 31))
    assert caught.value.code == "policy_not_effective"


def _manual_rows(first_column):
    """Return the rows of the manual's table whose first column has this heading."""
    found = re.search(rf"^\| {first_column} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", MANUAL, re.MULTILINE)
    assert found
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in found[1].splitlines()]


def test_the_manual_names_every_part_of_a_programme():
    assert [row[0].strip("`").replace("`, `", ",") for row in _manual_rows("part")] == [
        "format",
        "id",
        "names,descriptions",
        *list(programme_parts())[4:],
        "qualification",  # may be left out, as the shipped programme does
    ]


@pytest.mark.parametrize("row", _manual_rows("left out"))
def test_the_manuals_missing_degrees_are_true(row):
    left_out, per_mille, goes_on = row
    papers = {name: text for name, text in PAPERS.items() if name not in left_out.split(", ")}
    found = check_completeness(PROGRAMME, read_items(PROGRAMME, papers))
    assert (str(found.missing_per_mille), "yes" if found.complete else "no") == (per_mille, goes_on)


def test_the_manuals_grading_is_true():
    grading = grade(PROGRAMME, TABLES, FIGURES).document()
    rows = [
        [each["name"], each["level"], str(each["weight"]), each["contribution"]]
        for each in grading["dimensions"]
    ]
    assert rows == _manual_rows("dimension")
    assert f"risk index {grading['risk_index']}, grade {grading['grade']}" in MANUAL


@pytest.mark.parametrize("row", _manual_rows("asked for"))
def test_the_manuals_offers_are_true(row):
    amount, band, index, sales, offered = row
    made = make_offer(
        PROGRAMME,
        TABLES["invoice-loan-offer"],
        loan_request(read_items(PROGRAMME, PAPERS | {"amount": amount})),
        grade=band,
        risk_index=Decimal(index),
        twelve_month_sales=Money.parse(sales, "CNY"),
        made_on=TODAY,
    )
    assert (made.amount.text if isinstance(made, Offer) else made.reasons[-1].code) == offered
