"""A qualification in the offer: it caps the amount, sets the rate, and is decided again bit for bit (E10)."""

import datetime
from decimal import Decimal

import pytest

from tallystick.errors import Malformed
from tallystick.lending.offer import Offer, Refusal, make_offer
from tallystick.lending.programme import parse_programme
from tallystick.lending.qualification import Qualification, read_qualification
from tallystick.lending.request import LoanRequest
from tallystick.lending.terms import Method
from tallystick.services import catalogue
from tallystick.values.money import Money
from tallystick.values.rates import Rate
from tests.lending.invoice_loan import ACCOUNT, PROGRAMME, TABLES, TODAY, programme_of, programme_parts


def cny(text):
    return Money.parse(text, "CNY")


def decided(amount=None, rate="0.0485", currency="CNY"):
    granted = amount is not None
    return Qualification(
        reference="QQ-2026-00001",
        outcome="grant" if granted else "decline",
        amount=Money.parse(amount, currency) if granted else None,
        rate=Rate.parse(rate) if granted else None,
        decided_on=datetime.date(2026, 6, 1),
        findings="ab" * 32,
    )


def programme(need):
    return programme_of(programme_parts() | {"qualification": {"need": need}})


def offer(need, qualification=None, *, asked="500000.00", grade="B"):
    return make_offer(
        programme(need),
        TABLES["invoice-loan-offer"],
        LoanRequest(cny(asked), 12, Method.EQUAL_INSTALMENTS, ACCOUNT),
        grade=grade,
        risk_index=Decimal("30.0" if grade == "B" else "45.0"),
        twelve_month_sales=cny("12300000.00"),
        made_on=TODAY,
        qualification=qualification,
    )


@pytest.mark.parametrize(
    ("asked", "grade", "granted", "rate", "offered"),
    [
        # B lends 700,000 at most at 7 %, C 300,000; the share of sales is above both; steps of 1,000.
        ("500000.00", "B", "250000.00", "0.0485", "250000.00"),  # least: what was granted
        ("500000.00", "B", "250999.99", "0.0485", "250000.00"),  # rounded down to the step
        ("500000.00", "B", "900000.00", "0.0485", "500000.00"),  # least: the request
        ("500000.00", "C", "900000.00", "0.09", "300000.00"),  # least: the grade's 300,000
        ("500000.00", "B", "100000.00", "0", "100000.00"),  # the least amount itself, without interest
    ],
)
@pytest.mark.parametrize("need", ["optional", "required"])
def test_what_was_granted_caps_the_amount_and_sets_the_rate(need, asked, grade, granted, rate, offered):
    made = offer(need, decided(granted, rate), asked=asked, grade=grade)
    assert isinstance(made, Offer)
    assert (made.amount, made.rate.text) == (cny(offered), rate)
    document = made.document()
    assert document["limits"]["qualification"] == granted
    assert document["qualification"]["reference"] == "QQ-2026-00001"


def test_a_grant_below_the_least_amount_of_the_programme_ends_in_no_offer():
    made = offer("optional", decided("99999.99"))
    assert isinstance(made, Refusal)
    assert (made.outcome, made.reasons[-1].code) == ("decline", "limit_below_minimum")


@pytest.mark.parametrize("need", ["optional", "required"])
def test_a_declined_qualification_refuses_the_offer(need):
    made = offer(need, decided())
    assert isinstance(made, Refusal)
    assert (made.outcome, made.reasons[-1].code) == ("decline", "qualification_declined")


def test_a_programme_that_requires_one_makes_no_offer_without():
    made = offer("required")
    assert isinstance(made, Refusal)
    assert (made.outcome, made.reasons[-1].code) == ("refer", "qualification_required")


@pytest.mark.parametrize("need", ["none", "optional"])
def test_without_one_the_grade_alone_gives_amount_and_rate(need):
    made = offer(need)
    assert isinstance(made, Offer)
    assert (made.amount, made.rate.text) == (cny("500000.00"), "0.07")
    assert "qualification" not in made.document()


@pytest.mark.parametrize("found", [decided("250000.00"), decided()])
def test_a_programme_that_asks_for_none_looks_at_none(found):
    assert offer("none", found) == offer("none")


def test_a_programme_that_does_not_speak_of_it_asks_for_none_and_keeps_its_version():
    assert PROGRAMME.qualification.need == "none"
    assert PROGRAMME.version == parse_programme(catalogue.programme_document("invoice-loan")).version


def test_a_grant_in_another_currency_is_refused():
    with pytest.raises(Malformed) as caught:
        offer("optional", decided("250000.00", currency="EUR"))
    assert caught.value.code == "currency_mismatch"


@pytest.mark.parametrize("found", [decided("250000.00"), decided()])
def test_a_qualification_is_read_back_from_its_document(found):
    assert read_qualification(found.document(), "CNY") == found


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "maybe"},
        {"amount": None},
        {"annual_rate": None},
        {"outcome": "decline"},
        {"decided_on": "x"},
    ],
)
def test_a_paper_that_contradicts_itself_is_refused(change):
    with pytest.raises(Malformed) as caught:
        read_qualification(decided("250000.00").document() | change, "CNY")
    assert caught.value.code == "bad_paper"


@pytest.mark.parametrize("need", [{"need": "maybe"}, {"need": "required", "valid_days": 0}, "required", {}])
def test_a_programme_says_it_in_one_of_three_words(need):
    with pytest.raises(Malformed) as caught:
        programme_of(programme_parts() | {"qualification": need})
    assert caught.value.code == "malformed_programme"
