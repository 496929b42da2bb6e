"""Deciding by a table: exact, the same for ever, and failing closed.

Inputs are checked before any rule is tried. One that is missing, null, of another type or outside its
range makes the decision ``refer``, with a reason code that names it; no rule is reached. A table whose
rules do not come to one answer refers as well: no rule matches, two match where one may, or rules that
match contradict each other. Nothing is guessed and nothing is converted, except that a decimal may be
given as its text, as canonical documents carry it.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Final, cast

from tallystick.policy import exact
from tallystick.policy.cells import Value
from tallystick.policy.decision import Decision, Reason
from tallystick.policy.document import HitPolicy
from tallystick.policy.inputs import Figures, read_all
from tallystick.policy.rules import JUDGEMENTS, OUTCOME, Outcome, OutputValue, Scale
from tallystick.policy.table import Table
from tallystick.policy.trail import Kept, Trail
from tallystick.policy.wording import Wording

NO_RULE_MATCHED: Final = Reason(
    "no_rule_matched",
    Wording(en="No rule of the policy covers these figures.", zh="政策中没有适用于这些数据的规则。"),
)
SEVERAL_RULES_MATCHED: Final = Reason(
    "several_rules_matched",
    Wording(
        en="More than one rule covers these figures, where the policy allows one.",
        zh="有多条规则适用于这些数据，而政策只允许一条。",
    ),
)
RULES_DISAGREE: Final = Reason(
    "rules_disagree",
    Wording(
        en="The rules that cover these figures contradict each other.", zh="适用于这些数据的规则相互矛盾。"
    ),
)
_NO_OUTPUTS: Final[Mapping[str, OutputValue]] = MappingProxyType({})


def decide(table: Table, inputs: Mapping[str, object]) -> Decision:
    """Return the decision of ``table`` on ``inputs``; figures that the table does not read are left out.

    A whole-number input is an ``int`` below 2**53 in size; a decimal input is a ``Decimal`` or plain
    decimal text; a text input is printable ``str``; a boolean input is ``bool``. Anything else is mistyped
    and leads to ``refer``: this function does not raise for what an input holds.
    """
    return decide_read(table, read_all(table.plan.readers, inputs))


def decide_read(table: Table, figures: Figures) -> Decision:
    """Return the decision of ``table`` on inputs that are read already, each of them."""
    if figures.problems:
        reasons, trail = tuple(figures.problems), table.plan.unreached
        return Decision(table.name, table.version, "refer", None, _NO_OUTPUTS, reasons, trail, figures.kept)
    trail = table.plan.trail(figures.values)
    return _ANSWERS[table.hit](table, trail, figures.values, figures.kept)


def _one(table: Table, trail: Trail, _values: Mapping[str, Value], kept: Mapping[str, Kept]) -> Decision:
    """What a first, unique or any table answers."""
    matched = trail.matched
    reasons = tuple([table.plan.reasons[at] for at in matched])
    fault = None if len(matched) == 1 else _fault(table, matched)
    if fault is not None:
        return Decision(table.name, table.version, "refer", None, _NO_OUTPUTS, (fault, *reasons), trail, kept)
    outputs = table.rules[matched[0]].outputs
    outcome = cast(Outcome, outputs.get(OUTCOME, "found"))
    return Decision(table.name, table.version, outcome, None, outputs, reasons, trail, kept)


def _fault(table: Table, matched: Sequence[int]) -> Reason | None:
    if not matched:
        return NO_RULE_MATCHED
    if table.hit == "unique":
        return SEVERAL_RULES_MATCHED
    agreed = table.rules[matched[0]].outputs
    return None if all(table.rules[at].outputs == agreed for at in matched) else RULES_DISAGREE


def _list(table: Table, trail: Trail, _values: Mapping[str, Value], kept: Mapping[str, Kept]) -> Decision:
    """Every matching rule's outputs; where rules judge, the strictest judgement counts."""
    collected = tuple([table.rules[at].outputs for at in trail.matched])
    reasons = tuple([table.plan.reasons[at] for at in trail.matched])
    outcome: Outcome = "found"
    if any(output.name == OUTCOME for output in table.outputs):
        judgements = [str(outputs[OUTCOME]) for outputs in collected]
        outcome = cast(Outcome, max(judgements, key=JUDGEMENTS.index, default="refer"))
        reasons = reasons or (NO_RULE_MATCHED,)
    return Decision(table.name, table.version, outcome, None, _NO_OUTPUTS, reasons, trail, kept, collected)


def _sum(table: Table, trail: Trail, values: Mapping[str, Value], kept: Mapping[str, Kept]) -> Decision:
    total = Decimal(0)
    reasons: list[Reason] = []
    for at in trail.matched:
        rule = table.rules[at]
        if rule.scale is not None:
            cost = _points(rule.scale, values)
            total = exact.add(total, cost)
            reasons.append(Reason(rule.code, rule.text, cost))
    if table.points_max is not None:
        total = min(total, table.points_max)
    outcome = table.acceptable.outcome(total) if table.acceptable else "found"
    return Decision(table.name, table.version, outcome, total, _NO_OUTPUTS, tuple(reasons), trail, kept)


def _points(scale: Scale, values: Mapping[str, Value]) -> Decimal:
    if scale.excess_of is None:
        return scale.base
    value = values[scale.excess_of]
    return scale.points(value if isinstance(value, Decimal) else None)


_ANSWERS: Final[
    Mapping[HitPolicy, Callable[[Table, Trail, Mapping[str, Value], Mapping[str, Kept]], Decision]]
] = MappingProxyType({"first": _one, "unique": _one, "any": _one, "sum": _sum, "list": _list})
