"""The relationships of indicators, as an officer opens them: each with what it goes with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tallystick.admission.indicators import ALL_INDICATORS, GROUPS
from tallystick.services.relationships import Known
from tallystick.web.figures import with_unit
from tallystick.web.wording import words


@dataclass(frozen=True)
class Neighbour:
    """An indicator beside another one; ``correlation`` is empty where one derives from the other."""

    name: str
    label: str
    correlation: str = ""


@dataclass(frozen=True)
class Row:
    """One indicator with this applicant's figure and what it goes with.

    Attributes:
        parts: what it derives from.
        wholes: what derives from it.
        together: what moves with it, or against it, strongest first.
    """

    name: str
    label: str
    group: str
    formula: str
    shown: str
    parts: Sequence[Neighbour]
    wholes: Sequence[Neighbour]
    together: Sequence[Neighbour]


def relationship_rows(known: Known, figures: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """Return a row for each indicator that the applicant has a figure of, in the order of the groups.

    Args:
        figures: of the applicant, as its admission keeps them: name -> value and unit.
    """
    labels = {each.name: words(each.label) for each in ALL_INDICATORS}
    parts: dict[str, list[Neighbour]] = {name: [] for name in labels}
    wholes: dict[str, list[Neighbour]] = {name: [] for name in labels}
    together: dict[str, list[Neighbour]] = {name: [] for name in labels}
    for edge in known.graph.derivations:
        parts[edge.whole].append(Neighbour(edge.part, labels[edge.part]))
        wholes[edge.part].append(Neighbour(edge.whole, labels[edge.whole]))
    for pair in known.graph.together:
        said = _signed(pair.rank_correlation)
        together[pair.first].append(Neighbour(pair.second, labels[pair.second], said))
        together[pair.second].append(Neighbour(pair.first, labels[pair.first], said))
    order = list(GROUPS)
    return [
        Row(
            each.name,
            labels[each.name],
            words(GROUPS[each.group]),
            words(each.formula),
            with_unit(figures[each.name]["value"], figures[each.name]["unit"]),
            *(parts[each.name], wholes[each.name], together[each.name]),
        )
        for each in sorted(ALL_INDICATORS, key=lambda each: order.index(each.group))
        if each.name in figures
    ]


def _signed(ten_thousandths: int) -> str:
    return f"{ten_thousandths / 10_000:+.2f}".replace("-", "−")
