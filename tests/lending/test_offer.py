"""The loan details by grade: never above a limit, never rounded up, declined with reasons, row O5."""

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.errors import Malformed
from tallystick.lending.items import read_items
from tallystick.lending.offer import Offer, Refusal, is_open, make_offer
from tallystick.lending.request import LoanRequest, loan_request
from tallystick.lending.terms import Method
from tallystick.values import canonical
from tallystick.values.money import Money, currency
from tests.lending.invoice_loan import (
    ACCOUNT,
    PAPERS,
    PROGRAMME,
    TABLES,
    TODAY,
    programme_of,
    programme_parts,
)

OFFER_POLICY = TABLES["invoice-loan-offer"]
SALES = Money.parse("12300000.00", "CNY")


def cny(text):
    return Money.parse(text, "CNY")


def asked(amount="500000.00", months=12, method=Method.EQUAL_INSTALMENTS):
    return LoanRequest(cny(amount), months, method, ACCOUNT)


def offer(request=None, *, grade="B", index="30.0", sales=SALES, programme=PROGRAMME):
    return make_offer(
        programme,
        OFFER_POLICY,
        request or asked(),
        grade=grade,
        risk_index=Decimal(index),
        twelve_month_sales=sales,
        made_on=TODAY,
    )


def test_an_offer_within_every_limit_is_what_was_asked_for():
    made = offer()
    assert isinstance(made, Offer)
    assert (made.amount, made.term_months, made.rate.text) == (cny("500000.00"), 12, "0.07")
    assert (made.grade, made.expires_on) == ("B", datetime.date(2026, 6, 29))
    assert made.schedule.terms.starts_on == TODAY
    assert made.schedule.instalments[0].due_on == datetime.date(2026, 7, 15)
    assert made.schedule.instalments[-1].balance == cny("0.00")


@pytest.mark.parametrize(
    ("request_amount", "grade", "index", "sales", "offered"),
    [
        ("500000.00", "C", "45.0", "12300000.00", "300000.00"),  # least: the grade's 300,000
        ("900000.00", "B", "30.0", "12300000.00", "700000.00"),  # least: the grade's 700,000
        ("500000.00", "B", "30.0", "1234567.89", "246000.00"),  # 20 % of sales is 246,913.57, steps of 1,000
        ("123456.78", "A", "5.0", "12300000.00", "123000.00"),  # the request, rounded down to the step
        ("500000.00", "B", "30.0", "500000.00", "100000.00"),  # 20 % of sales is the least amount itself
    ],
)
def test_the_amount_is_the_least_of_all_limits_rounded_down_to_the_step(
    request_amount, grade, index, sales, offered
):
    made = offer(asked(request_amount), grade=grade, index=index, sales=cny(sales))
    assert isinstance(made, Offer)
    assert made.amount == cny(offered)


def test_the_term_is_cut_to_the_longest_that_the_grade_may_have():
    made = offer(grade="C", index="45.0")
    assert isinstance(made, Offer)
    assert (made.term_months, made.request.term_months) == (6, 12)


@pytest.mark.parametrize("sales", ["499999.99", "0.00", "-5.00"])
def test_a_limit_below_the_least_amount_is_declined(sales):
    refused = offer(sales=cny(sales))
    assert isinstance(refused, Refusal)
    assert (refused.outcome, refused.reasons[-1].code) == ("decline", "limit_below_minimum")


def test_a_grade_outside_the_programme_is_declined_with_the_policys_words():
    refused = offer(grade="D", index="80.0")
    assert isinstance(refused, Refusal)
    assert (refused.outcome, [reason.code for reason in refused.reasons]) == ("decline", ["GRADE_NOT_SERVED"])
    assert canonical.digest(refused.document())


def test_a_grade_that_the_policy_does_not_know_is_referred():
    refused = offer(grade="Z")
    assert isinstance(refused, Refusal)
    assert (refused.outcome, [reason.code for reason in refused.reasons]) == ("refer", ["out_of_range:grade"])


def test_a_programme_without_a_term_short_enough_is_declined():
    parts = programme_parts() | {"terms_months": [12]}
    refused = offer(grade="C", index="45.0", programme=programme_of(parts))
    assert isinstance(refused, Refusal)
    assert refused.reasons[-1].code == "term_not_served"


def test_a_term_or_method_outside_the_programme_is_refused():
    parts = programme_parts() | {"methods": ["interest-only"]}
    for request, programme in ((asked(months=9), PROGRAMME), (asked(), programme_of(parts))):
        with pytest.raises(Malformed) as caught:
            offer(request, programme=programme)
        assert caught.value.code == "not_served"


def test_amounts_in_two_currencies_are_refused():
    with pytest.raises(Malformed) as caught:
        offer(sales=Money.parse("12300000.00", "USD"))
    assert caught.value.code == "currency_mismatch"


def test_an_offer_is_open_up_to_and_including_its_last_day():
    made = offer()
    assert isinstance(made, Offer)
    assert is_open(made.expires_on, datetime.date(2026, 6, 29))
    assert not is_open(made.expires_on, datetime.date(2026, 6, 30))


def test_the_offers_document_has_every_detail_as_canonical_data():
    made = offer()
    assert isinstance(made, Offer)
    document = made.document()
    assert canonical.digest(document) == canonical.digest(offer().document())
    assert (document["amount"], document["currency"], document["annual_rate"]) == ("500000.00", "CNY", "0.07")
    assert (document["account"], document["method"]) == (ACCOUNT, "equal-instalments")
    assert sum((cny(row["principal"]) for row in document["instalments"]), cny("0.00")) == made.amount


@given(
    st.integers(1, 10**9),
    st.integers(-(10**9), 10**12),
    st.sampled_from(["A", "B", "C", "D"]),
    st.integers(0, 1000),
    st.sampled_from(PROGRAMME.terms_months),
    st.sampled_from(PROGRAMME.methods),
)
def test_an_offer_is_never_above_any_limit(amount, sales, grade, index, months, method):
    made = offer(
        LoanRequest(Money(amount, currency("CNY")), months, method, ACCOUNT),
        grade=grade,
        index=str(Decimal(index).scaleb(-1)),
        sales=Money(sales, currency("CNY")),
    )
    if isinstance(made, Offer):
        assert all(made.amount <= limit for limit in made.limits.values())
        assert PROGRAMME.amount_min <= made.amount <= PROGRAMME.amount_max
        assert made.amount.amount_minor % PROGRAMME.amount_step.amount_minor == 0
        assert made.term_months in PROGRAMME.terms_months
        assert made.term_months <= months
        assert grade != "D"
    else:
        assert made.reasons


def test_the_request_is_taken_from_the_items():
    assert loan_request(read_items(PROGRAMME, PAPERS)) == asked()
    for name in ("amount", "term_months", "repayment_method", "account"):
        with pytest.raises(Malformed) as caught:
            loan_request(read_items(PROGRAMME, PAPERS | {name: ""}))
        assert caught.value.code == "incomplete_request"
