"""What a file is, by its own bytes: an allow-list, which neither its name nor its sender can widen.

Knowing the kind is the first door only; that the rest of the file is of that kind shows when it is opened.
"""

import re
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

from tallystick.capture import archives
from tallystick.errors import Malformed

JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
WEBP: Final = "image/webp"
PDF: Final = "application/pdf"
OFD: Final = "application/ofd"
XML: Final = "application/xml"
MP4: Final = "video/mp4"
QUICKTIME: Final = "video/quicktime"
WEBM: Final = "video/webm"

IMAGES: Final = frozenset({JPEG, PNG, WEBP})
DOCUMENTS: Final = frozenset({PDF, OFD, XML})
VIDEOS: Final = frozenset({MP4, QUICKTIME, WEBM})

#: How many bytes of a file tell its kind, a ZIP file's excepted.
HEAD_BYTES: Final = 4_096
MAX_IMAGE_BYTES: Final = 15_000_000
MAX_DOCUMENT_BYTES: Final = 20_000_000
MAX_VIDEO_BYTES: Final = 200_000_000

# Pictures of phones (ISO/IEC 23008-12), for which no decoder is among our libraries.
_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"})

ZIP_MAGIC: Final = b"PK\x03\x04"
_UTF8_MARK: Final = b"\xef\xbb\xbf"
_EBML_MAGIC: Final = b"\x1a\x45\xdf\xa3"
_EBML_HEAD: Final = 64
# Brands of ISO 14496-12 that stand for a film; HEIC and AVIF pictures wear the same coat and are no film.
_MP4_BRANDS: Final = re.compile(rb"avc1|dash|f4v |iso[m2-9]|mp4[12]|mp71|M4VH|M4V |MSNV|3gp[4-9]|3g2a|hvc1")
# One container, and one opener for both: what a telephone calls it depends on its maker.
_FILMS: Final = frozenset({MP4, QUICKTIME})
_BY_EXTENSION: Final = MappingProxyType(
    {
        **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), frozenset({JPEG})),
        ".png": frozenset({PNG}),
        ".webp": frozenset({WEBP}),
        ".pdf": frozenset({PDF}),
        ".ofd": frozenset({OFD}),
        ".xml": frozenset({XML}),
        **dict.fromkeys((".mp4", ".m4v", ".3gp", ".mov", ".qt"), _FILMS),
        ".webm": frozenset({WEBM}),
    }
)
_BY_DECLARATION: Final = MappingProxyType(
    {
        **{kind: frozenset({kind}) for kind in IMAGES | DOCUMENTS | {WEBM}},
        **dict.fromkeys((MP4, QUICKTIME, "video/3gpp"), _FILMS),
        **dict.fromkeys(("image/jpg", "image/pjpeg"), frozenset({JPEG})),
        **dict.fromkeys(("application/zip", "application/x-zip-compressed"), frozenset({OFD})),
        "text/xml": frozenset({XML}),
    }
)
# What a sender says that does not know.
_UNDECLARED: Final = frozenset({"", "application/octet-stream"})


def media_type_of(data: bytes) -> str:
    """Return the media type of a file; its first bytes are enough, except that OFD needs all of them.

    Raises:
        Malformed: ``heic_picture``; ``unknown_media_type`` when it is none that is taken in.
    """
    for magic, kind in ((b"\xff\xd8\xff", JPEG), (b"\x89PNG\r\n\x1a\n", PNG), (b"%PDF-", PDF)):
        if data.startswith(magic):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        raise Malformed(
            "heic_picture",
            "This is a HEIC picture, which cannot be read here. Set the phone's camera to the most compatible"
            " format (JPEG), or send a screenshot of the picture.",
        )
    if data[4:8] == b"ftyp" and (data[8:12] == b"qt  " or _MP4_BRANDS.match(data, 8)):
        return QUICKTIME if data[8:12] == b"qt  " else MP4
    if data.startswith(_EBML_MAGIC) and b"\x42\x82\x84webm" in data[:_EBML_HEAD]:
        return WEBM
    if data.removeprefix(_UTF8_MARK).startswith((b"<?xml ", b"<?xml\t", b"<?xml\r", b"<?xml\n")):
        return XML
    if data.startswith(ZIP_MAGIC) and archives.holds(data, "OFD.xml"):
        return OFD
    raise Malformed(
        "unknown_media_type",
        "The file is none of these: JPEG, PNG, WebP; PDF, OFD, XML; MP4, MOV, WebM.",
    )


def check_declared(media_type: str, file_name: str, declared_type: str | None = None) -> None:
    """Return when a file's name and what its sender declared agree with what it is.

    A name without an extension says nothing, nor does ``application/octet-stream``.

    Args:
        media_type: as ``media_type_of`` returned it.
        file_name: as the sender calls the file.
        declared_type: ``Content-Type`` as sent, if any.

    Raises:
        Malformed: ``media_type_mismatch``, with both in its details.
    """
    extension = PurePosixPath(file_name).suffix.lower()
    if extension and media_type not in _BY_EXTENSION.get(extension, ()):
        raise _mismatch(media_type, extension)
    declared = (declared_type or "").partition(";")[0].strip().lower()
    if declared not in _UNDECLARED and media_type not in _BY_DECLARATION.get(declared, ()):
        raise _mismatch(media_type, declared)


def limit_of(head: bytes) -> int:
    """Return how many bytes a file may have that begins with ``head``.

    Raises:
        Malformed: ``unknown_media_type``.
    """
    if head.startswith(ZIP_MAGIC):
        return MAX_DOCUMENT_BYTES
    kind = media_type_of(head)
    if kind in VIDEOS:
        return MAX_VIDEO_BYTES
    return MAX_IMAGE_BYTES if kind in IMAGES else MAX_DOCUMENT_BYTES


def is_film(head: bytes) -> bool:
    """Return whether a file that begins with ``head`` is a film; one of an unknown kind is none."""
    return not head.startswith(ZIP_MAGIC) and media_type_of(head) in VIDEOS


def _mismatch(media_type: str, said: str) -> Malformed:
    return Malformed(
        "media_type_mismatch",
        f"The file is {media_type}, and is passed off as {said}; send it under its true kind.",
        media_type=media_type,
        said=said,
    )
