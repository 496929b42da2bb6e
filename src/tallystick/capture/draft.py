"""Draft: everything that was read for one document, from every source, until it becomes a paper.

The most trusted source gives a field its value. Two sources that agree confirm it; two that do not are a
check that fails. Only a check digit, arithmetic or agreement makes a value verified: a score never does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from tallystick.capture.figures import decimal
from tallystick.capture.finding import Span
from tallystick.evidence.papers import Box, Check, Field, Kind, Line, Paper, Source, Status

MAX_LINES: Final = 2_000

_TRUST: Final = (Source.ORIGINAL, Source.TEXT_LAYER, Source.CODE, Source.OCR, Source.PERSON)
_DETAIL = 120
Name = str | tuple[int, str]  # a field, or the column of a line


@dataclass(frozen=True)
class Reading:
    """One value from one source."""

    value: str
    source: Source
    box: Box | None = None
    score: int | None = None


@dataclass
class Draft:
    """What was read so far.

    Attributes:
        names: every field that the kind has.
        unsure: whether a person has to look at it whatever passes.
    """

    kind: Kind
    names: Sequence[str]
    unsure: bool = False
    readings: dict[str, list[Reading]] = field(default_factory=dict)
    line_sources: dict[Source, list[Mapping[str, Reading]]] = field(default_factory=dict)
    _checks: dict[Name, list[tuple[Check, bool]]] = field(default_factory=dict)
    _whole: list[Check] = field(default_factory=list)

    def read(self, name: str, value: str, where: Span | Source) -> None:
        """Note that a source says ``value``; the first reading of a source stays."""
        if not value:
            return
        span = where if isinstance(where, Span) else None
        source = span.source if span else where
        assert isinstance(source, Source)  # noqa: S101 - for the reader of types
        noted = self.readings.setdefault(name, [])
        if all(each.source is not source for each in noted):
            noted.append(Reading(value, source, span.box, span.score) if span else Reading(value, source))

    def read_line(self, cells: Mapping[str, Reading]) -> None:
        """Note one row of goods."""
        source = next(iter(cells.values())).source
        lines = self.line_sources.setdefault(source, [])
        if len(lines) < MAX_LINES:
            lines.append(cells)

    @property
    def lines(self) -> Sequence[Mapping[str, Reading]]:
        """The rows of the most trusted source that has any."""
        return next((found for each in _TRUST if (found := self.line_sources.get(each))), [])

    def best(self, name: str) -> Reading | None:
        """Return the reading of the most trusted source, or None."""
        return min(self.readings.get(name, ()), key=lambda each: _TRUST.index(each.source), default=None)

    def value(self, name: Name) -> str:
        """Return the value of a field or of a cell; empty when it was not read."""
        reading = self.best(name) if isinstance(name, str) else self.lines[name[0]].get(name[1])
        return reading.value if reading else ""

    def number(self, name: Name) -> Decimal | None:
        """Return the value of a field or of a cell as a number, or None."""
        return decimal(self.value(name))

    def check(self, name: str, ok: bool, of: Iterable[Name], detail: str = "", confirms: bool = True) -> None:
        """Note that a check holds or not for the fields ``of``; one that ``confirms`` can verify them."""
        made = Check(name, ok, "" if ok else detail[:_DETAIL])
        for each in of:
            self._checks.setdefault(each, []).append((made, confirms))

    def check_whole(self, name: str, ok: bool, detail: str = "") -> None:
        """Note that a check of the whole document holds or not."""
        self._whole.append(Check(name, ok, "" if ok else detail[:_DETAIL]))

    def remark(self, name: str, detail: str) -> None:
        """Note what was not looked into; it speaks neither for nor against the document."""
        self._whole.append(Check(name, True, detail[:_DETAIL]))

    def confirmed(self, name: Name) -> bool:
        """Return whether something speaks for a value and nothing against it."""
        checks = self._checks.get(name, [])
        return any(confirms for _, confirms in checks) and all(check.ok for check, _ in checks)

    def compare_sources(self) -> None:
        """Check that sources agree, for every field that has two."""
        for name in self.names:
            noted = self.readings.get(name, [])
            if len(noted) > 1:
                said = {each.value.upper() for each in noted}
                detail = "; ".join(f"{each.source}: {each.value}" for each in noted)
                self.check("sources-agree", len(said) == 1, [name], detail)

    def paper(self, pages: int, keys: Sequence[str]) -> Paper:
        """Return the paper: each field with its status, and whether every key field is confirmed."""
        loose = [
            name
            for name in keys
            if not self.confirmed(name) and not ((best := self.best(name)) and best.source is Source.ORIGINAL)
        ]
        self.check_whole("key-fields-confirmed", not loose, ", ".join(loose))
        fields = {name: self._field(name, self.best(name)) for name in self.names}
        lines = [
            Line({column: self._field((at, column), cell) for column, cell in cells.items()})
            for at, cells in enumerate(self.lines)
        ]
        return Paper(self.kind, fields, tuple(lines), tuple(self._whole), pages)

    def _field(self, name: Name, reading: Reading | None) -> Field:
        checks = tuple(check for check, _ in self._checks.get(name, ()))
        if reading is None:
            return Field("", Source.OCR, Status.MISSING, checks=checks)
        sure = self.confirmed(name) and not self.unsure
        status = Status.VERIFIED if sure else Status.NEEDS_REVIEW
        return Field(reading.value, reading.source, status, reading.box, reading.score, checks)
