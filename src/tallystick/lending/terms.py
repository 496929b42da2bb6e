"""What a repayment schedule is made from: the method and the terms of a loan."""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from tallystick.errors import Malformed, TooLarge
from tallystick.values.calendar import BusinessCalendar, Roll, add_months, parse_date
from tallystick.values.money import Money
from tallystick.values.rates import DayCount, Rate

MAX_INSTALMENTS = 600
# Leaves room for centuries of interest below the limit of Money.
MAX_PRINCIPAL_MINOR = 10**15
FIRST_YEAR, LAST_YEAR = 1900, 2200


class Method(Enum):
    """How a loan is paid back; the caption of this module says what each name means."""

    EQUAL_INSTALMENTS = "equal-instalments"
    EQUAL_PRINCIPAL = "equal-principal"
    INTEREST_ONLY = "interest-only"
    SINGLE_REPAYMENT = "single-repayment"

    @classmethod
    def parse(cls, text: str) -> "Method":
        """Return the method named ``text``.

        Raises:
            Malformed: ``bad_method``.
        """
        try:
            return cls(text)
        except ValueError:
            known = ", ".join(each.value for each in cls)
            raise Malformed(
                "bad_method", f"{text!r:.40} is not a repayment method: choose {known}."
            ) from None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a schedule is made from.

    Attributes:
        principal: the amount lent, above zero.
        annual_rate: from 0 to 1 (100 %).
        instalments: months of the term, 1 to 600. Each ends with an instalment; a single repayment
            has only the one that ends the last month.
        first_due_on: when the first month ends. Later months end on the same day, or on the last day
            of a shorter month: 31 January, 28 February, 31 March.
        disbursed_on: when interest starts; None means one month before ``first_due_on``.
        calendar: business days to which ``roll`` moves the due dates. Interest is counted between the
            dates as they were before (unadjusted), so that a holiday never changes an amount.

    Raises:
        Malformed: ``bad_principal``, ``bad_annual_rate``, ``bad_instalments`` or ``bad_dates``.
        TooLarge: ``principal_too_large`` above ``MAX_PRINCIPAL_MINOR``.
    """

    principal: Money
    annual_rate: Rate
    instalments: int
    method: Method
    day_count: DayCount
    first_due_on: date
    disbursed_on: date | None = None
    calendar: BusinessCalendar | None = None
    roll: Roll = Roll.FOLLOWING

    def __post_init__(self) -> None:
        if self.principal.amount_minor <= 0:
            raise Malformed("bad_principal", "The principal must be above zero.")
        if self.principal.amount_minor > MAX_PRINCIPAL_MINOR:
            limit = Money(MAX_PRINCIPAL_MINOR, self.principal.currency)
            raise TooLarge("principal_too_large", f"The principal may be at most {limit}.")
        if not 0 <= self.annual_rate.value <= 1:
            raise Malformed("bad_annual_rate", "The annual rate must be from 0 to 1 (100 %).")
        if type(self.instalments) is not int or not 1 <= self.instalments <= MAX_INSTALMENTS:
            raise Malformed("bad_instalments", f"Instalments must be a number from 1 to {MAX_INSTALMENTS}.")
        if not all(FIRST_YEAR <= day.year <= LAST_YEAR for day in (self.starts_on, self.first_due_on)):
            raise Malformed("bad_dates", f"Dates must be in the years {FIRST_YEAR} to {LAST_YEAR}.")
        if self.starts_on >= self.first_due_on:
            raise Malformed("bad_dates", "The first due date must be after the disbursement.")

    @classmethod
    def parse(
        cls,
        *,
        principal: str,
        currency: str,
        annual_rate: str,
        instalments: int,
        method: str,
        day_count: str,
        first_due: str,
        disbursed_on: str | None = None,
    ) -> "Terms":
        """Return the terms that these texts state; dates as ``2026-12-22``.

        Raises:
            Malformed: ``bad_amount``, ``unknown_currency``, ``bad_rate``, ``bad_method``, ``bad_day_count``,
                ``bad_date``, and what the terms themselves raise.
        """
        return cls(
            principal=Money.parse(principal, currency),
            annual_rate=Rate.parse(annual_rate),
            instalments=instalments,
            method=Method.parse(method),
            day_count=DayCount.parse(day_count),
            first_due_on=parse_date(first_due),
            disbursed_on=None if disbursed_on is None else parse_date(disbursed_on),
        )

    @property
    def starts_on(self) -> date:
        """The day of disbursement, from which interest is counted."""
        return self.disbursed_on or add_months(self.first_due_on, -1)
