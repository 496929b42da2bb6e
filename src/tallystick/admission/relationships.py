"""Relationships among indicators: which derives from which, and which move together (mission A5).

Who derives from whom is read from the definitions themselves: an indicator that is one measure and
nothing more is a part of every indicator whose expression reads that measure. Who moves together is told
by the data; ``tallystick.analytics.correlation`` measures it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from tallystick.admission.indicators import ALL_INDICATORS
from tallystick.admission.indicators.reading import plain_measure, reads

STRONG_TEN_THOUSANDTHS = 7_000
"""From this size of a rank correlation on (0.7), two indicators are said to move together."""

MIN_ENTERPRISES = 20
"""Fewer enterprises with both figures say nothing about how two indicators move."""


@dataclass(frozen=True)
class Derivation:
    """``whole`` is worked out from what ``part`` is, too."""

    part: str
    whole: str


@dataclass(frozen=True)
class Together:
    """Two indicators that move together, or against each other, over ``enterprises`` enterprises.

    Attributes:
        rank_correlation: Spearman's, in ten-thousandths, from −10,000 to 10,000.
    """

    first: str
    second: str
    rank_correlation: int
    enterprises: int


@dataclass(frozen=True)
class Relationships:
    """The graph: indicators by name are its nodes; these are its edges."""

    derivations: Sequence[Derivation]
    together: Sequence[Together]

    def document(self) -> dict[str, object]:
        """Return the graph as canonical data."""
        return {
            "nodes": [
                {"name": each.name, "group": each.group, "label": each.label.document()}
                for each in ALL_INDICATORS
            ],
            "derivations": [{"part": each.part, "whole": each.whole} for each in self.derivations],
            "together": [
                {
                    "first": each.first,
                    "second": each.second,
                    "rank_correlation_ten_thousandths": each.rank_correlation,
                    "enterprises": each.enterprises,
                }
                for each in self.together
            ],
        }


@cache
def derivations() -> tuple[Derivation, ...]:
    """Return every derivation, in the order of the indicators."""
    parts: Mapping[str, str] = {
        measure: each.name for each in ALL_INDICATORS if (measure := plain_measure(each)) is not None
    }
    return tuple(
        Derivation(parts[measure], each.name)
        for each in ALL_INDICATORS
        for measure in sorted(reads(each))
        if measure in parts and parts[measure] != each.name
    )


def relationships(together: Sequence[Together] = ()) -> Relationships:
    """Return the graph of all indicators; ``together`` is what the data say, if any were asked."""
    return Relationships(derivations(), tuple(together))
