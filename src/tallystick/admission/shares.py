"""Shares: the one division of the admission room, exact in whole numbers on every engine.

A share is a whole number of ten-thousandths (or of a finer fraction, on the way to one). Nothing is
divided by what can be 0, and what is asked of nothing is null.
"""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir

TEN_THOUSANDTHS = 10_000

MILLIONTHS = 10**6
"""The steps in which a month's share is taken before it is multiplied by a month's place or squared."""

# A counterparty's share is taken to eight places before it is squared, so that the index of a hundred
# thousand counterparties is still exact in its four places, and 10^8 squared fits 64 bits.
SHARE_STEPS = 10**8
_INDEX_STEP = SHARE_STEPS**2 // TEN_THOUSANDTHS


def narrowed(number: ir.IntegerValue) -> ir.IntegerValue:
    """Return the number cast to 64 bits in the engine, which may have summed it in more.

    ``cast`` leaves it out, for the expression's type is that already; what follows would be worked out in
    128 bits, several times slower.
    """
    narrow: ir.IntegerValue = ops.Cast(number, dt.int64).to_expr()
    return narrow


def nearest_quotient(numerator: ir.IntegerValue, divisor: ir.IntegerValue) -> ir.IntegerValue:
    """Return numerator ÷ divisor as the nearest integer, half away from zero; null unless divisor > 0.

    Engines divide integers in different ways (truncating, flooring, through a float that drops cents).
    What is left after taking the remainder away divides evenly, so the float division that follows has
    an exact answer below 2^51 on every engine. Neither operand is doubled: both sides of one enterprise
    together, in ten-thousandths, still fit 64 bits.
    """
    positive = _above_nothing(divisor)
    size = numerator.abs()
    left = size % positive
    whole = ((size - left) / positive).round().cast("int64") + (left * 2 >= positive).cast("int64")
    return whole * ibis.ifelse(numerator < 0, -1, 1)


def share(part: ir.IntegerValue, whole: ir.IntegerValue) -> ir.IntegerValue:
    """Return part ÷ whole in ten-thousandths; null unless whole > 0."""
    return nearest_quotient(part * TEN_THOUSANDTHS, whole)


def fine_share(part: ir.IntegerValue, whole: ir.IntegerValue, steps: int) -> ir.IntegerValue:
    """Return part ÷ whole in ``steps`` (a multiple of 10^4), for 0 ≤ part ≤ whole; null unless whole > 0.

    In two strides, for part × steps itself would not fit 64 bits.
    """
    positive = _above_nothing(whole)
    left = part * TEN_THOUSANDTHS % positive
    first = ((part * TEN_THOUSANDTHS - left) / positive).round().cast("int64")
    finer = steps // TEN_THOUSANDTHS
    return first * finer + nearest_quotient(left * finer, positive)


def index_ten_thousandths(squares: ir.IntegerValue, total: ir.IntegerValue) -> ir.IntegerValue:
    """Return a Herfindahl–Hirschman index in ten-thousandths from its summed squares; null without total."""
    return ibis.ifelse(
        total > 0, nearest_quotient(squares, ibis.literal(_INDEX_STEP, "int64")), ibis.null("int64")
    )


def whole_root(number: ir.IntegerValue) -> ir.IntegerValue:
    """Return the square root as the nearest integer, for 0 ≤ number < 10^12.

    A root is never half-way between two integers, and below 10^6 a float holds it a thousand times finer
    than its distance from the middle, so every engine rounds it to the same side.
    """
    return number.cast("float64").sqrt().round().cast("int64")


def _above_nothing(divisor: ir.IntegerValue) -> ir.IntegerValue:
    """Null instead of 0 or less: nothing is divided by it."""
    return ibis.greatest(divisor, 0).nullif(0)
