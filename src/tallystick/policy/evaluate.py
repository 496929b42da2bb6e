"""Deciding by a table: exact, the same for ever, and failing closed.

Inputs are checked before any rule is tried. One that is missing, null, of another type or outside its
range makes the decision ``refer``, with a reason code that names it; no rule is reached. A ``first``
table in which no rule matches also refers. Nothing is guessed and nothing is converted, except that a
decimal may be given as its text, as canonical documents carry it.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final, cast

from tallystick.policy import exact
from tallystick.policy.cells import Value
from tallystick.policy.decision import Decision, Kept, Reason, Verdict
from tallystick.policy.inputs import read_input
from tallystick.policy.rules import OUTCOME, Outcome, OutputValue, Rule
from tallystick.policy.table import Table
from tallystick.policy.wording import Wording

NO_RULE_MATCHED: Final = Reason(
    "no_rule_matched",
    Wording(en="No rule of the policy covers these figures.", zh="政策中没有适用于这些数据的规则。"),
)
_NO_OUTPUTS: Final[Mapping[str, OutputValue]] = MappingProxyType({})


def decide(table: Table, inputs: Mapping[str, object]) -> Decision:
    """Return the decision of ``table`` on ``inputs``; figures that the table does not read are left out.

    A whole-number input is an ``int`` below 2**53 in size; a decimal input is a ``Decimal`` or plain
    decimal text; a text input is printable ``str``; a boolean input is ``bool``. Anything else is mistyped
    and leads to ``refer``: this function does not raise for what an input holds.
    """
    values: dict[str, Value] = {}
    snapshot: dict[str, Kept] = {}
    problems: list[Reason] = []
    for part in table.inputs:
        figure = read_input(part, inputs)
        snapshot[part.name] = figure.kept
        if figure.value is not None:
            values[part.name] = figure.value
        if figure.problem is not None:
            problems.append(figure.problem)
    if problems:
        unreached = tuple(Verdict(rule.code, "not_reached") for rule in table.rules)
        return _decision(table, snapshot, "refer", tuple(problems), unreached)
    hit = _first if table.hit == "first" else _sum
    return hit(table, values, snapshot)


def _first(table: Table, values: Mapping[str, Value], snapshot: Mapping[str, Kept]) -> Decision:
    verdicts: list[Verdict] = []
    answer: Rule | None = None
    for rule in table.rules:
        if answer is not None:
            verdicts.append(Verdict(rule.code, "not_reached"))
            continue
        verdicts.append(_try(rule, values, snapshot))
        if verdicts[-1].found == "matched":
            answer = rule
    if answer is None:
        return _decision(table, snapshot, "refer", (NO_RULE_MATCHED,), tuple(verdicts))
    outcome = cast(Outcome, answer.outputs.get(OUTCOME, "found"))
    reasons = (Reason(answer.code, answer.text),)
    return _decision(table, snapshot, outcome, reasons, tuple(verdicts), outputs=answer.outputs)


def _sum(table: Table, values: Mapping[str, Value], snapshot: Mapping[str, Kept]) -> Decision:
    verdicts = tuple(_try(rule, values, snapshot) for rule in table.rules)
    total = Decimal(0)
    reasons: list[Reason] = []
    for rule, verdict in zip(table.rules, verdicts, strict=True):
        if verdict.points is not None:
            total = exact.add(total, verdict.points)
            reasons.append(Reason(rule.code, rule.text, verdict.points))
    if table.points_max is not None:
        total = min(total, table.points_max)
    outcome = table.acceptable.outcome(total) if table.acceptable else "found"
    return _decision(table, snapshot, outcome, tuple(reasons), verdicts, points=total)


def _try(rule: Rule, values: Mapping[str, Value], snapshot: Mapping[str, Kept]) -> Verdict:
    read: dict[str, Kept] = {}
    for cell in rule.cells:
        read[cell.input_name] = snapshot[cell.input_name]
        if not cell.test(values[cell.input_name]):
            return Verdict(rule.code, "not_matched", read, cell.input_name, cell.text)
    return Verdict(rule.code, "matched", read, points=_points(rule, values))


def _points(rule: Rule, values: Mapping[str, Value]) -> Decimal | None:
    if rule.scale is None:
        return None
    name = rule.scale.excess_of
    value = None if name is None else values[name]
    return rule.scale.points(value if isinstance(value, Decimal) else None)


def _decision(
    table: Table,
    snapshot: Mapping[str, Kept],
    outcome: Outcome,
    reasons: tuple[Reason, ...],
    verdicts: tuple[Verdict, ...],
    *,
    points: Decimal | None = None,
    outputs: Mapping[str, OutputValue] = _NO_OUTPUTS,
) -> Decision:
    return Decision(table.name, table.version, outcome, points, outputs, reasons, verdicts, snapshot)
