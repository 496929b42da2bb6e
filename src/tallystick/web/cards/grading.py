"""The grading card: each dimension's level × weight = its part of the index, and the grade's band."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tallystick.lending.programme import Band
from tallystick.policy.table import Table
from tallystick.web.cards.verdicts import Verdict, verdicts
from tallystick.web.case import Case
from tallystick.web.figures import to_places
from tallystick.web.stages import Tone
from tallystick.web.wording import words


@dataclass(frozen=True)
class Dimension:
    """One side of the risk; ``level`` is empty where an input did not hold, and ``bar`` is then 0."""

    name: str
    label: str
    weight: int
    level: str
    contribution: str
    bar: int
    tone: Tone
    table: Table
    verdicts: list[Verdict]
    why: tuple[str, ...]


@dataclass(frozen=True)
class BandRow:
    """One grade with the highest index that still has it."""

    grade: str
    label: str
    index_max: str
    is_given: bool


@dataclass(frozen=True)
class GradingCard:
    """What the lender sees of a grading; without a grade, the dimensions say why."""

    grade: str
    label: str
    risk_index: str
    dimensions: list[Dimension]
    bands: list[BandRow]


def grading_card(case: Case) -> GradingCard | None:
    """Return the card, or ``None`` without a grading and for a side that may not see it."""
    document = case.findings.get("grading")
    if document is None or case.rules is None or "grading" not in case.cards:
        return None
    bands, tables = case.rules.programme.bands, case.rules.tables
    return GradingCard(
        grade=document["grade"] or "",
        label=words(document["label"]) if document["label"] else "",
        risk_index=document["risk_index"] or "",
        dimensions=[_dimension(each, tables, bands) for each in document["dimensions"]],
        bands=[
            BandRow(band.grade, words(band.label), str(band.index_max), band.grade == document["grade"])
            for band in bands
        ],
    )


def _dimension(kept: Mapping[str, Any], tables: Mapping[str, Table], bands: Sequence[Band]) -> Dimension:
    table, level = tables[kept["decision"]["table"]], kept["level"]
    return Dimension(
        name=kept["name"],
        label=words(kept["label"]),
        weight=kept["weight"],
        level="" if level is None else to_places(level, 1),
        contribution="" if level is None else to_places(kept["contribution"], 2),
        bar=0 if level is None else int(Decimal(level)),
        tone="bad" if level is None else _tone(Decimal(level), bands),
        table=table,
        verdicts=verdicts(table, kept["decision"]),
        why=tuple(words(reason["text"]) for reason in kept["decision"]["reasons"]),
    )


def _tone(level: Decimal, bands: Sequence[Band]) -> Tone:
    """Return the tone of the band that the level would fall in: best, worst or between."""
    place = next(number for number, band in enumerate(bands) if level <= band.index_max)
    if place == 0:
        return "good"
    return "bad" if place == len(bands) - 1 else "warn"
