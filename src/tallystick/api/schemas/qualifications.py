"""Queries about a supplier's delivery records, as the API takes and answers them."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Field, Schema

from tallystick.api.schemas.common import Hash, Line, Member, Money, Reference, Sent, Shown, Wording
from tallystick.api.schemas.evidence import Address
from tallystick.contracts.qualification import MAX_DAYS
from tallystick.evidence.assessment import Quality
from tallystick.services.chain import MAX_CORES
from tallystick.services.qualification import DAYS

Place = Annotated[str, Field(pattern=r"^[0-9]{1,15}-[0-9]{1,6}$", max_length=22)]
AmountText = Annotated[str, Field(pattern=r"^[0-9]{1,15}(\.[0-9]{1,4})?$", examples=["200000.00"])]
RateText = Annotated[str, Field(pattern=r"^[01](\.[0-9]{1,12})?$", examples=["0.0485"])]


class AskQualification(Sent):
    """Ask the ledger for the delivery records of a supplier; the lender signs."""

    supplier: Address
    days: Annotated[int, Field(ge=1, le=MAX_DAYS, description="How far back.")] = DAYS
    application: Reference | None = Field(default=None, description="A loan application that it is about.")
    product_family: Annotated[
        str, Field(max_length=60, description="Whose registered model looks at the pictures; empty: none.")
    ] = ""


class GradeByHand(Sent):
    """What a reviewer saw in the media of one record; at least one figure."""

    quality: Literal[tuple(each.value for each in Quality)] | None = None  # type: ignore[valid-type]
    quantity: Annotated[str, Field(pattern=r"^[0-9]{1,12}$")] | None = None
    value: AmountText | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "CNY"
    because: Annotated[Line, Field(min_length=1, max_length=300)]


class DecideQualification(Sent):
    """Grant, with an amount and a yearly rate, or decline with neither; once."""

    outcome: Literal["grant", "decline"]
    reason: Annotated[Line, Field(min_length=1)]
    amount: AmountText | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "CNY"
    annual_rate: Annotated[RateText | None, Field(description="A share of one: 4.85 % is 0.0485.")] = None


class Grounds(Shown):
    """Why something came out as it did."""

    code: str
    text: Wording


class Check(Shown):
    """One check of a record, by name."""

    name: str = Field(description="signature, signing_key, media_hash, record_hash, medium:N…")
    outcome: str = Field(description="passed, failed or not_made")
    text: Wording


class Figure(Shown):
    """One figure of an assessment."""

    value: str | None = Field(description="Null where it abstains.")
    basis: str
    because: str
    low: str | None
    high: str | None
    confidence: int | None = Field(description="In ten-thousandths.")
    conflicts: list[str]


class Figures(Shown):
    """What the papers, pictures and grades of a delivery come to together."""

    quality: Figure
    quantity: Figure
    value: Figure
    currency: str


class Match(Shown):
    """How far the limits of a tier are met; ``degree`` is an exact fraction from 0 to 1."""

    tier: int
    rule: str
    degree: str


class Record(Shown):
    """One delivery record, as it was checked and graded."""

    address: str = Field(description="Storage address on the ledger.")
    record_hash: Hash
    buyer: str = Field(description="Account address.")
    delivery: str = Field(
        description="Reference of the delivery; empty where it is not in this installation."
    )
    recorded_at: datetime
    counts: bool = Field(description="Whether every check was made and passed.")
    checks: list[Check]
    assessment: Figures
    tier: int | None = Field(description="1 is the best; null for none.")
    matches: list[Match]
    reasons: list[Grounds]


class Decision(Shown):
    """What the officer decided."""

    outcome: str = Field(description="grant or decline")
    amount: Money | None
    annual_rate: str | None
    reason: str
    decided_at: datetime


class Qualification(Shown):
    """A query in a list."""

    reference: str
    supplier: Member
    application: str = Field(description="Reference of the application that it is about; empty for none.")
    asked_at: datetime
    query: str = Field(description="Storage address of the query; empty while it is being sent.")
    contract: Hash = Field(description="Identifier of the query contract.")
    is_examined: bool = Field(description="Whether the ledger has answered and the records were checked.")
    tier: int | None = Field(description="Of the supplier; 1 is the best.")
    decision: Decision | None


class QualificationDetail(Qualification):
    """A query with everything that it gave; without records until it is examined."""

    since: datetime | None = Field(description="Block time from which records count.")
    left_out: int = Field(description="Records of the period that the terms' number left out.")
    reasons: list[Grounds]
    records: list[Record]


class QualificationPage(Shown):
    """A page of queries."""

    items: list[Qualification]
    next: str | None = Field(description="The cursor of the next page; null on the last.")


class Cores(Schema):
    """Where a chain should lead to."""

    core: Annotated[
        list[Address], Field(max_length=MAX_CORES, description="Account addresses of core enterprises.")
    ] = []


class ChainMember(Shown):
    """A member of a chain; ``missing`` says why nothing is known further down."""

    address: str
    name: str
    level: int
    missing: str | None = Field(description="no_records or no_consent; null where deliveries are known.")


class ChainLink(Shown):
    """Deliveries of one member to another; shares are exact fractions from 0 to 1."""

    supplier: str
    buyer: str
    level: int
    deliveries: int
    value: Money | None
    share_of_deliveries: str
    share_of_value: str | None
    closes_cycle: bool


class ChainPath(Shown):
    """One way down."""

    members: list[str]
    end: str = Field(description="core, last, no_records, no_consent, cycle or too_deep")
    share: str


class ChainLevel(Shown):
    """Figures of one level; ``unvalued`` counts links without a value."""

    level: int
    members: int
    deliveries: int
    values: list[Money]
    unvalued: int


class Chain(Shown):
    """The chain below a supplier, as far as its members' consents let this lender see."""

    supplier: str
    since: datetime
    reaches_core: bool
    members: list[ChainMember]
    links: list[ChainLink]
    paths: list[ChainPath]
    levels: list[ChainLevel]
    cycles: list[list[str]]
    limits: list[str] = Field(description="Limits that cut it short; with any the chain is not whole.")
