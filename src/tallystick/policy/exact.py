"""Exact decimal numbers: one spelling for each value, and no operation that rounds."""

import re
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow

from tallystick.errors import Malformed

#: Up to 18 digits before the point and 12 after it.
DECIMAL_PATTERN = r"^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,12})?\Z"

# Two bounded numbers multiply to 60 digits and 10,000 such products add four more; anything that would
# still need rounding is refused rather than rounded.
_EXACT = Context(prec=100, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
_DECIMAL = re.compile(DECIMAL_PATTERN)


def parse_decimal(text: str) -> Decimal:
    """Return the number written in ``text``: plain digits, at most one point, no exponent, no separators.

    Raises:
        Malformed: ``bad_decimal``.
    """
    if not _DECIMAL.match(text):
        raise Malformed("bad_decimal", f"{text[:40]!r} is not a plain decimal number.")
    return Decimal(text)


def decimal_text(number: Decimal) -> str:
    """Return the one spelling of ``number``: no exponent, no trailing zeros, no negative zero."""
    if number == 0:
        return "0"
    return format(_EXACT.normalize(number), "f")


def add(left: Decimal, right: Decimal) -> Decimal:
    """Return the exact sum."""
    return _EXACT.add(left, right)


def subtract(left: Decimal, right: Decimal) -> Decimal:
    """Return the exact difference."""
    return _EXACT.subtract(left, right)


def multiply(left: Decimal, right: Decimal) -> Decimal:
    """Return the exact product."""
    return _EXACT.multiply(left, right)
