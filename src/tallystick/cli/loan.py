"""``tallystick loan``: work out what a loan costs, without a database or a ledger."""

import click

from tallystick.cli.output import emit, json_option, table
from tallystick.errors import Malformed
from tallystick.lending.schedule import Instalment, Schedule, repayment_schedule
from tallystick.lending.terms import Method, Terms
from tallystick.values.money import Money
from tallystick.values.rates import DayCount

_HEADINGS = ("No", "Due on", "Principal", "Interest", "Payment", "Balance")
_RIGHT = (True, False, True, True, True, True)
_METHODS = ", ".join(method.value for method in Method)
_DAY_COUNTS = ", ".join(day_count.value for day_count in DayCount)


@click.group()
def loan() -> None:
    """Work out loans."""


@loan.command()
@click.option("--principal", required=True, metavar="AMOUNT", help="Amount lent, as 500000.00.")
@click.option("--currency", required=True, metavar="CODE", help="ISO 4217 code, as CNY.")
@click.option("--annual-rate", required=True, metavar="RATE", help="Yearly rate, 4.85 % as 0.0485.")
@click.option("--instalments", required=True, metavar="MONTHS", help="Months of the term, 1 to 600.")
@click.option("--method", required=True, metavar="METHOD", help=f"One of {_METHODS}.")
@click.option("--day-count", required=True, metavar="NAME", help=f"One of {_DAY_COUNTS}.")
@click.option("--first-due", required=True, metavar="DATE", help="First due date, as 2026-12-22.")
@click.option("--disbursed-on", metavar="DATE", help="Default: one month before the first due date.")
@json_option
def schedule(
    principal: str,
    currency: str,
    annual_rate: str,
    instalments: str,
    method: str,
    day_count: str,
    first_due: str,
    disbursed_on: str | None,
) -> None:
    """Print the repayment schedule of a loan, exact to the minor unit."""
    terms = Terms.parse(
        principal=principal,
        currency=currency,
        annual_rate=annual_rate,
        instalments=_count(instalments),
        method=method,
        day_count=day_count,
        first_due=first_due,
        disbursed_on=disbursed_on,
    )
    made = repayment_schedule(terms)
    emit(made.document(), _text(made))


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise Malformed("bad_instalments", f"{text!r:.40} is not a number of instalments.")
    return int(text)


def _text(made: Schedule) -> str:
    terms = made.terms
    caption = (
        f"{terms.principal} at {terms.annual_rate.percent} % a year, {terms.method.value}, "
        f"{terms.day_count.value}, disbursed on {terms.starts_on.isoformat()}"
    )
    total = ("", "Total", *map(_amount, (terms.principal, made.total_interest, made.total_payment)), "")
    rows = [*map(_row, made.instalments), total]
    return f"{caption}\n\n{table(_HEADINGS, rows, _RIGHT)}"


def _row(each: Instalment) -> tuple[str, ...]:
    amounts = (each.principal, each.interest, each.payment, each.balance)
    return (str(each.number), each.due_on.isoformat(), *map(_amount, amounts))


def _amount(amount: Money) -> str:
    return str(amount).partition(" ")[2]
