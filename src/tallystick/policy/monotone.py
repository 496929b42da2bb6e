"""Whether the points of a ``sum`` table go one way as a figure grows.

For each number, the other inputs are held at examples that let different sets of its rules take part,
and the table decides along the figure: on, beside and between the limits, and where a cap is reached.
What is found is shown by three decisions; a table is not proved to be free of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_FLOOR, Context, Decimal
from itertools import islice, pairwise, product
from typing import Final

from tallystick.policy.cells import Value
from tallystick.policy.document import Input
from tallystick.policy.evaluate import decide
from tallystick.policy.examples import between, bounds_of, examples_of
from tallystick.policy.findings import Finding, as_given, finding
from tallystick.policy.plan import operands_of
from tallystick.policy.rules import Rule, Scale
from tallystick.policy.table import Table
from tallystick.policy.trail import Kept

#: Settings of the other inputs that are tried for one figure.
MAX_SETTINGS: Final = 64
#: Decisions made for one table.
MAX_DECISIONS: Final = 20_000
_DOWN: Final = Context(prec=40, rounding=ROUND_FLOOR)


def not_monotone(table: Table) -> list[Finding]:
    """Return a finding for each figure as which grows the points were seen to turn; three examples each."""
    found: list[Finding] = []
    left = MAX_DECISIONS
    for part in table.inputs:
        rules = [rule for rule in table.rules if any(cell.input_name == part.name for cell in rule.cells)]
        if part.type in ("text", "boolean") or not rules:
            continue
        line = [as_given(part, value) for value in _line(part, rules)]
        settings = list(islice(_settings(table, part, rules), MAX_SETTINGS + 1))
        if len(settings) > MAX_SETTINGS or len(settings) * len(line) > left:
            what = f"points along {part.name} / {part.name} 的分数走向"
            found.append(finding("not_decided", inputs=(part.name,), limit=MAX_SETTINGS, what=what))
            continue
        left -= len(settings) * len(line)
        turn = next((turn for each in settings if (turn := _turn(table, part, each, line))), None)
        if turn is not None:
            codes = tuple(rule.code for rule in rules)
            found.append(
                finding(
                    "not_monotone", rules=codes, inputs=(part.name,), witness=turn[0], then=tuple(turn[1:])
                )
            )
    return found


def _turn(
    table: Table, part: Input, setting: Mapping[str, Kept], line: Sequence[Kept]
) -> list[dict[str, Kept]] | None:
    """Return three inputs between which the points go up and then down, or down and then up."""
    points = [decide(table, {**setting, part.name: value}).points or Decimal(0) for value in line]
    steps = [
        (at, 1 if after > before else -1)
        for at, (before, after) in enumerate(pairwise(points))
        if after != before
    ]
    for (at, sign), (following, other) in pairwise(steps):
        if sign != other:
            return [{**setting, part.name: line[place]} for place in (at, at + 1, following + 1)]
    return None


def _settings(table: Table, along: Input, rules: Sequence[Rule]) -> Iterator[dict[str, Kept]]:
    """Yield examples of the other inputs; those that none of ``rules`` looks at have one value."""
    names = {cell.input_name for rule in rules for cell in rule.cells}
    others = [part for part in table.inputs if part.name != along.name]
    values: list[tuple[Value, ...]] = []
    for part in others:
        examples = examples_of(part, operands_of(table.rules, part.name))
        values.append(examples if part.name in names else examples[:1])
    for chosen in product(*values):
        yield {part.name: as_given(part, value) for part, value in zip(others, chosen, strict=True)}


def _line(part: Input, rules: Sequence[Rule]) -> list[Decimal]:
    """Return values of ``part`` in rising order, at which the points may turn and beside them."""
    low, high = bounds_of(part)
    whole = part.type == "integer"
    marks = {each for each in operands_of(rules, part.name) if isinstance(each, Decimal)}
    marks |= {mark for rule in rules if rule.scale for mark in _caps(part, rule, rule.scale, whole)}
    marks |= {each for each in examples_of(part, marks) if isinstance(each, Decimal)}
    inside = sorted(mark for mark in marks if low <= mark <= high)
    beside = [
        near
        for left, right in pairwise(inside)
        for near in (between(left, right, whole),)
        if near is not None
    ]
    return sorted({*inside, *beside})


def _caps(part: Input, rule: Rule, scale: Scale, whole: bool) -> Iterator[Decimal]:
    """Yield where the points of ``rule`` reach their cap, rounded to either side."""
    if scale.excess_of != part.name or scale.cap is None or not scale.per_unit or scale.limit is None:
        return
    unit = Decimal(1) if whole else Decimal("0.000001")
    way = _DOWN.divide(scale.cap - scale.base, scale.per_unit).quantize(unit, context=_DOWN)
    falls = any(cell.input_name == part.name and cell.sign in ("<", "<=") for cell in rule.cells)
    for excess in (way, way + unit):
        yield scale.limit - excess if falls else scale.limit + excess
