"""Completeness: how much of a programme's standard information is missing, and what to add (mission row O3).

The missing degree is the weight of the standard items that are not there, or cannot be read, over the
weight of all. An application goes on when the degree is at most the programme's threshold, nothing
required is missing, and nothing given is wrong; otherwise it is refused for now, with the list.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from tallystick.lending.items import Items
from tallystick.lending.programme import Programme
from tallystick.policy.wording import Wording
from tallystick.values.rounding import Rounding, round_fraction

MISSING: Final = "missing_item"


@dataclass(frozen=True)
class ToAdd:
    """An item to add or to mend; ``code`` is ``missing_item`` or the code of its problem."""

    item: str
    label: Wording
    required: bool
    code: str

    def document(self) -> dict[str, object]:
        """Return it as canonical data."""
        return {
            "item": self.item,
            "label": self.label.document(),
            "required": self.required,
            "code": self.code,
        }


@dataclass(frozen=True)
class Completeness:
    """What the comparison with the standard items found.

    Attributes:
        missing_degree: from 0 (all there) to 1 (nothing there), exact.
        threshold_per_mille: the programme's limit for the degree.
        to_add: every standard item that is missing or wrong, in the order of the page.
    """

    missing_degree: Fraction
    threshold_per_mille: int
    to_add: tuple[ToAdd, ...]

    @property
    def missing_per_mille(self) -> int:
        """The degree in per mille, rounded up so that it never looks better than it is."""
        return round_fraction(self.missing_degree * 1000, Rounding.CEILING)

    @property
    def complete(self) -> bool:
        """Whether the application can go on to the risk analysis."""
        within = self.missing_degree * 1000 <= self.threshold_per_mille
        return within and not any(each.required or each.code != MISSING for each in self.to_add)

    def document(self) -> dict[str, object]:
        """Return the finding as canonical data."""
        return {
            "complete": self.complete,
            "missing_per_mille": self.missing_per_mille,
            "threshold_per_mille": self.threshold_per_mille,
            "to_add": [each.document() for each in self.to_add],
        }


def check_completeness(programme: Programme, items: Items) -> Completeness:
    """Return how ``items`` compare with the standard items of ``programme``."""
    codes = {problem.item: problem.code for problem in items.problems}
    lacking = [item for item in programme.items if item.name not in items.values]
    return Completeness(
        missing_degree=Fraction(
            sum(item.weight for item in lacking), sum(item.weight for item in programme.items)
        ),
        threshold_per_mille=programme.missing_threshold_per_mille,
        to_add=tuple(
            ToAdd(item.name, item.label, item.required, codes.get(item.name, MISSING)) for item in lacking
        ),
    )
