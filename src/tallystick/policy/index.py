"""An index: a weighted sum of figures, exact, with the part that each figure has in it (mission row O4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from types import MappingProxyType
from typing import Final

import msgspec

from tallystick.policy import exact
from tallystick.policy.decision import Reason, inputs_document, outputs_document
from tallystick.policy.document import Input, Output
from tallystick.policy.exact import decimal_text, parse_decimal
from tallystick.policy.graph_document import IndexDocument
from tallystick.policy.inputs import Figures, Read, make_reader
from tallystick.policy.rules import Outcome, OutputValue, malformed
from tallystick.policy.trail import Kept

_ROUNDING: Final = Context(prec=100, rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class Index:
    """A weighted sum, ready to be worked out.

    Attributes:
        inputs: what it reads, all numbers.
        output: the one value it gives.
        weights: by input, in the order of the inputs.
        plus: what is added to the sum.
        unit: the step that the sum is rounded to, half up; ``None`` leaves it exact.
    """

    inputs: tuple[Input, ...]
    output: Output
    weights: Mapping[str, Decimal]
    plus: Decimal
    unit: Decimal | None
    readers: tuple[tuple[str, Read], ...]
    written: IndexDocument


class Term(msgspec.Struct, frozen=True, gc=False):
    """The part of one input in an index: weight × value, exact."""

    input_name: str
    weight: Decimal
    value: Decimal
    part: Decimal

    def document(self) -> dict[str, object]:
        """Return the term as canonical data."""
        numbers = {"weight": self.weight, "value": self.value, "part": self.part}
        return {"input": self.input_name, **outputs_document(numbers)}


class IndexDecision(msgspec.Struct, frozen=True, gc=False):
    """What an index came to; ``refer`` without a term when an input did not hold."""

    outcome: Outcome
    outputs: Mapping[str, OutputValue]
    reasons: tuple[Reason, ...]
    terms: tuple[Term, ...]
    inputs: Mapping[str, Kept]

    def document(self) -> dict[str, object]:
        """Return the decision as canonical data."""
        return {
            "outcome": self.outcome,
            "outputs": outputs_document(self.outputs),
            "reasons": [reason.document() for reason in self.reasons],
            "terms": [term.document() for term in self.terms],
            "inputs": inputs_document(self.inputs),
        }


def read_index(name: str, written: IndexDocument) -> Index:
    """Return the index that ``written`` states.

    Raises:
        Malformed: ``malformed_policy`` for inputs that are no numbers, or have no weight.
    """
    numbers = {part.name for part in written.inputs if part.type in ("integer", "decimal")}
    for part in written.inputs:
        if part.name not in numbers or part.choices:
            raise malformed(f"The index {name} reads {part.name}, which must be a number without choices.")
    if numbers != written.weights.keys() or len(numbers) != len(written.inputs):
        raise malformed(f"The index {name} must give one weight to each of its inputs, each named once.")
    if written.output.type != "decimal" or written.output.choices:
        raise malformed(f"The output {written.output.name} of the index {name} must be a decimal number.")
    unit = None if written.round_to is None else Decimal((0, (1,), -written.round_to))
    return Index(
        inputs=written.inputs,
        output=written.output,
        weights=MappingProxyType(
            {part.name: parse_decimal(written.weights[part.name]) for part in written.inputs}
        ),
        plus=parse_decimal(written.plus),
        unit=unit,
        readers=tuple((part.name, make_reader(part)) for part in written.inputs),
        written=written,
    )


def work_out(index: Index, figures: Figures) -> IndexDecision:
    """Return the index of inputs that are read already, each of them."""
    if figures.problems:
        return IndexDecision("refer", MappingProxyType({}), tuple(figures.problems), (), figures.kept)
    total = index.plus
    terms = []
    for name, weight in index.weights.items():
        value = figures.values[name]
        if not isinstance(value, Decimal):
            raise TypeError(f"{name} is not a number.")
        part = exact.multiply(weight, value)
        total = exact.add(total, part)
        terms.append(Term(name, weight, value, part))
    if index.unit is not None:
        total = total.quantize(index.unit, context=_ROUNDING)
    outputs = MappingProxyType({index.output.name: total})
    return IndexDecision("found", outputs, (), tuple(terms), figures.kept)


def formula(index: Index) -> str:
    """Return how the index is worked out, on one line: ``0.5 × a + 0.25 × b``."""
    parts = [f"{decimal_text(weight)} × {name}" for name, weight in index.weights.items()]
    if index.plus:
        parts.append(decimal_text(index.plus))
    rounded = "" if index.written.round_to is None else f", rounded to {index.written.round_to} decimals"
    return " + ".join(parts) + rounded
