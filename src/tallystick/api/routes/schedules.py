"""Repayment schedules, worked out and not kept: what ``tallystick loan schedule --json`` prints."""

from django.http import HttpRequest
from ninja import Router

from tallystick.api.schemas.schedules import Instalment, Schedule, ScheduleTerms
from tallystick.lending import schedule as lending
from tallystick.values.calendar import parse_date
from tallystick.values.money import Money
from tallystick.values.rates import DayCount, Rate

router = Router()


@router.post("", response=Schedule, summary="Work out a schedule", operation_id="work_out_schedule")
def work_out(request: HttpRequest, sent: ScheduleTerms) -> Schedule:
    """Return every payment of a loan with these terms, exact to the minor unit."""
    made = lending.repayment_schedule(
        lending.Terms(
            principal=Money.parse(sent.principal, sent.currency),
            annual_rate=Rate.parse(sent.annual_rate),
            instalments=sent.instalments,
            method=lending.Method.parse(sent.method),
            day_count=DayCount.parse(sent.day_count),
            first_due_on=parse_date(sent.first_due),
            disbursed_on=None if sent.disbursed_on is None else parse_date(sent.disbursed_on),
        )
    )
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
