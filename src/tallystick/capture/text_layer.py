"""Text layer: the words of a born-digital PDF. It can be forged like any file: provenance, not truth."""

from io import BytesIO
from typing import Final

import pdfplumber

from tallystick.capture.layout import MAX_WORDS, Page, Word
from tallystick.capture.refusals import not_readable
from tallystick.errors import TallystickError, TooLarge
from tallystick.evidence.papers import Source

MAX_PAGES: Final = 20
#: Fewer letters than this on a page are a stamp on a scan, and the picture is read.
LEAST_LETTERS: Final = 20


def text_pages(data: bytes) -> tuple[Page, ...]:
    """Return the words of each page; a scanned page has none.

    Raises:
        Malformed: ``file_not_readable``.
        TooLarge: ``too_many_pages``; ``too_many_words``.
    """
    try:
        with pdfplumber.open(BytesIO(data)) as document:
            _check_count(len(document.pages))
            return tuple(_page(each, number) for number, each in enumerate(document.pages))
    except TallystickError:
        raise
    except Exception as error:  # the library raises whatever a damaged file leads it to
        raise not_readable("a PDF document") from error


def has_text(page: Page) -> bool:
    """Return whether a page's text layer carries the page."""
    return sum(len(word.text) for word in page.words) >= LEAST_LETTERS


def _check_count(pages: int) -> None:
    if pages > MAX_PAGES:
        raise TooLarge("too_many_pages", f"A document may have {MAX_PAGES} pages.", limit=MAX_PAGES)


def _page(page: "pdfplumber.page.Page", number: int) -> Page:
    # A blank narrower than the letters is none: forms set labels wide.
    found = page.extract_words(x_tolerance=2, y_tolerance=2, keep_blank_chars=False)
    if len(found) > MAX_WORDS:
        raise TooLarge("too_many_words", f"A page may have {MAX_WORDS} words at most.")
    words = []
    for each in found:
        left, top, right, bottom = (float(each[name]) for name in ("x0", "top", "x1", "bottom"))
        words.append(Word(each["text"], ((left, top), (right, top), (right, bottom), (left, bottom))))
    return Page(number, float(page.width), float(page.height), tuple(words), Source.TEXT_LAYER)
