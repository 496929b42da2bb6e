"""Deliveries, their media, consents to read them, and qualifications, as the API takes and answers them."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Field

from tallystick.api.schemas.common import Hash, Line, Member, RowId, Sent, Shown
from tallystick.contracts.countersignature import REASONS
from tallystick.evidence.delivery import MAX_MEDIA
from tallystick.evidence.papers import Kind

Address = Annotated[str, Field(pattern=r"^tly1[0-9a-z]{20,80}$", max_length=90)]
Signature = Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]
Token = Annotated[str, Field(pattern=r"^[0-9a-f]{48}$")]
#: A film lies at an address of printable ASCII.
Location = Annotated[str, Field(max_length=500, pattern=r"^https?://[!-~]+$")]
FileName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]


class BeginUpload(Sent):
    """Announce a file that comes in pieces."""

    file_name: FileName
    size_bytes: Annotated[int, Field(ge=1, le=2**53 - 1)]
    sha256: Hash | None = None


class UploadBegun(Shown):
    """Under which token the pieces are sent."""

    token: str


class UploadProgress(Shown):
    """How far an upload is; the next piece starts at ``received_bytes``."""

    file_name: str
    size_bytes: int
    received_bytes: int


class FinishUpload(Sent):
    """Take the file in; say what a document is, so that it is read for it."""

    paper_kind: Literal[tuple(each.value for each in Kind)] | None = None  # type: ignore[valid-type]


class FilmElsewhere(Sent):
    """A film that lies at an address, by its SHA-256."""

    location: Location
    sha256: Hash
    size_bytes: Annotated[int, Field(ge=1, le=2**53 - 1)]


class Media(Shown):
    """One file of a delivery."""

    id: int
    kind: str = Field(description="picture, document or video")
    media_type: str
    file_name: str
    sha256: str = Field(description="Of the bytes as they are kept: what stands on the ledger.")
    key_commitment: str = Field(description="Empty for a file that lies in the open at its location.")
    size_bytes: int
    location: str
    paper_kind: str
    paper: dict[str, object] | None = Field(description="What was read off a document.")


class SubmitDelivery(Sent):
    """Put a delivery on the ledger for its buyer to countersign."""

    buyer: Address
    media: Annotated[list[RowId], Field(min_length=1, max_length=MAX_MEDIA)]
    due_at: Annotated[datetime, Field(strict=False, description="When the answer is due; with a time zone.")]


class Delivery(Shown):
    """A delivery, as either party sees it."""

    reference: str
    stage: str = Field(description="sending, waiting, signed, recorded, refused, withdrawn or failed")
    supplier: Member
    buyer: Member
    due_at: datetime
    media_hash: str
    request: str = Field(description="Storage address of the request; empty while it is being sent.")
    record: str = Field(description="Storage address of the record; empty until there is one.")
    record_hash: str
    reason: str
    note: str
    created_at: datetime
    media: list[Media]


class DeliveryPage(Shown):
    """A page of deliveries."""

    items: list[Delivery]
    next: str | None = Field(description="The cursor of the next page; null on the last.")


class Statement(Shown):
    """What a key signs to countersign a delivery: exactly these bytes, in UTF-8."""

    text: str


class Countersign(Sent):
    """Countersign: with nothing, by the buyer's key in this installation; else by a registered key."""

    key: Hash | None = None
    signature: Signature | None = None


class Refuse(Sent):
    """Refuse to countersign."""

    reason: Literal[REASONS]  # type: ignore[valid-type]  # built from a table
    note: Line = ""


class RegisterKey(Sent):
    """Register a key that the buyer holds elsewhere."""

    key: Hash
    possession: Signature


class GrantConsent(Sent):
    """Let a lender read deliveries, or have books pulled, until a day."""

    recipient: Address
    purpose: Annotated[
        Literal["loan-qualification", "admission"],
        Field(description="`admission` lets tax and invoice books be pulled, and no delivery be read."),
    ] = "loan-qualification"
    until: Annotated[datetime, Field(strict=False)]
    deliveries: Annotated[
        list[Annotated[str, Field(pattern=r"^DL-[0-9]{4}-[0-9]{5,10}$", max_length=20)]],
        Field(max_length=200, description="References; left empty, every delivery."),
    ] = []


class Consent(Shown):
    """A consent, as its owner and its recipient see it."""

    id: int
    owner: Member
    recipient: Member
    purpose: str
    scope: list[str]
    until: datetime
    granted_at: datetime
    withdrawn_at: datetime | None
    address: str = Field(description="Storage address on the ledger; empty while it is being sent.")


class ConsentPage(Shown):
    """A page of consents."""

    items: list[Consent]
    next: str | None = Field(description="The cursor of the next page; null on the last.")
