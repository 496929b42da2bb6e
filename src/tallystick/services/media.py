"""Media files: taken in, kept under keys of their own, and given out to those who may read them (E2, E12)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from django.db import transaction

from tallystick.capture import media_keys
from tallystick.capture.intake import TakenIn, take_in
from tallystick.errors import Conflict, Malformed, NotFound, TallystickError
from tallystick.evidence.delivery import MAX_MEDIA, Medium, MediumKind
from tallystick.evidence.papers import Kind
from tallystick.records.models import MediaFile, MediaReading
from tallystick.services import consents
from tallystick.services.access import Actor
from tallystick.services.documents import read_paper
from tallystick.services.installation import Installation
from tallystick.values import canonical

#: Files that one member may have uploaded and not yet put into a delivery.
MAX_LOOSE_FILES: Final = 200
MAX_NAME: Final = 200
JPEG: Final = "image/jpeg"


@dataclass(frozen=True)
class Content:
    """A file as it is given out: safe to show, in pieces."""

    media_type: str
    file_name: str
    pieces: Iterator[bytes]


def keep(
    installation: Installation,
    actor: Actor,
    path: Path,
    file_name: str,
    *,
    declared_type: str | None = None,
    paper_kind: Kind | None = None,
) -> MediaFile:
    """Take in an uploaded file for a delivery to come: made safe, encrypted, its key wrapped.

    Args:
        path: the file in quarantine; it is read and left.
        file_name: as the sender calls it.
        declared_type: ``Content-Type`` as sent, if any.
        paper_kind: what a document is, so that it is read for it; None for pictures and films.

    Raises:
        Forbidden: ``not_permitted``.
        Conflict: ``too_many_loose_files``.
        Malformed, TooLarge, Unavailable: what taking it in finds (``capture.intake.take_in``).
    """
    owner_id = actor.require("record_delivery")
    if MediaFile.objects.filter(owner_id=owner_id, delivery=None).count() >= MAX_LOOSE_FILES:
        raise Conflict("too_many_loose_files", "Send or remove some of the files that wait for a delivery.")
    taken = take_in(path, file_name, declared_type)
    sealed = installation.media.seal(path if taken.content is None else taken.content)
    row = MediaFile(
        owner_id=owner_id,
        kind=_kind_of(taken.media_type, paper_kind),
        sha256=sealed.ciphertext_sha256,
        size_bytes=sealed.ciphertext_bytes,
        key_commitment=sealed.key_commitment,
        wrapped_key=media_keys.wrap_key(sealed.key, installation.secret),
        media_type=taken.media_type,
        file_name=file_name[:MAX_NAME],
        paper_kind=paper_kind or "",
        uploaded_by_id=actor.user_id,
        uploaded_at=installation.clock.now(),
    )
    seal_thumbnail(installation, row, taken)
    if paper_kind is not None:
        read_off(row, paper_kind, path.read_bytes() if taken.content is None else taken.content)
    row.save()
    return row


def keep_location(
    installation: Installation, actor: Actor, *, location: str, sha256: str, size_bytes: int
) -> MediaFile:
    """Note a film that lies elsewhere, by its address and SHA-256 (E2); it is fetched when it is looked at.

    Raises:
        Forbidden: ``not_permitted``.
        Malformed: ``bad_location`` when address, hash or size cannot be meant.
    """
    owner_id = actor.require("record_delivery")
    medium = _medium(MediumKind.VIDEO, sha256, "", size_bytes, location)
    if not medium.location:
        raise Malformed("bad_location", "Say where the film lies: an address that begins with https://.")
    return MediaFile.objects.create(
        owner_id=owner_id,
        kind=medium.kind,
        sha256=medium.sha256,
        size_bytes=medium.size_bytes,
        location=medium.location,
        file_name=location.rsplit("/", 1)[-1][:MAX_NAME],
        uploaded_by_id=actor.user_id,
        uploaded_at=installation.clock.now(),
    )


def discard(installation: Installation, actor: Actor, media_id: int) -> None:
    """Remove an uploaded file that no delivery holds.

    Raises:
        NotFound: ``unknown_media``. Forbidden: ``not_permitted``.
    """
    owner_id = actor.require("record_delivery")
    row = MediaFile.objects.filter(pk=media_id, owner_id=owner_id, delivery=None).first()
    if row is None:
        raise _unknown()
    with transaction.atomic():
        row.delete()
    for sha256 in filter(None, (row.sha256 if row.key_commitment else "", row.thumbnail_sha256)):
        installation.media.discard(sha256)


def loose(actor: Actor, media_ids: list[int]) -> list[MediaFile]:
    """Return the member's uploaded files with these ids, in that order, none of which is in a delivery.

    Raises:
        Malformed: ``no_media``, ``too_many_media``. NotFound: ``unknown_media``.
    """
    if not media_ids:
        raise Malformed("no_media", "Add at least one picture, document or film of the delivery.")
    if len(media_ids) > MAX_MEDIA:
        raise Malformed("too_many_media", f"A delivery holds at most {MAX_MEDIA} files.")
    rows = MediaFile.objects.select_for_update().filter(owner_id=actor.member_id, delivery=None)
    found = {row.pk: row for row in rows.filter(pk__in=media_ids)}
    if found.keys() != set(media_ids) or len(found) != len(media_ids):
        raise _unknown()
    return [found[each] for each in media_ids]


def as_medium(row: MediaFile) -> Medium:
    """Return the file as the ledger knows it."""
    return _medium(MediumKind(row.kind), row.sha256, row.key_commitment, row.size_bytes, row.location)


def content(
    installation: Installation,
    actor: Actor,
    media_id: int,
    *,
    thumbnail: bool = False,
    only_asks: bool = False,
) -> Content:
    """Return a file for somebody who may read it; what another member reads is noted, with its consent.

    It is noted once its first bytes are there to be given out: a file that is gone was read by nobody.

    The owner and the buyer of its delivery read it; a lender by the owner's live consent (E12).

    Args:
        only_asks: no bytes are given out (a HEAD request), so nothing is noted.

    Raises:
        NotFound: ``unknown_media``, also to those who may not know that it is there; ``media_missing``.
        Forbidden: ``consent_missing``, ``consent_expired``, ``consent_withdrawn``.
        Corruption: ``media_changed``.
    """
    row = MediaFile.objects.select_related("delivery").filter(pk=media_id).first()
    if row is None or actor.member_id is None:
        raise _unknown()
    consent_id = None
    parties = {row.owner_id, row.delivery.buyer_id if row.delivery else None}
    if actor.member_id not in parties:
        if row.delivery is None or not actor.may("qualify"):
            raise _unknown()
        consent_id = consents.require_live(installation, row.delivery, actor.member_id).pk
    if not row.wrapped_key or (thumbnail and not row.thumbnail_sha256):
        raise NotFound("media_missing", "This installation does not keep the file.")
    if thumbnail:
        return Content(JPEG, row.file_name, opened_thumbnail(installation, row))
    pieces = opened(installation, row)
    if actor.member_id != row.owner_id and not only_asks:
        first = next(pieces, b"")
        pieces = chain((first,), pieces)
        note_readings(installation, actor, [row], consent_id)
    return Content(row.media_type, row.file_name, pieces)


def note_readings(
    installation: Installation, actor: Actor, files: Iterable[MediaFile], consent_id: int | None
) -> None:
    """Note, for their owner to see, that the actor's member reads files now, and by which consent."""
    if actor.member_id is None:
        raise _unknown()
    reading, at = MediaReading, installation.clock.now()
    reading.objects.bulk_create(
        reading(media=file, member_id=actor.member_id, user_id=actor.user_id, consent_id=consent_id, at=at)
        for file in files
    )


