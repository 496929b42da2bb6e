"""Example values of an input: one for each class into which the limits written in cells divide its values.

Two values of one class fulfil the same cells, so that whatever holds for every example holds for every
value that the input may have.
"""

from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from itertools import pairwise
from typing import Final

from tallystick.policy.cells import Value
from tallystick.policy.document import Input
from tallystick.policy.inputs import MAX_WHOLE
from tallystick.policy.rules import optional_decimal

_DIGITS: Final = 12
_LARGEST: Final = Decimal("999999999999999999.999999999999")
_WIDE: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)
_UP: Final = Context(prec=60, rounding=ROUND_CEILING)
_DOWN: Final = Context(prec=60, rounding=ROUND_FLOOR)
_OTHER_TEXT: Final = "other"


def examples_of(part: Input, operands: Iterable[Value]) -> tuple[Value, ...]:
    """Return one value for each class of ``part`` that holds any, in rising order for numbers.

    Args:
        part: the input, with its range or choices.
        operands: what cells compare it with.
    """
    if part.type == "boolean":
        return (False, True)
    if part.type == "text":
        return _texts(part, {str(each) for each in operands})
    return _numbers(part, sorted(each for each in operands if isinstance(each, Decimal)))


def bounds_of(part: Input) -> tuple[Decimal, Decimal]:
    """Return the least and the greatest number that the input ``part`` may have."""
    widest = Decimal(MAX_WHOLE) if part.type == "integer" else _LARGEST
    low, high = optional_decimal(part.min), optional_decimal(part.max)
    low = -widest if low is None else max(low, -widest)
    high = widest if high is None else min(high, widest)
    if part.type == "integer":
        return low.to_integral_value(context=_UP), high.to_integral_value(context=_DOWN)
    return low, high


def between(low: Decimal, high: Decimal, whole: bool) -> Decimal | None:
    """Return a number of few digits strictly between two others, or ``None`` where there is none."""
    middle = _WIDE.divide(_WIDE.add(low, high), Decimal(2))
    for digits in range(0 if whole else -18, 1 if whole else _DIGITS + 1):
        unit = Decimal((0, (1,), -digits))
        for context in (_WIDE, _UP, _DOWN):
            found = middle.quantize(unit, context=context)
            if low < found < high:
                return _plain(found)
    return None


def _plain(number: Decimal) -> Decimal:
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number


def _texts(part: Input, mentioned: set[str]) -> tuple[Value, ...]:
    if part.choices:
        other = [choice for choice in part.choices if choice not in mentioned][:1]
        return tuple([choice for choice in part.choices if choice in mentioned] + other)
    other_text = _OTHER_TEXT
    while other_text in mentioned:
        other_text += "."
    return (*sorted(mentioned), other_text)


def _numbers(part: Input, cuts: Sequence[Decimal]) -> tuple[Value, ...]:
    low, high = bounds_of(part)
    whole = part.type == "integer"
    if low > high:
        return ()
    inside = [cut for cut in cuts if low <= cut <= high]
    if not inside:
        return (_alone(part, low, high),)
    found: list[Value | None] = []
    if low < inside[0]:
        found.append(low if part.min is not None else inside[0] - 1 if low <= inside[0] - 1 else low)
    for cut, following in pairwise(inside):
        found += [cut, between(cut, following, whole)]
    found.append(inside[-1])
    if inside[-1] < high:
        found.append(high if part.max is not None else inside[-1] + 1 if inside[-1] + 1 <= high else high)
    return tuple(each for each in found if each is not None)


def _alone(part: Input, low: Decimal, high: Decimal) -> Decimal:
    if part.min is not None:
        return low
    return high if part.max is not None else Decimal(0)
