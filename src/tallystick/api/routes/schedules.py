"""Repayment schedules, worked out and not kept: what ``tallystick loan schedule --json`` prints."""

from django.http import HttpRequest
from ninja import Router

from tallystick.api.schemas.schedules import Instalment, Schedule, ScheduleTerms
from tallystick.lending import schedule as lending
from tallystick.lending import terms

router = Router()


@router.post("", response=Schedule, summary="Work out a schedule", operation_id="work_out_schedule")
def work_out(request: HttpRequest, sent: ScheduleTerms) -> Schedule:
    """Return every payment of a loan with these terms, exact to the minor unit."""
    made = lending.repayment_schedule(terms.Terms.parse(**sent.model_dump()))
    return Schedule(
        currency=made.terms.principal.currency.code,
        instalments=[_instalment(each) for each in made.instalments],
        total_interest=made.total_interest.text,
        total_payment=made.total_payment.text,
    )


def _instalment(each: lending.Instalment) -> Instalment:
    return Instalment(
        number=each.number,
        due_on=each.due_on.isoformat(),
        principal=each.principal.text,
        interest=each.interest.text,
        payment=each.payment.text,
        balance=each.balance.text,
    )
