"""OFD (GB/T 33190-2016): a ZIP of XML; the words of its pages, and the invoice data attached to it."""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from tallystick.capture.archives import entries, parse_xml
from tallystick.capture.layout import MAX_WORDS, Page, Word
from tallystick.capture.refusals import not_readable
from tallystick.errors import TooLarge
from tallystick.evidence.papers import Source

MAX_PAGES: Final = 20
_A4: Final = (0.0, 0.0, 210.0, 297.0)  # millimetres
_DRAWING: Final = re.compile(
    r"(?:^|/)(?:OFD|Document|DocumentRes|PublicRes|Content|Annotations?|CustomTags?|Signatures?|Signature)\.xml$"
)


@dataclass(frozen=True)
class Ofd:
    """An OFD document: its pages as words, and every XML file in it that draws nothing."""

    pages: tuple[Page, ...]
    attached: tuple[Element, ...]


def read_ofd(data: bytes) -> Ofd:
    """Return the words of each page and what XML is attached.

    Raises:
        Malformed: ``file_not_readable``, and as ``archives.entries`` and ``archives.parse_xml``.
        TooLarge: ``too_many_pages``; ``too_many_words``; as those.
    """
    files = entries(data)
    root = _root(files, "OFD.xml")
    documents = [_path("OFD.xml", node) for node in root.iter() if _tag(node) == "DocRoot"]
    pages = tuple(page for name in documents for page in _pages(files, name))
    if len(pages) > MAX_PAGES:
        raise TooLarge("too_many_pages", f"A document may have {MAX_PAGES} pages.", limit=MAX_PAGES)
    attached = tuple(
        parse_xml(content)
        for name, content in files.items()
        if name.lower().endswith(".xml") and not _DRAWING.search(name)
    )
    return Ofd(
        tuple(Page(at, page.width, page.height, page.words, page.source) for at, page in enumerate(pages)),
        attached,
    )


def _pages(files: Mapping[str, bytes], name: str) -> list[Page]:
    document = _root(files, name)
    common = next((_box(node) for node in document.iter() if _tag(node) == "PhysicalBox"), _A4)
    nodes = [node for node in document.iter() if _tag(node) == "Page" and node.get("BaseLoc")]
    if len(nodes) > MAX_PAGES:
        raise TooLarge("too_many_pages", f"A document may have {MAX_PAGES} pages.", limit=MAX_PAGES)
    pages: list[Page] = []
    for node in nodes:
        path = posixpath.normpath(
            posixpath.join(posixpath.dirname(name), node.get("BaseLoc", "").lstrip("/"))
        )
        content = _root(files, path)
        size = next((_box(each) for each in content.iter() if _tag(each) == "PhysicalBox"), common)
        words = tuple(word for each in content.iter() if _tag(each) == "TextObject" for word in _words(each))
        if len(words) > MAX_WORDS:
            raise TooLarge("too_many_words", f"A page may have {MAX_WORDS} words at most.")
        pages.append(Page(len(pages), size[2], size[3], words, Source.TEXT_LAYER))
    return pages


def _words(node: Element) -> list[Word]:
    """Return the text of one object within its boundary; its glyphs' own places are not needed for that."""
    text = "".join(each.text or "" for each in node if _tag(each) == "TextCode")
    left, top, width, height = _box_of(node.get("Boundary", ""))
    if not text.strip() or width <= 0 or height <= 0:
        return []
    right, bottom = left + width, top + height
    return [Word(text, ((left, top), (right, top), (right, bottom), (left, bottom)))]


def _root(files: Mapping[str, bytes], name: str) -> Element:
    if name not in files:
        raise not_readable("an OFD document", f"it has no {name[:60]}")
    return parse_xml(files[name])


def _path(base: str, node: Element) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), (node.text or "").strip().lstrip("/")))


def _box(node: Element) -> tuple[float, float, float, float]:
    box = _box_of(node.text or "")
    return box if box[2] > 0 and box[3] > 0 else _A4


def _box_of(text: str) -> tuple[float, float, float, float]:
    try:
        a, b, c, d = (float(each) for each in text.split())
    except ValueError:
        return 0.0, 0.0, 0.0, 0.0
    return (a, b, c, d) if all(abs(each) < 1e5 for each in (a, b, c, d)) else (0.0, 0.0, 0.0, 0.0)


def _tag(node: Element) -> str:
    return str(node.tag).rpartition("}")[2]
