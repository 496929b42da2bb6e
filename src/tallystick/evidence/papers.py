"""Papers: what was read off a document, each field with where it stands and what speaks for it (O2, E8).

A value is never a bare string: it carries its source, its box on the page, the reader's score and the
checks that it passed or failed, so that a form can show the crop beside the input and a decision can name
what it rests on. A person's correction stands beside what was read, and replaces nothing.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec


class Kind(StrEnum):
    """Kinds of document that can be read."""

    BUSINESS_LICENCE = "business-licence"
    IDENTITY_CARD = "identity-card"
    BANK_CARD = "bank-card"
    VAT_INVOICE = "vat-invoice"
    DELIVERY_NOTE = "delivery-note"
    CONTRACT = "contract"


class Source(StrEnum):
    """Where a value comes from, most trusted first; an electronic original outranks a picture of it."""

    ORIGINAL = "original"  # the structured data of an electronic document (XML, OFD)
    TEXT_LAYER = "text-layer"  # the text of a born-digital PDF; it can be forged like any file
    CODE = "code"  # a QR code or barcode on the page
    OCR = "ocr"
    PERSON = "person"


class Status(StrEnum):
    """How far a value can be relied on."""

    VERIFIED = "verified"  # a check digit or arithmetic holds, or two sources agree; nothing speaks against
    NEEDS_REVIEW = "needs-review"
    MISSING = "missing"


class Check(msgspec.Struct, frozen=True):
    """One thing that speaks for or against a value, for example ``credit-code-check-digit``."""

    name: str
    ok: bool
    detail: str = ""


class Box(msgspec.Struct, frozen=True):
    """A rectangle on a page; page from 0, the rest in ten-thousandths of the page's width and height."""

    page: int
    left: int
    top: int
    right: int
    bottom: int


class Field(msgspec.Struct, frozen=True):
    """One value that was read.

    Attributes:
        value: as text in canonical form (dates ISO, amounts with a point and no separators, codes without
            blanks); empty when missing.
        score: the reader's own confidence in ten-thousandths; None where it gives none. No proof of anything.
    """

    value: str
    source: Source
    status: Status
    box: Box | None = None
    score: int | None = None
    checks: tuple[Check, ...] = ()


class Line(msgspec.Struct, frozen=True):
    """One row of goods: the fields by column (``LINE_COLUMNS``), those that the document has."""

    fields: Mapping[str, Field]


#: Columns of a row of goods. Quantities are decimals as text, ``unit_price`` and ``amount`` amounts as text.
LINE_COLUMNS: Final = ("name", "specification", "unit", "quantity", "unit_price", "amount", "tax_rate", "tax")


class Paper(msgspec.Struct, frozen=True):
    """What was read off one document.

    Attributes:
        kind: which kind of document it was read as.
        fields: by name; which names a kind has, and which of them are key fields, ``capture`` lists.
        lines: rows of goods, top to bottom; none for kinds without.
        checks: of the document as a whole: whether its sums close, whether its code agrees with its text.
        pages: how many pages it has.
    """

    kind: Kind
    fields: Mapping[str, Field]
    lines: tuple[Line, ...] = ()
    checks: tuple[Check, ...] = ()
    pages: int = 1

    @property
    def passes(self) -> bool:
        """Whether every check of the document and of its fields holds, and there is at least one."""
        checks = [*self.checks, *(check for field in self.fields.values() for check in field.checks)]
        checks += [check for line in self.lines for field in line.fields.values() for check in field.checks]
        return bool(checks) and all(check.ok for check in checks)
