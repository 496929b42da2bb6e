"""Media files: sent whole or in pieces, and given out to those who may read them."""

from typing import Annotated

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Field, File, Form, Path, Query, Router, Status, UploadedFile

from tallystick.api.auth import actor
from tallystick.api.presenting_evidence import media as shown
from tallystick.api.schemas.common import RowId
from tallystick.api.schemas.evidence import (
    BeginUpload,
    FilmElsewhere,
    FinishUpload,
    Media,
    Token,
    UploadBegun,
    UploadProgress,
)
from tallystick.bootstrap.parts import installation
from tallystick.capture.resumable import Progress
from tallystick.evidence.papers import Kind
from tallystick.services import media, uploading

router = Router()


@router.post("", response={201: Media}, summary="Send a file", operation_id="send_media")
def send(request: HttpRequest, form: Form[FinishUpload], file: File[UploadedFile]) -> Status[Media]:
    """Take in a file that comes whole; larger ones come in pieces."""
    asker, house = actor(request), installation()
    token = uploading.begin(house, asker, file_name=file.name or "file", size_bytes=file.size or 0)
    try:
        offset = 0
        for piece in file.chunks(256 * 1024):
            uploading.append(house, asker, token, offset, piece)
            offset += len(piece)
    except Exception:
        uploading.abandon(house, asker, token)
        raise
    return Status(201, shown(uploading.finish(house, asker, token, paper_kind=_kind(form))))


@router.post("/films", response={201: Media}, summary="Note a film elsewhere", operation_id="note_film")
def note_film(request: HttpRequest, sent: FilmElsewhere) -> Status[Media]:
    """Note a film that lies at an address, by its SHA-256."""
    kept = media.keep_location(
        installation(),
        actor(request),
        location=sent.location,
        sha256=sent.sha256,
        size_bytes=sent.size_bytes,
    )
    return Status(201, shown(kept))


@router.post("/uploads", response={201: UploadBegun}, summary="Begin an upload", operation_id="begin_upload")
def begin(request: HttpRequest, sent: BeginUpload) -> Status[UploadBegun]:
    """Announce a file; its pieces are then sent in order."""
    token = uploading.begin(
        installation(),
        actor(request),
        file_name=sent.file_name,
        size_bytes=sent.size_bytes,
        sha256=sent.sha256 or "",
    )
    return Status(201, UploadBegun(token=token))


@router.get("/uploads/{token}", response=UploadProgress, summary="How far it is", operation_id="read_upload")
def status(request: HttpRequest, token: Path[Token]) -> UploadProgress:
    """Return how far an upload is, to go on from there."""
    return _progress(uploading.status(installation(), actor(request), token))


@router.put("/uploads/{token}", response=UploadProgress, summary="Send a piece", operation_id="send_piece")
def append(
    request: HttpRequest,
    token: Path[Token],
    offset: Query[Annotated[int, Field(ge=0, le=2**53 - 1, description="Where the piece begins.")]],
) -> UploadProgress:
    """Take one piece in: the body, as ``application/octet-stream``; the same piece twice counts once."""
    return _progress(uploading.append(installation(), actor(request), token, offset, request.body))


@router.post("/uploads/{token}/finish", response={201: Media}, summary="Finish", operation_id="finish_upload")
def finish(request: HttpRequest, token: Path[Token], sent: FinishUpload) -> Status[Media]:
    """Take the whole file in: opened, made safe and encrypted."""
    kept = uploading.finish(installation(), actor(request), token, paper_kind=_kind(sent))
    return Status(201, shown(kept))


@router.delete("/uploads/{token}", response={204: None}, summary="Give up", operation_id="abandon_upload")
def abandon(request: HttpRequest, token: Path[Token]) -> Status[None]:
    """Remove an upload and what has arrived of it."""
    uploading.abandon(installation(), actor(request), token)
    return Status(204, None)


@router.get("/{media_id}/content", summary="A file's content", operation_id="read_media")
def content(request: HttpRequest, media_id: Path[RowId]) -> StreamingHttpResponse:
    """Return the file, to its owner, its buyer, and a lender with the owner's consent."""
    found = media.content(installation(), actor(request), media_id)
    return StreamingHttpResponse(found.pieces, content_type=found.media_type)


@router.delete("/{media_id}", response={204: None}, summary="Remove a file", operation_id="remove_media")
def remove(request: HttpRequest, media_id: Path[RowId]) -> Status[None]:
    """Remove a file that no delivery holds."""
    media.discard(installation(), actor(request), media_id)
    return Status(204, None)


def _kind(sent: FinishUpload) -> Kind | None:
    return None if sent.paper_kind is None else Kind(sent.paper_kind)


def _progress(progress: Progress) -> UploadProgress:
    return UploadProgress(
        file_name=progress.name, size_bytes=progress.size_bytes, received_bytes=progress.received_bytes
    )
