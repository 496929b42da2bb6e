"""Pages made of words at places, as a reader would return them: for rules that need no picture."""

import math
from collections.abc import Sequence

from tallystick.capture.layout import Page, Word
from tallystick.evidence.papers import Source

Placed = tuple[str, float, float, float, float]  # text, left, top, right, bottom


def page(
    words: Sequence[Placed], degrees: float = 0.0, source: Source = Source.OCR, side: float = 1000.0
) -> Page:
    """The words on a square page, all turned about its middle."""
    angle = math.radians(degrees)
    cos, sin, middle = math.cos(angle), math.sin(angle), side / 2

    def turned(x: float, y: float) -> tuple[float, float]:
        x, y = x - middle, y - middle
        return middle + x * cos - y * sin, middle + x * sin + y * cos

    made = [
        Word(text, (turned(a, b), turned(c, b), turned(c, d), turned(a, d)), 9900)
        for text, a, b, c, d in words
    ]
    return Page(0, side, side, tuple(made), source)


def right_of(left: float, top: float, text: str, size: float = 20.0) -> Placed:
    """A word of a typical width."""
    width = sum(size if ord(letter) > 0x2E80 else size * 0.55 for letter in text)
    return text, left, top, left + width, top + size
