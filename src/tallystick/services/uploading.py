"""Uploads by pieces: a file arrives over a line that breaks, and is taken in when it is whole (E2)."""

from tallystick.capture.resumable import Progress
from tallystick.evidence.papers import Kind
from tallystick.records.models import MediaFile
from tallystick.services import media
from tallystick.services.access import Actor
from tallystick.services.installation import Installation


def begin(
    installation: Installation, actor: Actor, *, file_name: str, size_bytes: int, sha256: str = ""
) -> str:
    """Return the token under which the pieces of a new file are sent.

    Raises:
        Forbidden: ``not_permitted``; and as ``capture.resumable.Uploads.begin``.
    """
    actor.require("record_delivery")
    return installation.uploads.begin(_owner(actor), file_name, size_bytes, sha256)


def append(installation: Installation, actor: Actor, token: str, offset: int, piece: bytes) -> Progress:
    """Take one piece in. Raises as ``capture.resumable.Uploads.append``."""
    actor.require("record_delivery")
    return installation.uploads.append(token, _owner(actor), offset, piece)


def status(installation: Installation, actor: Actor, token: str) -> Progress:
    """Return how far an upload is. Raises as ``capture.resumable.Uploads.status``."""
    actor.require("record_delivery")
    return installation.uploads.status(token, _owner(actor))


def finish(
    installation: Installation, actor: Actor, token: str, *, paper_kind: Kind | None = None
) -> MediaFile:
    """Take the whole file in for a delivery to come; the upload is over, whatever becomes of the file.

    Raises:
        As ``capture.resumable.Uploads.finish`` while pieces are missing, and as ``services.media.keep``.
    """
    owner = _owner(actor)
    name = status(installation, actor, token).name
    path = installation.uploads.finish(token, owner)
    try:
        return media.keep(installation, actor, path, name, paper_kind=paper_kind)
    finally:
        installation.uploads.abandon(token, owner)


def abandon(installation: Installation, actor: Actor, token: str) -> None:
    """Remove an upload. Raises as ``capture.resumable.Uploads.abandon``."""
    actor.require("record_delivery")
    installation.uploads.abandon(token, _owner(actor))


def _owner(actor: Actor) -> str:
    return f"{actor.member_id}/{actor.user_id}"
