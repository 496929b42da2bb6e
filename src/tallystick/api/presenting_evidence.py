"""Deliveries, media and consents as they go out."""

from datetime import datetime

from django.utils import timezone

from tallystick.api.schemas import evidence as out
from tallystick.api.schemas.common import member
from tallystick.errors import Malformed
from tallystick.records.models import Consent, Delivery, MediaFile


def media(row: MediaFile) -> out.Media:
    """Return a file without its key."""
    return out.Media(
        id=row.pk,
        kind=row.kind,
        media_type=row.media_type,
        file_name=row.file_name,
        sha256=row.sha256,
        key_commitment=row.key_commitment,
        size_bytes=row.size_bytes,
        location=row.location,
        paper_kind=row.paper_kind,
        paper=row.paper,
    )


def delivery(row: Delivery) -> out.Delivery:
    """Return a delivery that the asker may see, with its files."""
    return out.Delivery(
        reference=row.reference,
        stage=row.stage,
        supplier=member(row.supplier),
        buyer=member(row.buyer),
        due_at=row.due_at,
        media_hash=row.media_hash,
        request=row.request,
        record=row.record,
        record_hash=row.record_hash,
        reason=row.reason,
        note=row.note,
        created_at=row.created_at,
        media=[media(each) for each in row.media.all()],
    )


def consent(row: Consent) -> out.Consent:
    """Return a consent without its salt."""
    return out.Consent(
        id=row.pk,
        owner=member(row.owner),
        recipient=member(row.recipient),
        purpose=row.purpose,
        scope=row.scope,
        until=row.until,
        granted_at=row.granted_at,
        withdrawn_at=row.withdrawn_at,
        address=row.sent.address,
    )


def require_zone(moment: datetime) -> datetime:
    """Return a moment that says its time zone.

    Raises:
        Malformed: ``no_time_zone``.
    """
    if timezone.is_naive(moment):
        raise Malformed("no_time_zone", "Say the time zone of the moment, for example 2026-12-01T18:00:00Z.")
    return moment
