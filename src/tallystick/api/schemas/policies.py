"""Versions of a lender's policies: their documents, stages, history, and effect on past applications."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Field

from tallystick.api.schemas.common import Sent, Shown
from tallystick.policy.document import MAX_DOCUMENT_BYTES

PolicyName = Annotated[str, Field(max_length=60, pattern=r"^[a-z][a-z0-9-]*$")]
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
#: At most what the store takes; the characters NUL and lone surrogates are in no JSON document of ours.
Text = Annotated[str, Field(max_length=MAX_DOCUMENT_BYTES, pattern=r"^[^\x00]*$")]


class PolicyDraft(Sent):
    """A version to begin, or what to put in a draft's place: JSON documents as text."""

    document: Text
    cases: Text = ""


class PolicyComment(Sent):
    """What is said of a step."""

    comment: Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")] = ""


class PolicyVersion(Shown):
    """A version in a list."""

    id: int
    name: str
    number: int
    version: str = Field(description="Digest of the document's content.")
    stage: str = Field(description="draft, submitted, approved, rejected or withdrawn")
    author: str
    made_at: datetime
    submitted_at: datetime | None
    decided_by: str | None
    decided_at: datetime | None
    in_force_from: datetime | None
    withdrawal_asked_by: str | None = Field(description="Who asked to take an approved version out of force.")
    withdrawal_asked_at: datetime | None
    withdrawn_by: str | None
    withdrawn_at: datetime | None


class PolicyEvent(Shown):
    """A line of a version's history."""

    what: str
    user: str
    comment: str
    at: datetime


class PolicyDetail(PolicyVersion):
    """A version with its documents and its history."""

    document: str
    cases: str
    history: list[PolicyEvent]


class PolicyPage(Shown):
    """A page of versions."""

    items: list[PolicyVersion]
    next: str | None = Field(description="The cursor of the next page; null on the last.")


class PolicyEffect(Shown):
    """How far the effect is worked out, and what was found so far; ask again until ``complete``."""

    complete: bool
    done: int
    total: int
    found: dict[str, Any] = Field(
        description="Counts by outcome and grade, amounts [before, after] in minor units by currency, rows."
    )
