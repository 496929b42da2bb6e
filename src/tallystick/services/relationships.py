"""How indicators go together over the applicants: what derives from what, what moves with what (A5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from tallystick.admission.indicators import ALL_INDICATORS
from tallystick.admission.relationships import MIN_ENTERPRISES, Relationships, relationships
from tallystick.analytics.correlation import moving_together
from tallystick.records.models import Finding
from tallystick.services.access import Actor

#: The latest assessments that are looked at; one for each applicant counts, the latest.
MAX_ASSESSMENTS: Final = 1000
#: Amounts have two decimals and fractions four: whole numbers of these parts, and exact.
PARTS: Final = 10_000


@dataclass(frozen=True)
class Known:
    """The graph, and over how many applicants it was looked which indicators move together.

    Attributes:
        applicants: fewer than ``admission.relationships.MIN_ENTERPRISES`` say nothing.
    """

    graph: Relationships
    applicants: int

    @property
    def is_enough(self) -> bool:
        """Whether the applicants are enough to say anything about what moves together."""
        return self.applicants >= MIN_ENTERPRISES


def among_applicants(actor: Actor) -> Known:
    """Return the relationships of all indicators, over the applicants whom the actor's member has assessed.

    Another member's assessments count for nobody else; who has none learns what derives from what alone.
    """
    kept = Finding.objects.filter(kind="admission", application__lender_id=actor.member_id).order_by("-pk")
    rows: dict[int, Mapping[str, int | None]] = {}
    for applicant, document in kept.values_list("application__applicant_id", "document")[:MAX_ASSESSMENTS]:
        rows.setdefault(applicant, _row(document))
    names = [each.name for each in ALL_INDICATORS]
    return Known(relationships(moving_together(list(rows.values()), names)), len(rows))


def _row(document: Mapping[str, Any]) -> dict[str, int | None]:
    figures = document["indicators"]
    return {
        name: None if figure["value"] is None else int(Decimal(str(figure["value"])) * PARTS)
        for name, figure in figures.items()
    }
