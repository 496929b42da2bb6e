"""Loan applications: what is sent at each step, and what comes back."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Field, Schema
from pydantic import ConfigDict

from tallystick.api.schemas.common import Line, Member, Money, Name, RowId, Sent, Shown, Wording
from tallystick.evidence.papers import Source, Status
from tallystick.lending.application import Stage
from tallystick.lending.items import MAX_ITEMS

Given = Annotated[dict[Name, Line], Field(max_length=MAX_ITEMS)]


class Begin(Sent):
    """To whom the application goes: a programme, or a lender who will assign one; not both."""

    programme_id: RowId | None = None
    lender_id: RowId | None = None


class Fill(Sent):
    """What is filled in now, by item name; other items keep what they had, an empty text clears one."""

    items: Given


class Assign(Sent):
    """The lender's programme for an application that names none."""

    programme_id: RowId


class Reason(Sent):
    """Why; both sides read it."""

    reason: Annotated[Line, Field(min_length=1)]


class OptionalReason(Sent):
    """Why, if the applicant wants to say."""

    reason: Line = ""


class BookForm(Schema):
    """Which item the file answers, and how to read it."""

    model_config = ConfigDict(extra="forbid")

    item: Name = Field(description="The programme's item of kind books.")
    mapping: Name = Field("tallystick", description="Name of the mapping that reads the file's columns.")
    enterprise: Annotated[str, Field(max_length=60, pattern=r"^[^\x00]*$")] = Field(
        "", description="Whose rows in the file are meant, when it holds several enterprises."
    )


class PaperForm(Schema):
    """What the paper is said to be."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["business-licence", "identity-card", "bank-card"]


class PaperCheck(Shown):
    """One thing that speaks for a value, by name."""

    name: str
    ok: bool


class Suggested(Shown):
    """What a paper says of one item; nothing of it is kept."""

    item: Name
    value: str
    source: Source = Field(description="Where the value comes from, most trusted first: original to ocr.")
    status: Status = Field(description="Verified when a check digit holds; else a person compares it.")
    score: int | None = Field(description="The reader's own confidence in ten-thousandths.")
    checks: list[PaperCheck]


class Suggestions(Shown):
    """What a paper can fill in, by item of the programme."""

    items: list[Suggested]


class Book(Shown):
    """An invoice book that was handed in and could be read."""

    item: str
    file_name: str
    sha256: str
    size_bytes: int
    mapping: str
    enterprise: str
    uploaded_at: datetime


class ItemProblem(Shown):
    """An item that cannot be read."""

    item: str
    code: str
    detail: str


class ItemsRead(Shown):
    """How the items read: normalised values, and what to mend. Both were saved as they were typed."""

    values: dict[str, str | int]
    problems: list[ItemProblem]


class ToAdd(Shown):
    """An item to add (``missing_item``) or to mend (the code of its problem)."""

    item: str
    label: Wording
    required: bool
    code: str


class Completeness(Shown):
    """Whether the application went on, or what to add first."""

    complete: bool
    missing_per_mille: int
    threshold_per_mille: int
    to_add: list[ToAdd]


class ProgrammeOfApplication(Shown):
    """The programme and version that the application is judged by."""

    id: int
    slug: str
    version: str


class ApplicationSummary(Shown):
    """An application in a list."""

    reference: str
    stage: Stage
    applicant: Member
    lender: Member
    programme: ProgrammeOfApplication | None
    created_at: datetime
    submitted_at: datetime | None


class Finding(Shown):
    """What one step of the assessment found, as far as the asker's side may see it."""

    kind: str = Field(description="completeness, admission, grading, refusal or decision")
    made_at: datetime
    digest: str | None = Field(description="Digest of the whole document; for the lender.")
    document: dict[str, Any]


class OfferInstalment(Shown):
    """One payment of the offer's schedule."""

    number: int
    due_on: date
    principal: Money
    interest: Money
    payment: Money
    balance: Money


class Offer(Shown):
    """What is offered, with the schedule as if paid out on the day of the offer."""

    amount: Money
    annual_rate: str
    term_months: int
    method: str
    day_count: str
    grade: str
    made_at: datetime
    expires_on: date
    instalments: list[OfferInstalment]
    total_interest: Money
    total_payment: Money
    limits: dict[str, Money] | None = Field(description="What the amount was held against; for the lender.")


class Disbursement(Shown):
    """The payment, recorded once."""

    amount: Money
    account: str
    paid_at: datetime


class Anchor(Shown):
    """A step as it stands on the ledger; empty texts and null while it is still on its way."""

    step: str
    digest: str
    address: str = Field(description="Storage address, height-index.")
    transaction_hash: str
    code: str = Field(description="ok, the ledger's refusal, or empty while on its way.")
    paper: dict[str, Any] | None = Field(
        description="What the digest commits to, salt included; null where it is not for this side."
    )
    committed_at: datetime | None


class HistoryEvent(Shown):
    """Who moved the application; ``user`` is shown to that user's own side."""

    move: str
    stage: Stage
    by: Literal["applicant", "lender", "rule"]
    user: str | None
    reason: str
    at: datetime


class ApplicationDetail(ApplicationSummary):
    """An application with everything that the asker's side may see of it."""

    side: Literal["applicant", "lender"]
    items: dict[str, str]
    books: list[Book]
    findings: list[Finding]
    offer: Offer | None
    disbursement: Disbursement | None
    anchors: list[Anchor]
    history: list[HistoryEvent]
    moves: list[str] = Field(description="Last parts of the addresses that this asker can use now.")


class ApplicationPage(Shown):
    """A page of applications, the latest first."""

    items: list[ApplicationSummary]
    next: str | None = Field(description="The cursor of the next page; null on the last.")
