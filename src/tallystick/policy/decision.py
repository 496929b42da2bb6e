"""What a table decided and why: a value that goes into canonical JSON and reads the same for ever."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal

from tallystick.policy.exact import decimal_text
from tallystick.policy.rules import Outcome, OutputValue
from tallystick.policy.wording import Wording

Found = Literal["matched", "not_matched", "not_reached"]
#: An input as it is kept: decimals as text; what canonical JSON cannot hold as {"not_kept": type name}.
NOT_KEPT: Final = "not_kept"
Kept = str | int | bool | Mapping[str, str] | None


@dataclass(frozen=True)
class Reason:
    """A reason code with its words, and the points it cost where it cost any."""

    code: str
    text: Wording
    points: Decimal | None = None

    def document(self) -> dict[str, object]:
        """Return the reason as canonical data."""
        return {"code": self.code, "text": self.text.document(), "points": _text(self.points)}


@dataclass(frozen=True)
class Verdict:
    """What became of one rule.

    Attributes:
        code: the rule.
        found: matched, not matched, or not reached (an earlier rule answered, or an input did not hold).
        read: the values that its cells looked at, in order, up to the one that failed.
        failed_input, failed_cell: which condition did not hold, when not matched.
        points: what it added, when it matched in a ``sum`` table.
    """

    code: str
    found: Found
    read: Mapping[str, Kept] = field(default_factory=dict)
    failed_input: str | None = None
    failed_cell: str | None = None
    points: Decimal | None = None

    def document(self) -> dict[str, object]:
        """Return the verdict as canonical data."""
        return {
            "code": self.code,
            "found": self.found,
            "read": dict(self.read),
            "failed_input": self.failed_input,
            "failed_cell": self.failed_cell,
            "points": _text(self.points),
        }


@dataclass(frozen=True)
class Decision:
    """What a table decided on one set of inputs.

    Attributes:
        table, version: which table, in which content.
        outcome: approve, refer or decline; ``found`` when the table only holds values.
        points: the total of a ``sum`` table; ``None`` when an input did not hold.
        outputs: what the matching rule of a ``first`` table gave.
        reasons: the inputs that did not hold, or the rules that matched, in the table's order.
        verdicts: one for each rule of the table.
        inputs: what was read, so that ``decide(table, decision.inputs) == decision``.
    """

    table: str
    version: str
    outcome: Outcome
    points: Decimal | None
    outputs: Mapping[str, OutputValue]
    reasons: tuple[Reason, ...]
    verdicts: tuple[Verdict, ...]
    inputs: Mapping[str, Kept]

    def document(self) -> dict[str, object]:
        """Return the decision as canonical data (decimals as text), ready for a digest."""
        return {
            "table": self.table,
            "version": self.version,
            "outcome": self.outcome,
            "points": _text(self.points),
            "outputs": {
                name: decimal_text(value) if isinstance(value, Decimal) else value
                for name, value in self.outputs.items()
            },
            "reasons": [reason.document() for reason in self.reasons],
            "verdicts": [verdict.document() for verdict in self.verdicts],
            "inputs": {
                name: dict(kept) if isinstance(kept, Mapping) else kept for name, kept in self.inputs.items()
            },
        }


def _text(points: Decimal | None) -> str | None:
    return None if points is None else decimal_text(points)
