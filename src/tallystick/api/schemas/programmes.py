"""Loan programmes as applicants see them: what may be borrowed, and what the form must ask."""

from datetime import datetime

from ninja import Field

from tallystick.api.schemas.common import Member, Money, Shown, Wording


class ItemChoice(Shown):
    """One value that a choice may take."""

    value: str
    label: Wording


class Item(Shown):
    """One standard item of the information page, in the page's order."""

    name: str
    kind: str = Field(
        description="text, money, whole, credit_code, bank_card, identity_number, date, choice or books"
    )
    label: Wording
    help: Wording
    required: bool
    choices: list[ItemChoice] = Field(description="Of a choice; else empty.")


class Programme(Shown):
    """A programme in a list."""

    id: int
    slug: str
    version: str = Field(description="Digest of the programme and its policies.")
    lender: Member
    names: Wording
    descriptions: Wording
    active_from: datetime


class ProgrammeDetail(Programme):
    """A programme with everything that an application to it must hold."""

    amount_min: Money
    amount_max: Money
    amount_step: Money
    terms_months: list[int]
    methods: list[str]
    day_count: str
    offer_valid_days: int
    qualification: str = Field(
        description="Whether an offer rests on a qualification of the supplier: none, optional or required"
    )
    items: list[Item]


class ProgrammePage(Shown):
    """A page of programmes."""

    items: list[Programme]
    next: str | None = Field(description="The cursor of the next page; null on the last.")
