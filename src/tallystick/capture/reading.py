"""Reading: the files of one document in, one paper out, each value from the most trusted source that has it.

An electronic original before a text layer, a text layer before a code, a code before OCR. What cannot be
read is refused by name; nothing is made up for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tallystick.capture import pdf, sniffing
from tallystick.capture.archives import parse_xml
from tallystick.capture.codes import codes, read_invoice_codes
from tallystick.capture.electronic_invoice import read_invoice_xml
from tallystick.capture.kinds import KINDS
from tallystick.capture.layout import Page
from tallystick.capture.ocr import Engine, engine, read_picture
from tallystick.capture.ofd import read_ofd
from tallystick.capture.pictures import decode
from tallystick.capture.rules import KindRules, read_page
from tallystick.capture.text_layer import has_text, text_pages
from tallystick.errors import Malformed, TooLarge
from tallystick.evidence.assessment import Picture
from tallystick.evidence.papers import Kind, Paper

MAX_FILES: Final = 10
MAX_FILE_BYTES: Final = 20_000_000
MAX_PAGES: Final = 20


@dataclass
class _Sheaf:
    """What the files of one document hold."""

    pages: list[Page] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    count: int = 0
    original: bool = False


def read_document(kind: Kind, files: Sequence[bytes], reader: Engine | None = None) -> Paper:
    """Return what is on a document of ``kind``: every field of the kind, missing ones too.

    Args:
        kind: what the document is said to be.
        files: its pictures, PDF, OFD or XML, in the order of its pages.
        reader: what reads pictures; the engine of this process unless given.

    Raises:
        Malformed: ``no_file``; ``no_text_found`` when nothing on it can be read; ``not_this_kind`` when the
            words of the kind are not there; whatever the openers say of a file.
        TooLarge: ``too_many_files``; ``file_too_large``; ``too_many_pages``.
    """
    check_files(files)
    rules = KINDS[kind]
    draft = rules.draft()
    sheaf = _Sheaf()
    for data in files:
        media = sniffing.media_type_of(data)
        if media == sniffing.XML:
            sheaf.original |= kind is Kind.VAT_INVOICE and read_invoice_xml(parse_xml(data), draft)
            sheaf.count += 1
        elif media == sniffing.OFD:
            document = read_ofd(data)
            for root in document.attached:
                sheaf.original |= kind is Kind.VAT_INVOICE and read_invoice_xml(root, draft)
            _take(sheaf, [_at(page, sheaf.count + number) for number, page in enumerate(document.pages)])
        elif media == sniffing.PDF:
            _read_pdf(data, rules, sheaf, reader)
        else:
            _read_pictures([decode(data)], rules, sheaf, reader)
        if sheaf.count > MAX_PAGES:
            raise TooLarge("too_many_pages", f"A document may have {MAX_PAGES} pages.", limit=MAX_PAGES)
    _check_kind(rules, sheaf)
    for page in sheaf.pages:
        read_page(rules, page, draft)
    if kind is Kind.VAT_INVOICE:
        read_invoice_codes(tuple(sheaf.codes), draft)
    if sheaf.original:
        draft.remark(
            "signature-not-checked", "Whether its issuer signed the electronic original is not checked."
        )
    draft.compare_sources()
    rules.checks(draft)
    return draft.paper(sheaf.count, rules.keys(draft))


def read_paths(kind: str, paths: Sequence[str]) -> Paper:
    """Return what is on a document whose pages are in the files at ``paths``: the job of a worker.

    Raises:
        Malformed, TooLarge: as ``read_document``.
    """
    return read_document(Kind(kind), [Path(path).read_bytes() for path in paths])


def check_files(files: Sequence[bytes]) -> None:
    """Check how many files a document has and how long they are.

    Raises:
        Malformed: ``no_file``.
        TooLarge: ``too_many_files``; ``file_too_large``.
    """
    if not files:
        raise Malformed("no_file", "Give at least one file of the document.")
    if len(files) > MAX_FILES:
        raise TooLarge("too_many_files", f"A document may have {MAX_FILES} files.", limit=MAX_FILES)
    if any(len(data) > MAX_FILE_BYTES for data in files):
        raise TooLarge("file_too_large", f"A file may have {MAX_FILE_BYTES:,} bytes.", limit=MAX_FILE_BYTES)


def _read_pdf(data: bytes, rules: KindRules, sheaf: _Sheaf, reader: Engine | None) -> None:
    layers = text_pages(data)
    if all(has_text(page) for page in layers) and rules.kind is not Kind.VAT_INVOICE:
        _take(sheaf, [_at(page, sheaf.count + number) for number, page in enumerate(layers)])
        return
    for layer, picture in zip(layers, pdf.render(data), strict=True):
        if has_text(layer):
            sheaf.codes += codes(picture, retry=False)
            _take(sheaf, [_at(layer, sheaf.count)])
        else:
            _read_pictures([picture], rules, sheaf, reader)


def _read_pictures(
    pictures: Sequence[Picture], rules: KindRules, sheaf: _Sheaf, reader: Engine | None
) -> None:
    for picture in pictures:
        page = read_picture(reader or engine(), rules, picture, sheaf.count)
        if rules.kind is Kind.VAT_INVOICE and page.words:
            sheaf.codes += codes(picture)
        _take(sheaf, [page])


def _take(sheaf: _Sheaf, pages: Sequence[Page]) -> None:
    sheaf.pages += pages
    sheaf.count += len(pages)


def _at(page: Page, number: int) -> Page:
    return Page(number, page.width, page.height, page.words, page.source, page.quarter_turns)


def _check_kind(rules: KindRules, sheaf: _Sheaf) -> None:
    if sheaf.original:
        return
    if not any(page.words for page in sheaf.pages):
        raise Malformed(
            "no_text_found", "Nothing on the document can be read; send a sharper, lighter picture."
        )
    if rules.signs_on(sheaf.pages) < rules.least:
        raise Malformed(
            "not_this_kind",
            f"The words of this kind are not on the document ({rules.kind.value}); is it another?",
            kind=rules.kind.value,
        )
