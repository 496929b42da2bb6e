"""The jobs of a worker for an uploaded file: every check made, and what is safe handed back."""

from pathlib import Path
from typing import Final

from tallystick.capture import archives, pdf, pictures, sniffing, video
from tallystick.capture.opened import Opened
from tallystick.errors import Malformed
from tallystick.evidence.assessment import Picture

THUMBNAIL_SIDE: Final = 480
#: Pictures of one film that are looked at, spread over all that were kept.
MAX_FILM_FRAMES: Final = 12
_THUMBNAIL_QUALITY: Final = 80


def open_file(path: str, file_name: str, declared_type: str | None) -> Opened:
    """Return what a picture or a document holds.

    Raises:
        Malformed, TooLarge: as ``sniffing``, ``pictures``, ``pdf`` and ``archives`` say.
    """
    data = Path(path).read_bytes()
    media_type = sniffing.media_type_of(data)
    sniffing.check_declared(media_type, file_name, declared_type)
    if media_type in sniffing.IMAGES:
        picture = pictures.decode(data)
        return Opened(media_type, pictures.encode_jpeg(picture), 1, thumbnail_of(picture))
    if media_type == sniffing.PDF:
        first, count = pdf.check(data)
        return Opened(media_type, None, count, thumbnail_of(first))
    if media_type == sniffing.OFD:
        return Opened(media_type, None, _check_ofd(data), None)
    if media_type == sniffing.XML:
        archives.parse_xml(data)
        return Opened(media_type, None, 1, None)
    raise Malformed("unknown_media_type", "The file is neither a picture nor a document.")


def open_film(path: str, file_name: str, declared_type: str | None) -> Opened:
    """Return what a film holds.

    Raises:
        Malformed, TooLarge: as ``sniffing`` and ``video`` say.
    """
    with Path(path).open("rb") as file:
        media_type = sniffing.media_type_of(file.read(sniffing.HEAD_BYTES))
    sniffing.check_declared(media_type, file_name, declared_type)
    clip = video.frames(Path(path), "")
    return Opened(media_type, None, len(clip.frames), thumbnail_of(clip.frames[0]))


def film_frames(path: str) -> list[bytes]:
    """Return at most ``MAX_FILM_FRAMES`` pictures of a film as JPEG, in their order.

    Raises:
        Malformed, TooLarge: as ``video.frames``.
    """
    kept = video.frames(Path(path), "").frames
    count = min(len(kept), MAX_FILM_FRAMES)
    spread = [kept[at * len(kept) // count] for at in range(count)]
    return [pictures.encode_jpeg(frame, video.LONGEST_SIDE) for frame in spread]


def thumbnail_of(picture: Picture) -> bytes:
    """Return ``picture`` as a JPEG of at most ``THUMBNAIL_SIDE`` pixels a side."""
    return pictures.encode_jpeg(picture, THUMBNAIL_SIDE, _THUMBNAIL_QUALITY)


def _check_ofd(data: bytes) -> int:
    """Return how many pages an OFD document has, when every XML part of it can be read."""
    parts = archives.entries(data)
    roots = [archives.parse_xml(part) for name, part in parts.items() if name.lower().endswith(".xml")]
    pages = [one for root in roots for one in root.iter() if one.tag.endswith("}Page")]
    listed = [page for page in pages if "BaseLoc" in page.attrib]
    return max(1, len(listed))
