"""Figures of an assessment as numbers: read exactly, compared, put in order."""

import re
from fractions import Fraction
from typing import Final

from tallystick.evidence.assessment import Quality

#: Worst first, so that a grade compares like a number.
GRADES: Final = (Quality.POOR, Quality.MEDIUM, Quality.GOOD)

_NUMBER = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?")


def number_of(text: str | None) -> Fraction | None:
    """Return the decimal number that the text states, or None."""
    return Fraction(text) if text is not None and _NUMBER.fullmatch(text) else None


def grade_of(text: str | None) -> Fraction | None:
    """Return a quality as its place in ``GRADES``; None for what is none of them."""
    return next((Fraction(at) for at, grade in enumerate(GRADES) if grade.value == text), None)
