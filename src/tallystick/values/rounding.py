"""Rounding an exact fraction to a whole number, by a named rule and never by accident."""

from collections.abc import Callable, Mapping
from enum import Enum
from fractions import Fraction
from types import MappingProxyType


class Rounding(Enum):
    """How a fraction becomes a whole number; names and meanings as in java.math.RoundingMode.

    HALF_UP and UP go away from zero, DOWN goes towards zero, so that a debit and the credit that
    mirrors it round alike. HALF_EVEN is IEEE 754 roundTiesToEven, free of bias over many roundings.
    """

    HALF_EVEN = "half-even"
    HALF_UP = "half-up"
    DOWN = "down"
    UP = "up"
    FLOOR = "floor"
    CEILING = "ceiling"


def round_fraction(value: Fraction, rounding: Rounding) -> int:
    """Return the whole number that ``rounding`` makes of ``value``; never further than one away."""
    return _RULES[rounding](value)


def _floor(value: Fraction) -> int:
    return value.numerator // value.denominator


def _ceiling(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)


def _half_up(value: Fraction) -> int:
    size = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return size if value.numerator >= 0 else -size


def _up(value: Fraction) -> int:
    return _ceiling(value) if value.numerator >= 0 else _floor(value)


_RULES: Mapping[Rounding, Callable[[Fraction], int]] = MappingProxyType(
    {
        Rounding.HALF_EVEN: round,
        Rounding.HALF_UP: _half_up,
        Rounding.DOWN: int,
        Rounding.UP: _up,
        Rounding.FLOOR: _floor,
        Rounding.CEILING: _ceiling,
    }
)
