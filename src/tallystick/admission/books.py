"""The canonical invoice: one table for both directions, in integer minor units.

Every source of invoices, whatever its columns are called, is brought to this table by a mapping; every
finding and indicator is an expression over it.
"""

import ibis
import ibis.expr.types as ir

SALE = "sale"
PURCHASE = "purchase"
VALID = "valid"
VOID = "void"

SIDES = {"sales": SALE, "purchases": PURCHASE}
"""The two files of a set of books, and the direction of the invoices in each."""

STATUSES = (VALID, VOID)

COLUMNS = {
    "direction": "string",  # sale: the enterprise issued it; purchase: the enterprise received it
    "enterprise": "string",  # whose books these are
    "number": "string",  # as printed; no key on its own, for the invoice code is often not published
    "issued_on": "date",
    "counterparty": "string",  # the buyer of a sale, the supplier of a purchase
    "net_minor": "int64",  # before tax; negative on a red-letter (credit) invoice
    "tax_minor": "int64",
    "gross_minor": "int64",
    "status": "string",  # valid or void
}
"""Name and type of every column of the canonical table, in order."""

FILE_COLUMNS = tuple(name for name in COLUMNS if name != "direction")
"""The columns a source file must bring; the direction is known from the file itself."""

AMOUNT_COLUMNS = ("net_minor", "tax_minor", "gross_minor")

MAX_AMOUNT_DIGITS = 12
"""Digits of one amount in minor units; beyond any single invoice (ten thousand million yuan)."""

MAX_SIDE_TOTAL_MINOR = 400_000_000_000_000
"""Sum of absolute net amounts of one enterprise in one direction: 2 × 10,000 × this fits 64 bits, which
keeps every share exact in integers on every engine."""


def invoices(name: str = "invoices") -> ir.Table:
    """Return the canonical table, unbound: an expression's leaf that any engine can resolve by name."""
    return ibis.table(COLUMNS, name=name)
