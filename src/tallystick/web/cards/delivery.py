"""The page of one delivery: where it stands, what either side can do, its files and who has read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.functional import Promise

from tallystick.contracts.countersignature import REASONS as KNOWN_REASONS
from tallystick.contracts.countersignature import Request, request_from_state
from tallystick.errors import Rejection
from tallystick.evidence.papers import Kind, Status
from tallystick.records.models import Delivery, MediaFile, MediaReading
from tallystick.services import deliveries
from tallystick.services.access import Actor
from tallystick.services.installation import Installation
from tallystick.web.delivery_words import (
    ANSWER_ON_ITS_WAY,
    FIELDS,
    MEDIA,
    PAPERS,
    REASONS,
    STAGES,
    STATUSES,
    due_label,
)
from tallystick.web.sentences import said, sentence
from tallystick.web.stages import StageLabel

#: Readings that the owner is shown; the oldest are left out.
READINGS_AT_MOST = 200


@dataclass(frozen=True)
class FieldRow:
    """One value that was read off a document; ``failed`` names the checks that it does not pass."""

    name: str | Promise
    value: str
    standing: StageLabel
    failed: tuple[str, ...]


@dataclass(frozen=True)
class FileRow:
    """One file of a delivery, as both sides see it."""

    file: MediaFile
    called: str | Promise
    fields: tuple[FieldRow, ...]
    problem: str

    @property
    def is_kept(self) -> bool:
        """Whether this installation can show it."""
        return bool(self.file.key_commitment)

    @property
    def has_thumbnail(self) -> bool:
        """Whether there is a small picture of it."""
        return bool(self.file.thumbnail_sha256)


@dataclass(frozen=True)
class DeliveryCard:
    """A delivery as one of its two sides sees it.

    Attributes:
        ways: what the asker can do now: ``sign``, ``refuse``, ``take_back``.
        request: what the ledger says; None while it is not there.
        refused: why the ledger would not have the request, for its supplier.
        reason: why the buyer refused, as a sentence.
        is_moving: whether the page should ask again: the ledger has not answered.
    """

    row: Delivery
    is_supplier: bool
    label: StageLabel
    due: StageLabel
    ways: frozenset[str]
    request: Request | None
    refused: str
    reason: str | Promise
    is_moving: bool

    @property
    def answered_at(self) -> datetime | None:
        """When the block with the buyer's answer was made."""
        at = self.request.answered_at if self.request else 0
        return datetime.fromtimestamp(at / 1000, UTC) if at else None

    @property
    def is_signed(self) -> bool:
        """Whether the buyer has countersigned."""
        return self.row.stage in ("signed", "recorded")


def followed(installation: Installation, row: Delivery) -> Delivery:
    """Bring a delivery up to the ledger; one that the ledger would not have is returned as ``failed``."""
    try:
        return deliveries.follow(installation, row)
    except Rejection:
        return row


def delivery_card(installation: Installation, actor: Actor, row: Delivery) -> DeliveryCard:
    """Return what the asker, whose member is a party, sees of a delivery that was brought up to date."""
    is_supplier = row.supplier_id == actor.member_id
    is_answering = row.stage == "waiting" and row.answer is not None and not row.answer.code
    kept = request_from_state(installation.ledger.read, row.supplier.address, row.request)
    failed = row.sent if row.stage == "failed" else None
    return DeliveryCard(
        row=row,
        is_supplier=is_supplier,
        label=ANSWER_ON_ITS_WAY if is_answering else STAGES[row.stage],
        due=due_label(row.due_at, installation.clock.now()),
        ways=frozenset() if is_answering else _ways(actor, row, is_supplier=is_supplier),
        request=kept,
        refused=sentence(Rejection(failed.code, failed.message)) if failed else "",
        reason=next((REASONS[each] for each in KNOWN_REASONS if each == row.reason), row.reason),
        is_moving=is_answering or row.stage in ("sending", "signed"),
    )


def file_rows(row: Delivery) -> list[FileRow]:
    """Return the delivery's files in the order in which they count."""
    return [file_row(file) for file in row.media.all()]


def file_row(file: MediaFile) -> FileRow:
    """Return one file with what was read off it."""
    known = {kind.value: word for kind, word in PAPERS.items()}
    return FileRow(
        file=file,
        called=known.get(file.paper_kind) or file.paper_kind or MEDIA[file.kind],
        fields=_fields(file.paper) if file.paper_kind in set(Kind) else (),
        problem=said(file.paper_problem, file.paper_problem) if file.paper_problem else "",
    )


def readings(actor: Actor, row: Delivery) -> list[MediaReading]:
    """Return who of other members read the files, newest first; nothing for anybody but their owner."""
    if row.supplier_id != actor.member_id:
        return []
    found = MediaReading.objects.filter(media__delivery=row).select_related("media", "member", "consent")
    return list(found[:READINGS_AT_MOST])


def _ways(actor: Actor, row: Delivery, *, is_supplier: bool) -> frozenset[str]:
    if row.stage != "waiting":
        return frozenset()
    if is_supplier:
        return frozenset({"take_back"} if actor.may("record_delivery") else ())
    return frozenset({"sign", "refuse"} if actor.may("countersign") else ())


def _fields(paper: Mapping[str, Any] | None) -> tuple[FieldRow, ...]:
    fields: Mapping[str, Mapping[str, Any]] = (paper or {}).get("fields", {})
    return tuple(
        FieldRow(
            FIELDS.get(name, name),
            str(field.get("value", "")),
            STATUSES.get(field.get("status", ""), STATUSES[Status.NEEDS_REVIEW]),
            tuple(check["name"] for check in field.get("checks", ()) if not check.get("ok")),
        )
        for name, field in fields.items()
    )
