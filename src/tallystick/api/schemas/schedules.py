"""Repayment schedules: the same names as ``tallystick loan schedule``."""

from typing import Annotated

from ninja import Field

from tallystick.api.schemas.common import Sent, Shown

Text = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[ -~]+$")]


class ScheduleTerms(Sent):
    """The terms of a loan; amounts, rates and dates are text, so that nothing is rounded on the way."""

    principal: Text = Field(examples=["500000.00"])
    currency: Text = Field(examples=["CNY"])
    annual_rate: Text = Field(description="4.85 % is 0.0485.", examples=["0.0485"])
    instalments: int = Field(ge=1, le=600, description="Months of the term.", examples=[12])
    method: Text = Field(
        description="equal-instalments, equal-principal, interest-only or single-repayment.",
        examples=["equal-instalments"],
    )
    day_count: Text = Field(description="30/360, actual/360 or actual/365.", examples=["30/360"])
    first_due: Text = Field(description="ISO 8601 date.", examples=["2026-12-22"])
    disbursed_on: Text | None = Field(None, description="Default: one month before the first due date.")


class Instalment(Shown):
    """One payment; ``payment`` is ``principal`` and ``interest``, ``balance`` is owed after it."""

    number: int
    due_on: str
    principal: str
    interest: str
    payment: str
    balance: str


class Schedule(Shown):
    """All payments of a loan; amounts are decimal text in ``currency``."""

    currency: str
    instalments: list[Instalment]
    total_interest: str
    total_payment: str
