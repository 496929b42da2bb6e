"""Finding: the value beside or below its label, and the cells below the headings of a table."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from tallystick.capture.layout import Page, Piece, Point, Row
from tallystick.evidence.papers import Box, Source

MAX_ROWS: Final = 500  # of one table
#: Columns whose cells may be made of several boxes.
WORDS: Final = frozenset({"name", "specification", "unit"})

# Older and printed forms of letters in labels; each is one letter, so that places stay the same.
_VARIANTS = str.maketrans(
    "別號貨單稱額稅開購銷數價證碼簽倉備註臺帐", "别号货单称额税开购销数价证码签仓备注台账"
)
_FIRST_GAP = 25  # heights: how far a value may stand from its label
_BELOW = 2.5  # heights: how far down the value below a label may begin
_LINE = 1.3  # heights: the most between two lines of one value
_MARKS = ":;,.·、-|"


@dataclass(frozen=True)
class Span:
    """Text that was found, with where it stands and the lowest score of its words."""

    text: str
    box: Box
    score: int | None
    source: Source


@dataclass(frozen=True)
class Place:
    """A label on the page: which row, from and to which letter."""

    label: str
    row: Row
    start: int
    end: int


@dataclass
class Sheet:
    """A page on which the labels of one kind of document were looked up."""

    page: Page
    labels: Sequence[str]
    anywhere: frozenset[str] = frozenset()
    places: list[Place] = field(init=False)

    def __post_init__(self) -> None:
        longest = sorted(self.labels, key=len, reverse=True)
        pattern = re.compile("|".join(f"({label})" for label in longest)) if longest else None
        self.places = [
            Place(longest[(match.lastindex or 1) - 1], row, match.start(), match.end())
            for row in self.page.rows
            if pattern
            for match in pattern.finditer(row.text.translate(_VARIANTS))
        ]
        self.places = [place for place in self.places if self._stands_free(place)]

    def _stands_free(self, place: Place) -> bool:
        """Return whether the label begins a box or has a colon: else it is a word inside other text."""
        text = place.row.text
        return (
            place.label in self.anywhere
            or place.row.owner[place.start][1] == 0
            or text[place.end : place.end + 1] == ":"
            or text[place.start] == "("
            or (place.start > 0 and text[place.start - 1] in ":()【[*")
        )

    def find(self, label: str) -> list[Place]:
        """Return where ``label`` stands, top to bottom and left to right."""
        return [place for place in self.places if place.label == label]

    def right(self, place: Place, lines: int = 1, gap: float = 3.0) -> Span | None:
        """Return the text to the right of a label up to the next label or a gap, or None.

        Args:
            place: the label.
            lines: how many lines the value may have.
            gap: in heights: what separates the value from other text.
        """
        row, end = place.row, self._next(place)
        start = place.end
        while start < end and row.text[start] in _MARKS:
            start += 1
        if start >= end:
            return None
        label_piece = row.owner[place.end - 1][0]
        first = row.owner[start][0]
        if first is not label_piece and first.left - label_piece.right > _FIRST_GAP * first.height:
            return None
        stop = start + 1
        while stop < end:
            before, piece = row.owner[stop - 1][0], row.owner[stop][0]
            if piece is not before and piece.left - before.right > gap * max(before.height, piece.height):
                break
            stop += 1
        taken = [(row, start, stop)]
        if lines > 1:
            taken += self._continued(place, row, start, stop, lines - 1)
        return self._span(taken)

    def below(self, place: Place) -> Span | None:
        """Return the text under a label, or None."""
        left, right = place.row.across(place.start, place.end)
        piece = place.row.owner[place.start][0]
        reach = piece.bottom + _BELOW * piece.height
        found = [
            (each.top, row, each)
            for row in self.page.rows
            for each in row.pieces
            if piece.middle < each.top - 0.2 * piece.height < reach
            and each.left < right
            and each.right > left
        ]
        for _, row, each in sorted(found, key=lambda item: item[0]):
            start = next(at for at, owner in enumerate(row.owner) if owner[0] is each)
            stop = start + len(each.text)
            if not any(
                other.row is row and other.start < stop and other.end > start for other in self.places
            ):
                return self._span([(row, start, stop)])
            return None
        return None

    def matches(self, pattern: re.Pattern[str]) -> Iterator[Span]:
        """Yield every text within one box that fits ``pattern``, top to bottom."""
        for row in self.page.rows:
            start = 0
            for piece in row.pieces:
                for match in pattern.finditer(piece.text):
                    yield self._span([(row, start + match.start(), start + match.end())])
                start += len(piece.text)

    def _next(self, place: Place) -> int:
        later = [each.start for each in self.places if each.row is place.row and each.start >= place.end]
        return min(later, default=len(place.row.text))

    def _continued(
        self, place: Place, row: Row, start: int, stop: int, lines: int
    ) -> list[tuple[Row, int, int]]:
        """Return the lines under a value that begin where it begins, until a label or a gap."""
        taken: list[tuple[Row, int, int]] = []
        left, _ = row.across(start, stop)
        last = row.owner[start][0]
        for _ in range(lines):
            under = [
                (each, other)
                for other in self.page.rows
                for each in other.pieces
                if last.middle < each.top
                and each.top - last.bottom < _LINE * last.height
                and -2 * last.height < each.left - left < 3 * last.height
            ]
            if not under:
                break
            piece, other = min(under, key=lambda item: item[0].top)
            first = next(at for at, owner in enumerate(other.owner) if owner[0] is piece)
            end = first + len(piece.text)
            labelled = [at for at in self.places if at.row is other]
            if any(at.start <= first or at.start < end for at in labelled) and labelled:
                break
            taken.append((other, first, end))
            last = piece
        return taken

    def _span(self, taken: Sequence[tuple[Row, int, int]]) -> Span:
        corners: list[Point] = []
        scores: list[int] = []
        texts = []
        for row, start, stop in taken:
            texts.append(row.text[start:stop])
            for piece in dict.fromkeys(owner[0] for owner in row.owner[start:stop]):
                places = [at for owner, at in row.owner[start:stop] if owner is piece]
                corners += piece.corners(places[0], places[-1] + 1)
                scores += [] if piece.word.score is None else [piece.word.score]
        return Span("".join(texts), self.page.box(corners), min(scores, default=None), self.page.source)

    def table(self, columns: Mapping[str, Sequence[str]], end: re.Pattern[str]) -> "Table | None":
        """Return the table whose headings are ``columns``, or None when no row holds three of them."""
        best: dict[str, tuple[float, float]] = {}
        head: Row | None = None
        for row in self.page.rows:
            found = _headings(row, columns)
            if len(found) > len(best):
                best, head = found, row
        if head is None or len(best) < 3:
            return None
        return Table(self, head, best, end)


@dataclass
class Table:
    """A table below a row of headings."""

    sheet: Sheet
    head: Row
    headings: Mapping[str, tuple[float, float]]
    end: re.Pattern[str]

    @property
    def top(self) -> float:
        """How far down the headings begin."""
        return self.head.top

    def rows(self) -> list[dict[str, Span]]:
        """Return the cells of each row by column, top to bottom, until a row that fits ``end``."""
        found: list[dict[str, Span]] = []
        floor = max(piece.bottom for piece in self.head.pieces)
        height = max(piece.height for piece in self.head.pieces)
        for row in self.sheet.page.rows:
            if row is self.head or row.middle < floor - 0.3 * height:
                continue
            if self.end.search(row.text) or len(found) >= MAX_ROWS:
                break
            cells = self.cells(row)
            if cells:
                found.append(cells)
        return found

    def cells(self, row: Row) -> dict[str, Span]:
        """Return the texts of a row by the column under whose heading they stand."""
        taken: dict[str, list[int]] = {}
        for piece in row.pieces:
            start = next(at for at, owner in enumerate(row.owner) if owner[0] is piece)
            for at in range(len(piece.text)):
                column = self._column(piece, at)
                if column:
                    taken.setdefault(column, []).append(start + at)
        return {
            column: self.sheet._span([(row, min(letters), max(letters) + 1)])
            for column, letters in taken.items()
            if column in WORDS or not _joins_figures(row, letters)
        }

    def _column(self, piece: Piece, at: int) -> str | None:
        """Return the column of a letter: that of its word's middle, or its own where a word spans several."""
        order = sorted(self.headings.items(), key=lambda item: item[1])
        spans = sum(piece.left < (left + right) / 2 < piece.right for _, (left, right) in order)
        if spans > 1:
            across = (piece.across(at) + piece.across(at + 1)) / 2
        else:
            across = (piece.left + piece.right) / 2
        first = order[0][1][0] - 8 * piece.height
        last = order[-1][1][1] + 3 * piece.height
        if not first < across < last:
            return None
        for (name, (_, right)), (_, (left, _)) in pairwise(order):
            if across < (right + left) / 2:
                return name
        return order[-1][0]


def _joins_figures(row: Row, letters: Sequence[int]) -> bool:
    """Return whether figures of two boxes would become one: a heading was missed, and no value is better."""
    return len({row.owner[at][0] for at in letters if row.text[at].isdigit()}) > 1


def _headings(row: Row, columns: Mapping[str, Sequence[str]]) -> dict[str, tuple[float, float]]:
    text = row.text.translate(_VARIANTS)
    found: dict[str, tuple[int, int]] = {}
    for name, patterns in columns.items():
        for pattern in patterns:
            match = next(
                (
                    each
                    for each in re.finditer(pattern, text)
                    if not any(each.start() < end and each.end() > start for start, end in found.values())
                ),
                None,
            )
            if match:
                found[name] = match.span()
                break
    return {name: row.across(*span) for name, span in found.items()}
