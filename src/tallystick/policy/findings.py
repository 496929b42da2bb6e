"""What the analysis of a policy may find, each kind with its weight and its words in both languages."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from tallystick.policy.cells import Value
from tallystick.policy.decision import inputs_document
from tallystick.policy.document import Input
from tallystick.policy.exact import decimal_text
from tallystick.policy.trail import Kept
from tallystick.policy.wording import Wording

Kind = Literal["gap", "conflict", "overlap", "unreachable", "not_monotone", "not_decided"]
#: ``fault``: a mistake for certain. ``warning``: figures for which the table refers, or that should be
#: looked at. ``note``: how the table works.
Weight = Literal["fault", "warning", "note"]

_WORDS: Final[Mapping[str, tuple[Kind, Weight, str, str]]] = MappingProxyType(
    {
        "gap": (
            "gap",
            "warning",
            "No rule covers such figures; they are referred.",
            "没有规则适用于此类数据，将转人工。",
        ),
        "conflict": (
            "conflict",
            "fault",
            "{rules} both cover such figures and say different things; they are referred.",
            "{rules} 同时适用于此类数据而结论不同，将转人工。",
        ),
        "several": (
            "conflict",
            "fault",
            "{rules} both cover such figures, where one rule may; they are referred.",
            "{rules} 同时适用于此类数据，而只允许一条规则适用，将转人工。",
        ),
        "overlap": (
            "overlap",
            "note",
            "{rules} both cover such figures; the first of them answers.",
            "{rules} 同时适用于此类数据，以前者为准。",
        ),
        "agreeing": (
            "overlap",
            "note",
            "{rules} both cover such figures and say the same.",
            "{rules} 同时适用于此类数据且结论相同。",
        ),
        "unreachable": (
            "unreachable",
            "fault",
            "{rules} is never the answer: earlier rules cover all that it covers, such as these figures.",
            "{rules} 永远不会生效：其适用范围已被前面的规则覆盖，例如此类数据。",
        ),
        "impossible": (
            "unreachable",
            "fault",
            "{rules} can never match: its cell for {inputs} holds for no value that is allowed.",
            "{rules} 永远不会匹配：{inputs} 的条件没有任何允许的取值能够满足。",
        ),
        "not_monotone": (
            "not_monotone",
            "warning",
            "The points rise and fall again, or fall and rise, as {inputs} grows from figures such as these.",
            "随着 {inputs} 增大，分数先升后降或先降后升，例如此类数据。",
        ),
        "not_decided": (
            "not_decided",
            "warning",
            "Not decided within {limit} steps: {what}.",
            "在 {limit} 步内未能判定：{what}。",
        ),
    }
)


class Finding(msgspec.Struct, frozen=True):
    """Something that the analysis found in a table.

    Attributes:
        rules, inputs: whom it is about, by code and by name.
        witness: example inputs that show it, as ``decide`` takes them; ``None`` where none can.
        then: for points that are not monotone, two more examples that differ from the witness in the one
            input, upwards.
        node: the node of a graph whose table it is.
    """

    kind: Kind
    weight: Weight
    text: Wording
    rules: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    witness: Mapping[str, Kept] | None = None
    then: tuple[Mapping[str, Kept], ...] = ()
    node: str | None = None

    def document(self) -> dict[str, object]:
        """Return the finding as canonical data."""
        return {
            "kind": self.kind,
            "weight": self.weight,
            "text": self.text.document(),
            "node": self.node,
            "rules": list(self.rules),
            "inputs": list(self.inputs),
            "witness": None if self.witness is None else inputs_document(self.witness),
            "then": [inputs_document(each) for each in self.then],
        }


def finding(
    words: str,
    *,
    rules: tuple[str, ...] = (),
    inputs: tuple[str, ...] = (),
    witness: Mapping[str, Kept] | None = None,
    then: tuple[Mapping[str, Kept], ...] = (),
    limit: int = 0,
    what: str = "",
) -> Finding:
    """Return the finding that has the words named ``words``."""
    kind, weight, english, chinese = _WORDS[words]
    named = {"rules": ", ".join(rules), "inputs": ", ".join(inputs), "limit": str(limit), "what": what}
    text = Wording(en=english.format(**named), zh=chinese.format(**named))
    return Finding(kind, weight, text, rules, inputs, witness, then)


def as_given(part: Input, value: Value) -> Kept:
    """Return ``value`` as somebody would give it for ``part``: whole numbers as such, decimals as text."""
    if not isinstance(value, Decimal):
        return value
    return int(value) if part.type == "integer" else decimal_text(value)
