"""The credit decision: the first step that refers or declines ends it; the record replays, row O7."""

from decimal import Decimal

import pytest

from tallystick.errors import Malformed
from tallystick.lending.decision import conclude
from tallystick.lending.grading import grade
from tallystick.lending.offer import make_offer
from tallystick.lending.request import LoanRequest
from tallystick.lending.terms import Method
from tallystick.policy.evaluate import decide
from tallystick.values import canonical
from tallystick.values.money import Money
from tests.lending.invoice_loan import ACCOUNT, FIGURES, PROGRAMME, TABLES, TODAY


def assess(figures, amount="300000.00"):
    """Return the decision on ``figures`` with every step made as far as the one before allows."""
    admission = decide(TABLES["invoice-admission"], figures)
    if admission.outcome != "approve":
        return conclude(PROGRAMME, figures, admission)
    grading = grade(PROGRAMME, TABLES, figures)
    if grading.grade is None:
        return conclude(PROGRAMME, figures, admission, grading)
    offer = make_offer(
        PROGRAMME,
        TABLES["invoice-loan-offer"],
        LoanRequest(Money.parse(amount, "CNY"), 6, Method.INTEREST_ONLY, ACCOUNT),
        grade=grading.grade,
        risk_index=grading.risk_index or Decimal(0),
        twelve_month_sales=Money.parse(figures["sales_amount"], "CNY"),
        made_on=TODAY,
    )
    return conclude(PROGRAMME, figures, admission, grading, offer)


def test_three_steps_that_hold_approve_and_name_every_policy():
    decision = assess(FIGURES)
    assert (decision.outcome, decision.decided_by) == ("approve", "offer")
    assert decision.policies == {name: TABLES[name].version for name in PROGRAMME.policies}
    assert decision.programme_version == PROGRAMME.version
    assert decision.inputs_digest == canonical.digest(FIGURES)


@pytest.mark.parametrize(
    ("change", "outcome", "decided_by", "codes"),
    [
        ({"sales_growth": None}, "refer", "admission", ["missing_input:sales_growth"]),
        ({"void_sales_share": "0.9000", "red_letter_sales_share": "0.9000"}, "decline", "admission", None),
        ({"buyer_count": None}, "refer", "grading", ["missing_input:buyer_count"]),
        ({"buyer_count": "3"}, "refer", "grading", ["mistyped_input:buyer_count"]),
        ({"sales_amount": "900000.00"}, "decline", "offer", None),
    ],
)
def test_the_first_step_that_does_not_hold_ends_the_assessment(change, outcome, decided_by, codes):
    decision = assess(FIGURES | change)
    assert (decision.outcome, decision.decided_by) == (outcome, decided_by)
    assert decision.reasons
    assert codes is None or [reason.code for reason in decision.reasons] == codes


def test_only_policies_that_were_asked_are_named():
    assert list(assess(FIGURES | {"sales_growth": None}).policies) == ["invoice-admission"]


def test_the_same_figures_give_the_same_record_for_ever():
    assert canonical.digest(assess(FIGURES).document()) == canonical.digest(assess(dict(FIGURES)).document())


def test_an_assessment_with_a_step_left_out_is_no_decision():
    admission, grading = decide(TABLES["invoice-admission"], FIGURES), grade(PROGRAMME, TABLES, FIGURES)
    for steps in ((admission,), (admission, grading)):
        with pytest.raises(Malformed) as caught:
            conclude(PROGRAMME, FIGURES, *steps)
        assert caught.value.code == "unfinished_assessment"
