"""Codes: the QR code of an invoice, a second witness of what its text says.

The payload is a public convention, separated by commas: ``01``, type, code, number, amount, date, check
code, checksum. A fully digital invoice has no code, and its amount includes the tax.
"""

import re
from typing import Final

import numpy as np
import zxingcpp
from PIL import Image, ImageFilter, ImageOps

from tallystick.capture.draft import Draft
from tallystick.capture.figures import amount_text, date_text, decimal
from tallystick.capture.ocr import pixels
from tallystick.evidence.assessment import Picture
from tallystick.evidence.papers import Source

MAX_CODES: Final = 10
MAX_TEXT: Final = 2_000

_INVOICE = re.compile(
    r"01,[0-9]{2},([0-9]{10}|[0-9]{12})?,([0-9]{8}|[0-9]{20}),(-?[0-9.]+),([0-9]{8}),([^,]*),"
)


def codes(picture: Picture, retry: bool = True) -> tuple[str, ...]:
    """Return the texts of the QR codes on a picture.

    A blurred code is found after a small blur against noise, the contrast stretched, at twice the size.
    """
    image = Image.fromarray(pixels(picture)).convert("L")
    found = _read(image)
    if not found and retry:
        smooth = ImageOps.autocontrast(image.filter(ImageFilter.GaussianBlur(1)))
        found = _read(smooth.resize((2 * image.width, 2 * image.height), Image.Resampling.BICUBIC))
    return found


def _read(image: Image.Image) -> tuple[str, ...]:
    found = zxingcpp.read_barcodes(
        np.asarray(image), formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
    )
    return tuple(each.text[:MAX_TEXT] for each in found[:MAX_CODES])


def read_invoice_codes(texts: tuple[str, ...], draft: Draft) -> None:
    """Note in ``draft`` what the invoice code among ``texts`` says; others say nothing about an invoice."""
    for text in texts:
        match = _INVOICE.match(text)
        if match:
            code, number, amount, day, check = match.groups()
            draft.read("code", code or "", Source.CODE)
            draft.read("number", number, Source.CODE)
            draft.read("date", date_text(day), Source.CODE)
            draft.read("amount" if code else "total", amount_text(amount), Source.CODE)
            if decimal(check) is not None:
                draft.read("check_code", check, Source.CODE)
            return
