"""The loan details by grade (mission row O5): amount, term, rate, method and schedule, or why there are none.

The offer policy gives, for a grade, the rate and three limits. The amount is the least of what is asked
for and the limits, rounded down to the programme's step; the term is the longest on offer within the
request and the limit. An amount that ends below the programme's least is declined, never rounded up.
Where the programme looks at a qualification, what was granted is one more limit, and its rate is taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Final, Literal

from tallystick.errors import Malformed
from tallystick.lending.programme import Programme
from tallystick.lending.qualification import (
    QUALIFICATION_DECLINED,
    QUALIFICATION_REQUIRED,
    Qualification,
)
from tallystick.lending.request import LoanRequest
from tallystick.lending.schedule import Schedule, repayment_schedule
from tallystick.lending.terms import Terms
from tallystick.policy.decision import Decision, Reason
from tallystick.policy.document import OutputType
from tallystick.policy.evaluate import decide
from tallystick.policy.exact import decimal_text
from tallystick.policy.table import Table
from tallystick.policy.wording import Wording
from tallystick.values.calendar import add_months
from tallystick.values.money import Money
from tallystick.values.rates import Rate
from tallystick.values.rounding import Rounding

#: What the offer policy gives, with the type of each output, besides the outcome.
OFFER_OUTPUTS: Final[Mapping[str, OutputType]] = MappingProxyType(
    {
        "annual_rate": "decimal",
        "max_sales_share": "decimal",
        "max_amount": "decimal",
        "max_term_months": "integer",
    }
)
#: What the offer policy may read.
OFFER_INPUTS: Final = frozenset({"grade", "risk_index"})

LIMIT_BELOW_MINIMUM: Final = Reason(
    "limit_below_minimum",
    Wording(
        en="The amount that can be lent is below the least amount of the programme.",
        zh="可贷金额低于本产品的最低额度。",
    ),
)
TERM_NOT_SERVED: Final = Reason(
    "term_not_served",
    Wording(en="No term of the programme is as short as the limit.", zh="本产品没有符合期限上限的贷款期限。"),
)


@dataclass(frozen=True)
class Offer:
    """Loan details for the applicant to check.

    Attributes:
        request: what was asked for.
        amount: what is offered.
        limits: what the amount was held against, by name: ``requested``, ``programme``, ``grade``, ``sales``
            and, of a qualification, ``qualification``.
        grade: the grade that it was priced by.
        schedule: as if paid out on ``made_on``.
        made_on, expires_on: it can be confirmed up to and including ``expires_on``.
        decision: of the offer policy.
        qualification: what caps the amount and sets the rate; ``None`` where the programme looks at none.
    """

    request: LoanRequest
    amount: Money
    limits: Mapping[str, Money]
    grade: str
    schedule: Schedule
    made_on: date
    expires_on: date
    decision: Decision
    qualification: Qualification | None = None

    @property
    def rate(self) -> Rate:
        """The nominal rate per year."""
        return self.schedule.terms.annual_rate

    @property
    def term_months(self) -> int:
        """The term offered; it may be shorter than the one asked for."""
        return self.schedule.terms.instalments

    def terms_document(self) -> dict[str, object]:
        """Return what both sides agree to, as canonical data, ready for the digest that they sign."""
        terms = self.schedule.terms
        return {
            **self.schedule.document(),
            "amount": self.amount.text,
            "annual_rate": self.rate.text,
            "term_months": self.term_months,
            "method": terms.method.value,
            "day_count": terms.day_count.value,
            "grade": self.grade,
            "account": self.request.account,
            "requested_amount": self.request.amount.text,
            "requested_term_months": self.request.term_months,
            "made_on": self.made_on.isoformat(),
            "expires_on": self.expires_on.isoformat(),
        }

    def document(self) -> dict[str, object]:
        """Return the whole offer as canonical data: the terms, and what the lender derived them from."""
        derived: dict[str, object] = {
            "limits": {name: limit.text for name, limit in self.limits.items()},
            "decision": self.decision.document(),
        }
        if self.qualification is not None:
            derived["qualification"] = self.qualification.document()
        return self.terms_document() | derived


@dataclass(frozen=True)
class Refusal:
    """No offer: the policy or a limit refers or declines the request, for these reasons."""

    outcome: Literal["refer", "decline"]
    reasons: tuple[Reason, ...]
    decision: Decision

    def document(self) -> dict[str, object]:
        """Return the refusal as canonical data."""
        return {
            "outcome": self.outcome,
            "reasons": [reason.document() for reason in self.reasons],
            "decision": self.decision.document(),
        }


def is_open(expires_on: date, today: date) -> bool:
    """Return whether an offer can still be confirmed on ``today``: up to and including its last day."""
    return today <= expires_on


def make_offer(
    programme: Programme,
    table: Table,
    request: LoanRequest,
    *,
    grade: str,
    risk_index: Decimal,
    twelve_month_sales: Money,
    made_on: date,
    qualification: Qualification | None = None,
) -> Offer | Refusal:
    """Return the offer for ``request``, or why there is none.

    Args:
        programme: limits, steps, terms and how long an offer holds.
        table: the programme's offer policy (``check_policies`` proves its outputs). It may read
            ``grade`` (text) and ``risk_index`` (decimal).
        request: what is asked for, in the programme's currency.
        grade: from the grading.
        risk_index: from the grading.
        twelve_month_sales: net sales that the share limit is taken of.
        made_on: the lender's date today.
        qualification: the live one; not looked at where the programme asks for none.

    Raises:
        Malformed: ``currency_mismatch``; ``not_served`` for a term or method outside the programme.
    """
    if request.term_months not in programme.terms_months or request.method not in programme.methods:
        raise Malformed("not_served", "The programme does not offer this term or repayment method.")
    decision = decide(table, {"grade": grade, "risk_index": risk_index})
    if decision.outcome in ("refer", "decline"):
        return Refusal("decline" if decision.outcome == "decline" else "refer", decision.reasons, decision)
    qualified = qualification if programme.qualification.need != "none" else None
    if refusal := _unqualified(programme, decision, qualified):
        return refusal
    limits = _limits(programme, decision, request.amount, twelve_month_sales, qualified)
    least = min(limits.values())
    amount = Money(
        least.amount_minor - least.amount_minor % programme.amount_step.amount_minor, least.currency
    )
    if amount < programme.amount_min:
        return Refusal("decline", (*decision.reasons, LIMIT_BELOW_MINIMUM), decision)
    longest = min(request.term_months, _whole(decision, "max_term_months"))
    terms_months = [months for months in programme.terms_months if months <= longest]
    if not terms_months:
        return Refusal("decline", (*decision.reasons, TERM_NOT_SERVED), decision)
    terms = Terms(
        principal=amount,
        annual_rate=_rate(decision, qualified),
        instalments=max(terms_months),
        method=request.method,
        day_count=programme.day_count,
        first_due_on=add_months(made_on, 1),
        disbursed_on=made_on,
    )
    expires_on = made_on + timedelta(days=programme.offer_valid_days)
    schedule = repayment_schedule(terms)
    return Offer(request, amount, limits, grade, schedule, made_on, expires_on, decision, qualified)


def _rate(decision: Decision, qualified: Qualification | None) -> Rate:
    """Return what was granted, or else what the policy gives for the grade."""
    of_grade = Rate.parse(decimal_text(_decimal(decision, "annual_rate")))
    return of_grade if qualified is None or qualified.rate is None else qualified.rate


def _unqualified(programme: Programme, decision: Decision, qualified: Qualification | None) -> Refusal | None:
    if qualified is None and programme.qualification.need == "required":
        return Refusal("refer", (*decision.reasons, QUALIFICATION_REQUIRED), decision)
    if qualified is not None and qualified.outcome == "decline":
        return Refusal("decline", (*decision.reasons, QUALIFICATION_DECLINED), decision)
    return None


def _limits(
    programme: Programme,
    decision: Decision,
    requested: Money,
    twelve_month_sales: Money,
    qualified: Qualification | None,
) -> dict[str, Money]:
    share = Fraction(_decimal(decision, "max_sales_share"))
    limits = {
        "requested": requested,
        "programme": programme.amount_max,
        "grade": Money.parse(decimal_text(_decimal(decision, "max_amount")), programme.currency),
        "sales": twelve_month_sales.scaled(share, Rounding.DOWN),
    }
    if qualified is not None and qualified.amount is not None:
        limits["qualification"] = qualified.amount
    return limits


def _decimal(decision: Decision, output: str) -> Decimal:
    value = decision.outputs.get(output)
    if not isinstance(value, Decimal):
        raise Malformed("malformed_policy", f"The policy {decision.table} must give {output} as a decimal.")
    return value


def _whole(decision: Decision, output: str) -> int:
    value = decision.outputs.get(output)
    if not isinstance(value, int):
        raise Malformed("malformed_policy", f"The policy {decision.table} must give {output} as an integer.")
    return value
