"""What a table decided and why: a value that goes into canonical JSON and reads the same for ever."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import msgspec

from tallystick.policy.exact import decimal_text
from tallystick.policy.rules import Outcome, OutputValue
from tallystick.policy.trail import Kept, Trail, Verdict
from tallystick.policy.wording import Wording

#: The key of an input that canonical JSON cannot hold; its value is the name of the type.
NOT_KEPT: Final = "not_kept"


# gc=False: these values hold others and never themselves.
class Reason(msgspec.Struct, frozen=True, gc=False):
    """A reason code with its words, and the points it cost where it cost any."""

    code: str
    text: Wording
    points: Decimal | None = None

    def document(self) -> dict[str, object]:
        """Return the reason as canonical data."""
        return {"code": self.code, "text": self.text.document(), "points": _text(self.points)}


class Decision(msgspec.Struct, frozen=True, gc=False):
    """What a table decided on one set of inputs.

    Attributes:
        table, version: which table, in which content.
        outcome: approve, refer or decline; ``found`` when the table only holds values.
        points: the total of a ``sum`` table; ``None`` when an input did not hold.
        outputs: what the rule that answered gave; empty in a ``sum`` or ``list`` table.
        reasons: the inputs that did not hold, or the rules that matched, in the table's order.
        trail: what became of each rule of the table; ``verdicts`` reads it out.
        inputs: what was read, so that ``decide(table, decision.inputs) == decision``.
        collected: what each rule that matched gave, in the table's order; ``None`` but in a ``list`` table.
    """

    table: str
    version: str
    outcome: Outcome
    points: Decimal | None
    outputs: Mapping[str, OutputValue]
    reasons: tuple[Reason, ...]
    trail: Trail
    inputs: Mapping[str, Kept]
    collected: tuple[Mapping[str, OutputValue], ...] | None = None

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """One for each rule of the table."""
        return self.trail.verdicts(self.inputs, {reason.code: reason.points for reason in self.reasons})

    def document(self) -> dict[str, object]:
        """Return the decision as canonical data (decimals as text), ready for a digest."""
        document: dict[str, object] = {
            "table": self.table,
            "version": self.version,
            "outcome": self.outcome,
            "points": _text(self.points),
            "outputs": outputs_document(self.outputs),
            "reasons": [reason.document() for reason in self.reasons],
            "verdicts": [verdict.document() for verdict in self.verdicts],
            "inputs": inputs_document(self.inputs),
        }
        # Only where it says something: what was kept of decisions by the other tables stays as it is.
        if self.collected is not None:
            document["collected"] = [outputs_document(outputs) for outputs in self.collected]
        return document


def outputs_document(outputs: Mapping[str, OutputValue]) -> dict[str, object]:
    """Return outputs as canonical data: decimals as text."""
    return {
        name: decimal_text(value) if isinstance(value, Decimal) else value for name, value in outputs.items()
    }


def inputs_document(inputs: Mapping[str, Kept]) -> dict[str, object]:
    """Return what was kept of the inputs as canonical data."""
    return {name: dict(kept) if isinstance(kept, Mapping) else kept for name, kept in inputs.items()}


def _text(points: Decimal | None) -> str | None:
    return None if points is None else decimal_text(points)
