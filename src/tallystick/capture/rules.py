"""Rules: what a kind of document says about itself, as data, and how its fields are read off a page."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from tallystick.capture.draft import Draft, Reading
from tallystick.capture.figures import amount_text, number_text, plain
from tallystick.capture.finding import Place, Sheet, Span, Table
from tallystick.capture.layout import Page
from tallystick.evidence.papers import Kind

_NOTHING = re.compile(r"(?!)")
_ANYTHING = re.compile("")
#: How a cell is read, by column.
CELLS: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {
        "quantity": number_text,
        "unit_price": number_text,
        "amount": amount_text,
        "tax": lambda text: amount_text(text) or ("0.00" if set(text) <= set("*") else ""),
    }
)


@dataclass(frozen=True)
class FieldRule:
    """How one field is found and read.

    Attributes:
        labels: patterns of what stands before (or above) the value.
        form: from what was found to the canonical text, or the empty text.
        sure: whether a value passes its own check digit; such a candidate is preferred.
        pattern: how the value looks where no label leads to it.
        beside: what has to stand on the page for ``pattern`` to count.
        below: whether the value may stand under its label.
        lines, gap: see ``Sheet.right``.
        zone: ``buyer`` or ``seller`` where both have the same labels.
    """

    name: str
    labels: tuple[str, ...] = ()
    form: Callable[[str], str] = plain
    sure: Callable[[str], bool] | None = None
    pattern: re.Pattern[str] = _NOTHING
    beside: re.Pattern[str] = _ANYTHING
    below: bool = False
    lines: int = 1
    gap: float = 3.0
    zone: str = ""


@dataclass(frozen=True)
class KindRules:
    """One kind of document.

    Attributes:
        signs: patterns of which ``least`` stand on every document of the kind.
        keys: the fields that decide what the document says; each has to be confirmed for it to pass.
        columns: headings of the table of goods, by column.
        end: what a row below the table begins with or holds.
        anywhere: labels that count also in the midst of other text.
        totals: reads what stands below the table.
        checks: notes check digits and sums.
        unsure: whether a person has to look at it whatever passes.
    """

    kind: Kind
    fields: tuple[FieldRule, ...]
    signs: tuple[str, ...]
    least: int
    keys: Callable[[Draft], tuple[str, ...]]
    checks: Callable[[Draft], None]
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    end: re.Pattern[str] = _NOTHING
    anywhere: frozenset[str] = frozenset()
    totals: Callable[[Draft, Sheet, Table], None] | None = None
    unsure: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its fields."""
        return tuple(dict.fromkeys(rule.name for rule in self.fields))

    def draft(self) -> Draft:
        """Return an empty draft of this kind."""
        return Draft(self.kind, self.names, self.unsure)

    def signs_on(self, pages: list[Page]) -> int:
        """Return how many of the signs stand on the pages."""
        text = "\n".join(row.text for page in pages for row in page.rows)
        return sum(bool(re.search(sign, text)) for sign in self.signs)


def read_page(rules: KindRules, page: Page, draft: Draft) -> None:
    """Note in ``draft`` what stands on one page."""
    labels = dict.fromkeys(label for rule in rules.fields for label in rule.labels)
    sheet = Sheet(page, tuple(labels), rules.anywhere)
    table = sheet.table(rules.columns, rules.end) if rules.columns else None
    if table:
        for cells in table.rows():
            read_cells(draft, cells)
        if rules.totals:
            rules.totals(draft, sheet, table)
    for rule in rules.fields:
        found = _candidates(rule, sheet, table)
        valued = [(rule.form(span.text), span) for span in found]
        valued = [(value, span) for value, span in valued if value]
        sure = [each for each in valued if rule.sure and rule.sure(each[0])]
        for value, span in (sure or valued)[:1]:
            draft.read(rule.name, value, span)


def read_cells(draft: Draft, cells: Mapping[str, Span]) -> None:
    """Note one row of goods; a row without figures carries on the name above it."""
    valued = {}
    for name, span in cells.items():
        value = CELLS.get(name, plain)(span.text)
        if value:
            valued[name] = Reading(value, span.source, span.box, span.score)
    if not valued:
        return
    lines = draft.line_sources.get(next(iter(valued.values())).source)
    if valued.keys() & {"quantity", "unit_price", "amount"}:
        draft.read_line(valued)
    elif lines and valued.keys() <= {"name", "specification"}:
        lines[-1] = {
            name: Reading(
                lines[-1][name].value + valued[name].value,
                lines[-1][name].source,
                lines[-1][name].box,
                lines[-1][name].score,
            )
            if name in valued and name in lines[-1]
            else (lines[-1].get(name) or valued[name])
            for name in {**lines[-1], **valued}
        }


def _candidates(rule: FieldRule, sheet: Sheet, table: Table | None) -> list[Span]:
    found: list[Span | None] = []
    for label in rule.labels:
        for place in sheet.find(label):
            if not rule.zone or zone_of(place, sheet, table) == rule.zone:
                found.append(sheet.right(place, rule.lines, rule.gap))
                found.append(sheet.below(place) if rule.below else None)
    if any(rule.beside.search(row.text) for row in sheet.page.rows):
        found += sheet.matches(rule.pattern)
    return [span for span in found if span]


def zone_of(place: Place, sheet: Sheet, table: Table | None) -> str:
    """Return whose label it is on an invoice: the buyer's stands above the goods, on the left.

    The seller's stands below the goods, or beside the buyer's on the right (fully digital invoice).
    Without a table the first of two is the buyer's.
    """
    if table is None:
        return "buyer" if sheet.find(place.label)[0] is place else "seller"
    if place.row.middle > table.top:
        return "seller"
    lefts = [piece.left for row in sheet.page.rows for piece in row.pieces]
    rights = [piece.right for row in sheet.page.rows for piece in row.pieces]
    across, _ = place.row.across(place.start, place.end)
    return "buyer" if across < (min(lefts) + max(rights)) / 2 else "seller"
