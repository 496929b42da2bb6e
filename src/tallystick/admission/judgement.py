"""Judgement: an enterprise's indicators held against a policy table (mission A7, A8).

The table decides; nothing is decided here. Its inputs are the indicators by name, and the counts of the
data-quality findings by code, so that an analyst can write rules on either. An indicator without a
meaning (a ratio to sales of nothing) is missing to the table, and a missing input refers, unless the table
says itself what follows (``admission.absence``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from tallystick.admission.absence import with_absences
from tallystick.admission.indicators import IndicatorValue
from tallystick.admission.period import Period
from tallystick.admission.quality import Finding
from tallystick.errors import Malformed
from tallystick.policy.decision import Decision
from tallystick.policy.evaluate import decide
from tallystick.policy.exact import decimal_text
from tallystick.policy.table import Table

Outcome = Literal["accept", "refer", "reject"]

_OUTCOMES: Mapping[str, Outcome] = {"approve": "accept", "refer": "refer", "decline": "reject"}


@dataclass(frozen=True)
class Judgement:
    """What admission came to, with everything that it rests on.

    Attributes:
        decision: the table's, with every rule's verdict; its ``inputs`` decide the same way for ever.
        acceptable_points_max: the most points that are still accepted, as decimal text; None for a table
            without points.
    """

    enterprise: str
    as_of: date
    period: Period
    outcome: Outcome
    acceptable_points_max: str | None
    indicators: Mapping[str, IndicatorValue]
    data_quality: Sequence[Finding]
    decision: Decision

    @property
    def points(self) -> str | None:
        """The total, as decimal text; None when an input did not hold or the table has no points."""
        return None if self.decision.points is None else decimal_text(self.decision.points)

    def document(self) -> dict[str, object]:
        """Return the judgement as canonical data: what ``admission assess --json`` prints."""
        return {
            "enterprise": self.enterprise,
            "as_of": self.as_of.isoformat(),
            "period": {"from": self.period.first_day.isoformat(), "to": self.period.last_day.isoformat()},
            "outcome": self.outcome,
            "points": self.points,
            "acceptable_points_max": self.acceptable_points_max,
            "reasons": [reason.document() for reason in self.decision.reasons],
            "indicators": {
                name: {"value": indicator.value, "unit": indicator.unit}
                for name, indicator in self.indicators.items()
            },
            "data_quality": [finding.document() for finding in self.data_quality],
            "policy": {"name": self.decision.table, "version": self.decision.version},
        }


def judge(
    indicators: Mapping[str, IndicatorValue],
    table: Table,
    *,
    enterprise: str,
    as_of: date,
    period: Period,
    data_quality: Sequence[Finding],
) -> Judgement:
    """Return what ``table`` makes of one enterprise's indicators and findings.

    Raises:
        Malformed: ``policy_does_not_judge`` when the table gives values, not an outcome;
            ``unguarded_input`` as ``absence.with_absences``.
    """
    figures = {
        **{name: indicator.value for name, indicator in indicators.items()},
        **{finding.code: finding.count for finding in data_quality},
    }
    decision = decide(table, with_absences(table, figures))
    if decision.outcome not in _OUTCOMES:
        raise Malformed(
            "policy_does_not_judge", f"The policy {table.name} gives no outcome to act on.", policy=table.name
        )
    return Judgement(
        enterprise=enterprise,
        as_of=as_of,
        period=period,
        outcome=_OUTCOMES[decision.outcome],
        acceptable_points_max=decimal_text(table.acceptable.approve_up_to) if table.acceptable else None,
        indicators=indicators,
        data_quality=data_quality,
        decision=decision,
    )
