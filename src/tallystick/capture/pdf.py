"""PDF documents as pictures, page by page; nothing that a document wants to do is done."""

import math
import threading
from collections.abc import Iterator
from typing import Final

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_raw

from tallystick.capture.refusals import not_readable, too_demanding
from tallystick.errors import Malformed, TooLarge
from tallystick.evidence.assessment import Picture

MAX_PAGES: Final = 20
MAX_PAGE_PIXELS: Final = 20_000_000
MAX_DOCUMENT_PIXELS: Final = 100_000_000
MAX_SIDE: Final = 12_000
DPI: Final = 200
_POINTS_PER_INCH: Final = 72
_NOT_ENCRYPTED: Final = -1

# The library may be in one thread at a time.
_lock = threading.Lock()


def render(data: bytes) -> tuple[Picture, ...]:
    """Return every page as it prints, at ``DPI`` or as finely as the limits on pixels allow.

    Raises:
        Malformed: ``file_not_readable``; ``encrypted_document``.
        TooLarge: ``too_many_pages`` above ``MAX_PAGES``; ``file_too_demanding``.
    """
    with _lock:
        return tuple(_pages(data))


def check(data: bytes) -> tuple[Picture, int]:
    """Return the first page and how many there are, when every page can be rendered.

    Raises:
        Malformed, TooLarge: as ``render``.
    """
    with _lock:
        pages = _pages(data)
        first = next(pages)
        return first, 1 + sum(1 for _ in pages)


def _pages(data: bytes) -> Iterator[Picture]:
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if error.err_code == pdfium_raw.FPDF_ERR_PASSWORD:
            raise _encrypted() from error
        raise not_readable("a PDF document") from error
    try:
        count = len(document)
        _check_document(document, count)
        for number in range(count):
            yield _render_page(document, number, min(MAX_PAGE_PIXELS, MAX_DOCUMENT_PIXELS // count))
    except MemoryError as error:
        raise too_demanding() from error
    except pdfium.PdfiumError as error:
        raise not_readable("a PDF document") from error
    finally:
        document.close()


def _check_document(document: pdfium.PdfDocument, count: int) -> None:
    if pdfium_raw.FPDF_GetSecurityHandlerRevision(document) != _NOT_ENCRYPTED:
        raise _encrypted()
    if count > MAX_PAGES:
        raise TooLarge(
            "too_many_pages", f"A document may have {MAX_PAGES} pages; this one has {count}.", limit=MAX_PAGES
        )
    if not count:
        raise not_readable("a PDF document", "it has no pages")


def _render_page(document: pdfium.PdfDocument, number: int, max_pixels: int) -> Picture:
    page = document[number]
    try:
        width, height = page.get_size()
        if not (width > 0 and height > 0 and math.isfinite(width * height)):
            raise not_readable("a PDF document", f"page {number + 1} has no size")
        # The size comes first: at a fixed resolution a page of 200 inches would take 1,600 million pixels.
        scale = min(
            DPI / _POINTS_PER_INCH, math.sqrt(max_pixels / (width * height)), MAX_SIDE / max(width, height)
        )
        bitmap = page.render(scale=scale, rev_byteorder=True, may_draw_forms=False)
        pixels = np.ascontiguousarray(bitmap.to_numpy()[:, :, :3])
        return Picture(f"page {number + 1}", bitmap.width, bitmap.height, pixels.tobytes())
    finally:
        page.close()


def _encrypted() -> Malformed:
    return Malformed(
        "encrypted_document", "The document is encrypted; send it without a password or restrictions."
    )
