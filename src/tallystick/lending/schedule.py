"""Repayment schedules: when a loan is paid back and how each payment divides, exact to the minor unit.

Interest of a period = balance before it × annual rate × the period's fraction of a year, rounded
HALF_EVEN: ties go up as often as down, so that long schedules carry no bias, and Apache Fineract
rounds so by default, so that a migrated loan keeps its figures.

Methods (Fineract's name; Chinese name):
    equal-instalments (EQUAL_INSTALLMENTS; 等额本息): every payment the same.
    equal-principal (EQUAL_PRINCIPAL; 等额本金): every principal part the same.
    interest-only (先息后本): interest in each instalment, the principal with the last.
    single-repayment (到期一次还本付息): principal and simple interest in one sum when the term ends.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise
from math import lcm
from types import MappingProxyType

from tallystick.errors import Malformed
from tallystick.lending.terms import Method, Terms
from tallystick.values.calendar import add_months
from tallystick.values.money import Money
from tallystick.values.rates import DayCount
from tallystick.values.rounding import Rounding, round_fraction

ROUNDING = Rounding.HALF_EVEN


@dataclass(frozen=True, slots=True)
class Instalment:
    """One payment: ``payment`` = ``principal`` + ``interest``; ``balance`` is still owed after it."""

    number: int
    due_on: date
    principal: Money
    interest: Money
    payment: Money
    balance: Money

    def document(self) -> dict[str, object]:
        """Return the instalment as canonical data, amounts as text."""
        return {
            "number": self.number,
            "due_on": self.due_on.isoformat(),
            "principal": self.principal.text,
            "interest": self.interest.text,
            "payment": self.payment.text,
            "balance": self.balance.text,
        }


@dataclass(frozen=True, slots=True)
class Schedule:
    """All instalments of a loan with these terms, in the order of their due dates."""

    terms: Terms
    instalments: tuple[Instalment, ...]

    @property
    def total_interest(self) -> Money:
        """Interest of all instalments."""
        return sum((each.interest for each in self.instalments), self.terms.principal * 0)

    @property
    def total_payment(self) -> Money:
        """Principal and interest of all instalments."""
        return self.terms.principal + self.total_interest

    def document(self) -> dict[str, object]:
        """Return the schedule as canonical data, amounts as text."""
        return {
            "currency": self.terms.principal.currency.code,
            "instalments": [each.document() for each in self.instalments],
            "total_interest": self.total_interest.text,
            "total_payment": self.total_payment.text,
        }


def repayment_schedule(terms: Terms) -> Schedule:
    """Return the schedule for ``terms``.

    The principal parts sum to the principal, no part is negative and the last balance is zero: the
    last instalment pays what is left, and so absorbs the residue of all roundings.

    Raises:
        Malformed: ``bad_dates`` when the calendar moves two dates onto each other.
    """
    ends = _month_ends(terms)
    growths = [
        terms.annual_rate.value * _year_fraction(terms.day_count, start, end)
        for start, end in pairwise([terms.starts_on, *ends])
    ]
    if terms.method is Method.SINGLE_REPAYMENT:
        ends, growths = ends[-1:], [sum(growths, Fraction(0))]
    balance = terms.principal
    instalments = []
    parts = _PRINCIPAL_PARTS[terms.method](balance.amount_minor, growths)
    for number, (due_on, growth, part) in enumerate(
        zip(_due_dates(terms, ends), growths, parts, strict=True), 1
    ):
        interest = balance.scaled(growth, ROUNDING)
        principal = Money(part, balance.currency)
        balance -= principal
        instalments.append(Instalment(number, due_on, principal, interest, principal + interest, balance))
    return Schedule(terms, tuple(instalments))


def _month_ends(terms: Terms) -> list[date]:
    # A loan paid out on 31 January and first due on 28 February is next due on 31 March.
    if add_months(terms.starts_on, 1) == terms.first_due_on:
        return [add_months(terms.starts_on, month) for month in range(1, terms.instalments + 1)]
    return [add_months(terms.first_due_on, month) for month in range(terms.instalments)]


def _year_fraction(day_count: DayCount, start: date, end: date) -> Fraction:
    # 30/360 exists to make months equal, but by the letter it gives the month from 31 January to
    # 28 February 28 days and the next one 33. Whole months therefore count as months.
    months = 12 * (end.year - start.year) + end.month - start.month
    whole = add_months(start, months) == end or add_months(end, -months) == start
    if day_count is DayCount.THIRTY_360 and whole:
        return Fraction(months, 12)
    return day_count.year_fraction(start, end)


def _due_dates(terms: Terms, ends: list[date]) -> list[date]:
    if terms.calendar is None:
        return ends
    due_dates = [terms.calendar.roll(end, terms.roll) for end in ends]
    if any(later <= earlier for earlier, later in pairwise([terms.starts_on, *due_dates])):
        raise Malformed("bad_dates", "The business calendar leaves no time between two dates.")
    return due_dates


def _equal_instalments(principal: int, growths: Sequence[Fraction]) -> list[int]:
    """The annuity; or, should rounding pay the loan off too soon, the largest payment that does not.

    A payment never falls below its period's interest, so that the balance never grows.
    """
    level = round_fraction(_annuity(principal, growths), ROUNDING)
    parts = _parts_of_level(level, principal, growths)
    if parts[-1] > 0:
        return parts
    enough, too_much = 0, level
    while too_much - enough > 1:
        middle = (enough + too_much) // 2
        if _parts_of_level(middle, principal, growths)[-1] > 0:
            enough = middle
        else:
            too_much = middle
    return _parts_of_level(enough, principal, growths)


def _annuity(principal: int, growths: Sequence[Fraction]) -> Fraction:
    """The exact payment A that amortises the principal P over periods that grow by g1 … gn.

    The balance after period k is B(k) = B(k-1) × (1 + gk) - A, and B(n) = 0 gives
    A = P × (1+g1)…(1+gn) / (1 + (1+gn) + (1+gn)(1+gn-1) + … + (1+gn)…(1+g2)).
    With equal periods that is the annuity formula A = P × g / (1 - (1+g)^-n). Numerator and
    denominator are kept as whole numbers over the growths' common denominator.
    """
    unit = lcm(*(growth.denominator for growth in growths))
    owed, paid, scale = principal, 0, 1
    for growth in growths:
        factor = unit + int(growth * unit)
        scale *= unit
        owed *= factor
        paid = paid * factor + scale
    return Fraction(owed, paid)


def _parts_of_level(level: int, principal: int, growths: Sequence[Fraction]) -> list[int]:
    balance, parts = principal, []
    for growth in growths[:-1]:
        part = min(max(level - round_fraction(balance * growth, ROUNDING), 0), balance)
        balance -= part
        parts.append(part)
    return [*parts, balance]


def _equal_principal(principal: int, growths: Sequence[Fraction]) -> list[int]:
    before_last = len(growths) - 1
    part = round_fraction(Fraction(principal, len(growths)), ROUNDING)
    if before_last * part >= principal:
        part = (principal - 1) // before_last
    return [part] * before_last + [principal - before_last * part]


def _all_at_the_end(principal: int, growths: Sequence[Fraction]) -> list[int]:
    return [0] * (len(growths) - 1) + [principal]


_PRINCIPAL_PARTS: Mapping[Method, Callable[[int, Sequence[Fraction]], list[int]]] = MappingProxyType(
    {
        Method.EQUAL_INSTALMENTS: _equal_instalments,
        Method.EQUAL_PRINCIPAL: _equal_principal,
        Method.INTEREST_ONLY: _all_at_the_end,
        Method.SINGLE_REPAYMENT: _all_at_the_end,
    }
)
