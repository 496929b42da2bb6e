"""Layout: where words stand on a page, made straight, and joined into rows.

A photograph is rarely level. The boxes are turned by the length-weighted median of their own angles, so
that no picture has to be read again. Rows are chains of nearest neighbours, which bend with a page that
was taken at a slant.
"""

import math
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from tallystick.errors import TooLarge
from tallystick.evidence.papers import Box, Source

MAX_WORDS: Final = 6_000
Point = tuple[float, float]

_SCALE = 10_000
_FLAT = 1.2  # a box so much wider than high says which way the text runs
_UPRIGHT = 1.5  # a box so much higher than wide, with several wide letters, holds text set downwards
_SHARED = 0.5  # of the lower one's height: what two words of one row have in common
_SLACK = 0.5  # of a height: how far two neighbouring boxes may run into each other


@dataclass(frozen=True)
class Word:
    """Text that was read in one box.

    Attributes:
        corners: in pixels of the upright page, from the text's top left clockwise.
        score: of the reader, in ten-thousandths; None where it gives none.
    """

    text: str
    corners: tuple[Point, Point, Point, Point]
    score: int | None = None


@dataclass(frozen=True)
class Page:
    """The words of one page.

    Attributes:
        width, height: of the upright page, in the unit of the corners.
        quarter_turns: how often the page as handed in had to be turned left to stand upright.
    """

    number: int
    width: float
    height: float
    words: tuple[Word, ...]
    source: Source
    quarter_turns: int = 0

    @cached_property
    def rows(self) -> tuple["Row", ...]:
        """The rows of the levelled page, top to bottom."""
        return _rows(_level(self))

    def box(self, corners: Sequence[Point]) -> Box:
        """Return the rectangle around ``corners`` on the page as it was handed in."""
        points = [_turned_back(x / self.width, y / self.height, self.quarter_turns) for x, y in corners]
        across, down = ([min(max(each, 0), 1) for each in axis] for axis in zip(*points, strict=True))
        edges = (math.floor(min(across) * _SCALE), math.floor(min(down) * _SCALE))
        ends = (math.ceil(max(across) * _SCALE), math.ceil(max(down) * _SCALE))
        return Box(self.number, *edges, *ends)


@dataclass(frozen=True, eq=False)
class Piece:
    """A word as it stands on the levelled page; its text folded to one width and without blanks."""

    word: Word
    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:  # noqa: D102 - described by its name or class
        return max(self.bottom - self.top, 1e-6)

    @property
    def middle(self) -> float:
        """How far down its middle is."""
        return (self.top + self.bottom) / 2

    def across(self, place: int) -> float:
        """Return how far right the letter at ``place`` begins, wide letters counting double."""
        widths = [_width(letter) for letter in self.text]
        total = sum(widths) or 1
        return self.left + (self.right - self.left) * sum(widths[:place]) / total

    def corners(self, start: int, end: int) -> tuple[Point, Point, Point, Point]:
        """Return the corners of the letters from ``start`` to ``end`` on the page before it was levelled."""
        whole = max(self.right - self.left, 1e-6)
        first, last = ((self.across(at) - self.left) / whole for at in (start, end))
        a, b, c, d = self.word.corners
        return _between(a, b, first), _between(a, b, last), _between(d, c, last), _between(d, c, first)


class Row:
    """Pieces side by side, with their letters as one text.

    Attributes:
        text: of all pieces, without blanks.
        owner: for each letter its piece and its place in it.
    """

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces = tuple(pieces)
        self.text = "".join(piece.text for piece in pieces)
        self.owner = [(piece, at) for piece in pieces for at in range(len(piece.text))]

    @property
    def top(self) -> float:  # noqa: D102 - described by its name or class
        return min(piece.top for piece in self.pieces)

    @property
    def middle(self) -> float:  # noqa: D102 - described by its name or class
        return sum(piece.middle for piece in self.pieces) / len(self.pieces)

    def across(self, start: int, end: int) -> tuple[float, float]:
        """Return how far right the letters from ``start`` to ``end`` begin and end."""
        first, at = self.owner[start]
        last, to = self.owner[end - 1]
        return first.across(at), last.across(to + 1)


