"""OFD documents (ZIP files of XML, GB/T 33190) unpacked, and XML read, counting what comes out."""

import re
import zlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from tallystick.capture.refusals import not_readable, too_demanding
from tallystick.errors import Malformed, Rejection, TooLarge

MAX_ENTRIES: Final = 200
MAX_UNPACKED_BYTES: Final = 50_000_000
MAX_RATIO: Final = 100
MAX_NAME: Final = 240
MAX_XML_BYTES: Final = 20_000_000
MAX_XML_ELEMENTS: Final = 200_000
MAX_XML_DEPTH: Final = 100
#: Below this an entry may expand as it likes: a few hundred blanks do, and all entries together are bounded.
SMALL_BYTES: Final = 1 << 20
_PIECE_BYTES: Final = 1 << 16
_ENTRY_MARK: Final = b"PK\x01\x02"
_ARCHIVES: Final = (b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
_ENCRYPTED: Final = 1
_LINK: Final = 0o120000
_FILE_KIND: Final = 0o170000
_WHAT: Final = "an OFD document"
# Chinese encodings that expat does not know.
_DECLARATION: Final = re.compile(
    rb"""\A<\?xml[^>]{0,100}encoding=["'](gb18030|gbk|gb2312)["'][^>]{0,100}\?>""", re.I
)
_NO_DOCUMENT: Final = frozenset({"svg", "html"})


def holds(data: bytes, name: str) -> bool:
    """Return whether a ZIP file has an entry of this name.

    Raises:
        Malformed, TooLarge: as ``entries``, for the directory of the file.
    """
    with _opened(data) as archive:
        return name in archive.namelist()


def entries(data: bytes) -> Mapping[str, bytes]:
    """Return the files in an OFD document by their paths, in its order; folders are left out.

    Raises:
        Malformed: ``file_not_readable``, also when part of it is encrypted; ``unsafe_entry_name`` for a path
            that leads out, a link, or a name that comes twice; ``nested_archive``.
        TooLarge: ``archive_too_large`` above ``MAX_ENTRIES``, ``MAX_UNPACKED_BYTES`` or ``MAX_RATIO``.
    """
    try:
        with _opened(data) as archive:
            return MappingProxyType(_unpack(archive))
    except Rejection:
        raise
    except MemoryError as error:
        raise too_demanding() from error
    except (
        BadZipFile,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OSError,
        EOFError,
        zlib.error,
    ) as error:
        raise not_readable(_WHAT) from error


def parse_xml(data: bytes) -> Element:
    """Return the root of an XML document that has no document type, no entity and no outside reference.

    Raises:
        Malformed: ``file_not_readable``; ``unsafe_xml`` for a document type or an entity;
            ``unknown_media_type`` when it is a page or a drawing (HTML, SVG), which could run programs.
        TooLarge: ``xml_too_large`` above ``MAX_XML_BYTES``, ``MAX_XML_ELEMENTS`` or ``MAX_XML_DEPTH``.
    """
    if len(data) > MAX_XML_BYTES:
        raise _xml_too_large()
    parser = XMLParser(target=_BoundedBuilder(), forbid_dtd=True, forbid_entities=True, forbid_external=True)
    try:
        declared = _DECLARATION.match(data)
        parser.feed(data.decode(declared[1].decode("ascii")) if declared else data)
        root: Element = parser.close()
    except Rejection:
        raise
    except DefusedXmlException as error:
        raise Malformed(
            "unsafe_xml", "The XML file declares a document type or entities, which are not read."
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise not_readable("an XML document") from error
    if root.tag.rpartition("}")[2].lower() in _NO_DOCUMENT:
        raise Malformed("unknown_media_type", "The XML file is a web page or a drawing, no document.")
    return root


class _BoundedBuilder(TreeBuilder):
    """Builds the tree of an XML document as long as it stays within the limits."""

    def __init__(self) -> None:
        super().__init__()
        self._elements = self._depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._elements += 1
        self._depth += 1
        if self._elements > MAX_XML_ELEMENTS or self._depth > MAX_XML_DEPTH:
            raise _xml_too_large()
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def _opened(data: bytes) -> ZipFile:
    # Counted before the directory is read: 20 MB can hold 400,000 entries.
    if data.count(_ENTRY_MARK) > MAX_ENTRIES:
        raise _archive_too_large()
    try:
        return ZipFile(BytesIO(data))
    except (BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise not_readable(_WHAT) from error


def _unpack(archive: ZipFile) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    room = MAX_UNPACKED_BYTES
    for entry in archive.infolist():
        _check_entry(entry, found)
        if entry.is_dir():
            continue
        content = _expand(archive, entry, room)
        if content.startswith(_ARCHIVES):
            raise Malformed("nested_archive", "The document holds another archive, which is not opened.")
        room -= len(content)
        found[entry.filename] = content
    return found


def _check_entry(entry: ZipInfo, found: Mapping[str, bytes]) -> None:
    if entry.flag_bits & _ENCRYPTED or entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise not_readable(_WHAT, "part of it is encrypted or packed in an unknown way")
    # ``orig_filename`` too: the library cuts a name at NUL and turns backslashes round before we see it.
    names = (entry.filename, entry.orig_filename)
    leads_out = any(
        len(name) > MAX_NAME
        or name.startswith("/")
        or not name.isprintable()
        or any(sign in name for sign in ("\\", ":"))
        or ".." in PurePosixPath(name).parts
        for name in names
    )
    if leads_out or entry.filename in found or (entry.external_attr >> 16) & _FILE_KIND == _LINK:
        raise Malformed(
            "unsafe_entry_name", "The document holds a path that leads out of it, a link, or a name twice."
        )


def _expand(archive: ZipFile, entry: ZipInfo, room: int) -> bytes:
    """Return an entry's content; what its header says of its size is not believed."""
    limit = min(room, max(SMALL_BYTES, MAX_RATIO * entry.compress_size))
    pieces, size = [], 0
    with archive.open(entry) as file:
        while piece := file.read(_PIECE_BYTES):
            size += len(piece)
            if size > limit:
                raise _archive_too_large()
            pieces.append(piece)
    return b"".join(pieces)


def _archive_too_large() -> TooLarge:
    return TooLarge(
        "archive_too_large",
        f"A document may have {MAX_ENTRIES} parts, {MAX_UNPACKED_BYTES // 1_000_000} MB unpacked, "
        f"and expand {MAX_RATIO} times.",
    )


def _xml_too_large() -> TooLarge:
    return TooLarge(
        "xml_too_large",
        f"An XML document may have {MAX_XML_BYTES // 1_000_000} MB, {MAX_XML_ELEMENTS:,} elements, "
        f"{MAX_XML_DEPTH} deep.",
    )
