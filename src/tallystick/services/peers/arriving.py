"""Taking in a delivery from its supplier's installation: all of it, checked against the ledger, or nothing.

Hashes, sizes, parties and stage come from the ledger. The ciphertext must have its hash and the key its
commitment. What the files hold is then looked at here, by the same worker as an upload: names and kinds
are the supplier's word, what is on a document is read anew.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from django.db import transaction

from tallystick.capture import media_keys
from tallystick.capture.intake import take_in
from tallystick.contracts.countersignature import Request, request_from_state
from tallystick.errors import NotFound, Rejection, TooLarge
from tallystick.evidence.delivery import Medium
from tallystick.evidence.papers import Kind
from tallystick.records.models import Delivery, MediaFile, Member
from tallystick.services import consortium, deliveries, media
from tallystick.services.installation import Installation
from tallystick.services.numbers import next_reference
from tallystick.services.peers.asking import Line
from tallystick.services.peers.questions import Paper

#: Of all files of one delivery, as the ledger says before any is fetched.
MAX_DELIVERY_BYTES: Final = 1024 * 1024 * 1024
#: A file lies open for seconds; what is older than this was left.
LEFT_S: Final = 3600
#: For a file that cannot be opened: offered to be saved, never shown.
UNKNOWN: Final = "application/octet-stream"


def is_here(supplier: Member, request: str) -> bool:
    """Return whether a delivery's files are all in this installation."""
    row = Delivery.objects.filter(supplier=supplier, request=request).first()
    return row is not None and not row.media.filter(wrapped_key=b"").exclude(key_commitment="").exists()


def arrive(line: Line, supplier: Member, request: str) -> Delivery:
    """Return the delivery, fetched from its supplier's installation unless it is here.

    Args:
        line: on which the buyer asks, or a lender with the supplier's consent.
        request: storage address of the request.

    Raises:
        NotFound: ``unknown_delivery`` when the ledger has no such request.
        TooLarge: ``delivery_too_large``, ``media_too_large``.
        Conflict: ``ciphertext_differs``. Forbidden: ``wrong_media_key``; and as ``asking.Line``.
    """
    installation = line.installation
    kept = request_from_state(installation.ledger.read, supplier.address, request)
    if kept is None:
        raise NotFound("unknown_delivery", "The ledger has no such delivery.")
    there = Delivery.objects.filter(supplier=supplier, request=request).first()
    if there is not None and is_here(supplier, request):
        return there
    if sum(medium.size_bytes for medium in kept.media) > MAX_DELIVERY_BYTES:
        raise TooLarge("delivery_too_large", "The files of the delivery are too large to be fetched.")
    papers = line.papers(request, len(kept.media))
    with _undone_on_failure(installation) as stored:
        files = [
            _file(line, supplier, request, medium, paper, stored)
            for medium, paper in zip(kept.media, papers.files, strict=True)
        ]
        return _saved(installation, supplier, kept, papers.named, files)


@contextmanager
def _undone_on_failure(installation: Installation) -> Iterator[list[str]]:
    """Give a list for the hashes of what is stored; on any failure those files are removed again."""
    stored: list[str] = []
    try:
        yield stored
    except BaseException:
        for sha256 in stored:
            installation.media.discard(sha256)
        raise


def _file(
    line: Line, supplier: Member, request: str, medium: Medium, paper: Paper, stored: list[str]
) -> MediaFile:
    """Return a row, not saved, whose ciphertext and key are here and are those that the ledger names."""
    installation = line.installation
    row = MediaFile(
        owner=supplier,
        kind=medium.kind,
        sha256=medium.sha256,
        size_bytes=medium.size_bytes,
        key_commitment=medium.key_commitment,
        location=medium.location,
        file_name="".join(letter for letter in paper.file_name if letter.isprintable()),
        uploaded_at=installation.clock.now(),
    )
    if medium.is_open:
        return row
    key = line.key(request, medium)
    if not installation.media.holds(medium.sha256):
        installation.media.put_ciphertext(medium.sha256, line.ciphertext(request, medium))
        stored.append(medium.sha256)
    row.wrapped_key = media_keys.wrap_key(key, installation.secret)
    _look_into(installation, row, paper)
    if row.thumbnail_sha256:
        stored.append(row.thumbnail_sha256)
    return row


def _look_into(installation: Installation, row: MediaFile, paper: Paper) -> None:
    """Note what a file is and what is on it; one that cannot be opened stays evidence, and says why not."""
    kind = next((kind for kind in Kind if kind == paper.paper_kind), None)
    with tempfile.NamedTemporaryFile(prefix="arriving-", dir=_room(installation)) as file:
        for piece in media.opened(installation, row):
            file.write(piece)
        file.flush()
        path = Path(file.name)
        try:
            taken = take_in(path, "")  # a picture was drawn anew, and keeps the name that it came under
        except Rejection as problem:
            row.media_type, row.paper_problem = UNKNOWN, problem.code
            return
        row.media_type = taken.media_type
        media.seal_thumbnail(installation, row, taken)
        if kind is not None:
            row.paper_kind = kind
            media.read_off(row, kind, path.read_bytes() if taken.content is None else taken.content)


def _room(installation: Installation) -> Path:
    """Return the folder in which a file lies open while it is looked into: for its owner only."""
    folder = installation.files.parent / "arriving"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def tidy(installation: Installation) -> None:
    """Remove what a process that died has left lying open."""
    oldest = installation.clock.now().timestamp() - LEFT_S
    for path in _room(installation).iterdir():
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


def _saved(
    installation: Installation, supplier: Member, kept: Request, named: str, files: list[MediaFile]
) -> Delivery:
    """Return the delivery with its files, in one commit, at the stage that the ledger says."""
    buyer = consortium.recognise(installation, kept.buyer)
    with transaction.atomic():
        row, _ = Delivery.objects.get_or_create(
            supplier=supplier,
            request=kept.address,
            defaults={
                "reference": next_reference("DL", installation.clock.now().year),
                "named": named,
                "buyer": buyer,
                "stage": "waiting",
                "due_at": _moment(kept.due_at),
                "media_hash": kept.media_hash,
                "created_at": _moment(kept.requested_at),
            },
        )
        there = {file.sha256: file.pk for file in row.media.all()}
        for position, file in enumerate(files):
            file.delivery, file.position, file.pk = row, position, there.get(file.sha256)
            file.save()
    return deliveries.follow(installation, row)


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
