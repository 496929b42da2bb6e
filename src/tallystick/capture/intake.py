"""The one way in for an uploaded file: what comes out is safe to keep and to show."""

import hashlib
from pathlib import Path
from typing import Final

import msgspec

from tallystick.capture import sniffing
from tallystick.capture.opened import Opened
from tallystick.capture.worker import Pool, shared_pool
from tallystick.errors import Malformed, TooLarge

_PIECE_BYTES: Final = 1 << 20


class TakenIn(msgspec.Struct, frozen=True):
    """An uploaded file, made safe.

    Attributes:
        media_type: of what is kept; a picture is a JPEG whatever it came as.
        content: the bytes to keep; None: the file itself, as it came (documents and films).
        sha256: of what is kept, 64 hex digits.
        size_bytes: of what is kept.
        received_sha256: of the file as it came, 64 hex digits.
        count: pages of a document, or pictures taken from a film; 1 for a picture.
        thumbnail: JPEG of at most 480 pixels a side; None for OFD and XML.
    """

    media_type: str
    content: bytes | None
    sha256: str
    size_bytes: int
    received_sha256: str
    count: int
    thumbnail: bytes | None


def take_in(
    path: Path, file_name: str, declared_type: str | None = None, *, pool: Pool | None = None
) -> TakenIn:
    """Return what may be kept of an uploaded file, opened and checked in a worker.

    Args:
        path: the file in quarantine; it is read and left.
        file_name: as the sender calls it: never a path here, only compared with what the file is.
        declared_type: ``Content-Type`` as sent, if any.
        pool: who opens it; this process's own by default.

    Raises:
        Malformed: ``empty_file``; ``unknown_media_type``; ``media_type_mismatch``; as the opener says.
        TooLarge: ``file_too_large`` for its kind; ``file_too_demanding``; as the opener says.
        Unavailable: ``capture_busy``; ``capture_worker_unavailable``.
    """
    head, sha256, size = _measured(path)
    job = "open_film" if sniffing.is_film(head) else "open_file"
    opened = (pool or shared_pool()).run(
        job, str(path.absolute()), file_name, declared_type, result_type=Opened
    )
    if opened.content is None:
        kept_type, kept_sha256, kept_size = opened.media_type, sha256, size
    else:
        kept_type, kept_size = sniffing.JPEG, len(opened.content)
        kept_sha256 = hashlib.sha256(opened.content).hexdigest()
    return TakenIn(kept_type, opened.content, kept_sha256, kept_size, sha256, opened.count, opened.thumbnail)


def _measured(path: Path) -> tuple[bytes, str, int]:
    """Return a file's first bytes, SHA-256 and size; a file above its kind's limit is not read to its end."""
    digest, size, head, limit = hashlib.sha256(), 0, b"", 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            if not head:
                head = piece[: sniffing.HEAD_BYTES]
                limit = sniffing.limit_of(head)
            size += len(piece)
            if size > limit:
                raise too_large(limit)
            digest.update(piece)
    if not size:
        raise Malformed("empty_file", "The file is empty.")
    return head, digest.hexdigest(), size


def too_large(limit: int) -> TooLarge:
    """Return the refusal of a file above the limit of its kind."""
    megabytes = limit // 1_000_000
    return TooLarge("file_too_large", f"A file of this kind may have {megabytes} MB.", limit_mb=megabytes)