def folded(text: str) -> str:
    """Return ``text`` in one width (NFKC), without blanks and control characters."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(letter for letter in plain if letter.isprintable() and not letter.isspace())


def tilt(words: Sequence[Word]) -> float:
    """Return by which angle the text runs down to the right, in radians: the length-weighted median."""
    measured = []
    for word in words:
        (ax, ay), (bx, by), _, (dx, dy) = word.corners
        length = math.hypot(bx - ax, by - ay)
        if length > _FLAT * math.hypot(dx - ax, dy - ay):
            measured.append((math.atan2(by - ay, bx - ax), length))
    half = sum(length for _, length in measured) / 2
    for angle, length in sorted(measured):
        half -= length
        if half <= 0:
            return angle
    return 0.0


def standing(words: Sequence[Word]) -> bool:
    """Return whether most boxes are taller than wide: the page lies on its side."""
    tall = sum(
        math.dist(word.corners[0], word.corners[1]) < math.dist(word.corners[0], word.corners[3])
        for word in words
    )
    return tall * 2 > len(words)


def _level(page: Page) -> list[Piece]:
    if len(page.words) > MAX_WORDS:
        raise TooLarge("too_many_words", f"A page may have {MAX_WORDS} words at most.")
    angle = -tilt(page.words)
    cos, sin = math.cos(angle), math.sin(angle)
    pieces = []
    for word in page.words:
        text = folded(word.text)
        if text:
            (ax, ay), (bx, by), (cx, cy), (dx, dy) = (
                (x * cos - y * sin, x * sin + y * cos) for x, y in word.corners
            )
            sides = (min(ax, dx), (ay + by) / 2, max(bx, cx), (cy + dy) / 2)
            piece = Piece(word, text, *sides)
            if not _runs_down(piece):
                pieces.append(piece)
    return pieces


def _runs_down(piece: Piece) -> bool:
    """Return whether a box joins letters of several rows: the heads of labels that are set wide.

    It is part of no row, and beside a label's tail it would hide the label.
    """
    wide = sum(_width(letter) == 2 for letter in piece.text)
    return wide > 1 and piece.height > _UPRIGHT * (piece.right - piece.left)


def _rows(pieces: Sequence[Piece]) -> tuple[Row, ...]:
    after = _neighbours(pieces)
    follows = set(after.values())
    rows = []
    for piece in pieces:
        if piece not in follows:
            chain = [piece]
            while chain[-1] in after:
                chain.append(after[chain[-1]])
            rows.append(Row(chain))
    return tuple(sorted(rows, key=lambda row: row.middle))


def _neighbours(pieces: Sequence[Piece]) -> dict[Piece, Piece]:
    """Return the right-hand neighbour of each piece that has one; the closest pairs are joined first."""
    by_middle = sorted(pieces, key=lambda piece: piece.middle)
    middles = [piece.middle for piece in by_middle]
    pairs = []
    for at, piece in enumerate(by_middle):
        low = bisect_left(middles, piece.middle - piece.height)
        high = bisect_right(middles, piece.middle + piece.height)
        for to in range(low, high):
            other = by_middle[to]
            gap = other.left - piece.right
            lower = min(piece.height, other.height)
            shared = min(piece.bottom, other.bottom) - max(piece.top, other.top)
            if to != at and other.left > piece.left and gap > -_SLACK * lower and shared >= _SHARED * lower:
                slope = abs(other.middle - piece.middle)
                pairs.append((max(gap, 0) + slope, at, to))
    after: dict[Piece, Piece] = {}
    taken: set[int] = set()
    for _, at, to in sorted(pairs):
        if by_middle[at] not in after and to not in taken:
            after[by_middle[at]] = by_middle[to]
            taken.add(to)
    return after


def _width(letter: str) -> int:
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _turned_back(x: float, y: float, quarter_turns: int) -> Point:
    for _ in range(quarter_turns % 4):
        x, y = 1 - y, x
    return x, y