def opened(installation: Installation, row: MediaFile) -> Iterator[bytes]:
    """Yield a file's content; whether the asker may read it has been asked before.

    Raises:
        NotFound: ``media_missing``. Corruption: ``media_changed``, ``unreadable_media_key``.
    """
    key = media_keys.unwrap_key(bytes(row.wrapped_key), installation.secret)
    return installation.media.open_(row.sha256, key, row.key_commitment)


def opened_thumbnail(installation: Installation, row: MediaFile) -> Iterator[bytes]:
    """Yield a small JPEG of the file. Raises as ``opened``."""
    key = media_keys.unwrap_key(bytes(row.thumbnail_wrapped_key), installation.secret)
    return installation.media.open_(row.thumbnail_sha256, key, row.thumbnail_commitment)


def read_off(row: MediaFile, kind: Kind, content: bytes) -> None:
    """Note what is on a document; one that cannot be read is evidence all the same, and says why."""
    try:
        paper = read_paper(kind, [content])
    except TallystickError as problem:
        row.paper_problem = problem.code
    else:
        row.paper = canonical.decode(canonical.encode(paper), dict)


def seal_thumbnail(installation: Installation, row: MediaFile, taken: TakenIn) -> None:
    """Keep the small picture of a file that was taken in, if it has one, under a key of its own."""
    if taken.thumbnail is not None:
        sealed = installation.media.seal(taken.thumbnail)
        row.thumbnail_sha256, row.thumbnail_commitment = sealed.ciphertext_sha256, sealed.key_commitment
        row.thumbnail_wrapped_key = media_keys.wrap_key(sealed.key, installation.secret)


def _kind_of(media_type: str, paper_kind: Kind | None) -> MediumKind:
    if media_type.startswith("video/"):
        return MediumKind.VIDEO
    is_picture = media_type.startswith("image/") and paper_kind is None
    return MediumKind.PICTURE if is_picture else MediumKind.DOCUMENT


def _medium(kind: MediumKind, sha256: str, commitment: str, size_bytes: int, location: str) -> Medium:
    try:
        return Medium.checked(kind, sha256, commitment, size_bytes, location)
    except Malformed as error:
        raise Malformed("bad_location", f"The film cannot be noted: {error.message}") from error


def _unknown() -> NotFound:
    return NotFound("unknown_media", "There is no such file.")
