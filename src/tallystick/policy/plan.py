"""A table's rules made ready to be tried: inputs read by closures, and what became of each rule remembered.

The limits written in the cells divide the values of each input into classes; two values of one class
fulfil the same cells. What becomes of the rules depends on the classes alone, so it is worked out once
for each combination that comes up, and remembered up to a limit.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from tallystick.policy.cells import Value
from tallystick.policy.decision import Reason
from tallystick.policy.document import Input
from tallystick.policy.inputs import Read, make_reader
from tallystick.policy.rules import Rule
from tallystick.policy.trail import Found, Trail, not_reached

#: Verdicts that one table remembers, all its combinations of classes together.
MAX_REMEMBERED: Final = 200_000

Place = Callable[[Value], int]


@dataclass(frozen=True)
class Plan:
    """How to read a table's inputs and to try its rules.

    Attributes:
        readers: name and reader of each input, in order.
        places: name and class finder of each input that a cell looks at.
        reasons: the reason that each rule is, when it matches and costs nothing.
        unreached: the trail when no rule is tried.
    """

    rules: tuple[Rule, ...]
    stops: bool
    readers: tuple[tuple[str, Read], ...]
    places: tuple[tuple[str, Place], ...]
    reasons: tuple[Reason, ...]
    unreached: Trail
    _trails: dict[tuple[int, ...], Trail] = field(default_factory=dict, repr=False)

    def trail(self, values: Mapping[str, Value]) -> Trail:
        """Return what becomes of every rule for ``values``, which were read without a problem."""
        key = tuple([place(values[name]) for name, place in self.places])
        known = self._trails.get(key)
        if known is None:
            known = _walk(self.rules, values, self.stops)
            if (len(self._trails) + 1) * len(self.rules) <= MAX_REMEMBERED:
                self._trails[key] = known
        return known


def make_plan(inputs: Sequence[Input], rules: tuple[Rule, ...], stops: bool) -> Plan:
    """Return the plan of a table; ``stops`` when the first rule that matches ends it."""
    readers = tuple((part.name, make_reader(part)) for part in inputs)
    places = tuple((part.name, _placer(found)) for part in inputs if (found := operands_of(rules, part.name)))
    reasons = tuple(Reason(rule.code, rule.text) for rule in rules)
    return Plan(rules, stops, readers, places, reasons, not_reached(tuple(rule.code for rule in rules)))


def operands_of(rules: Sequence[Rule], name: str) -> frozenset[Value]:
    """Return everything that the cells of ``rules`` compare the input ``name`` with."""
    return frozenset(
        operand
        for rule in rules
        for cell in rule.cells
        if cell.input_name == name
        for operand in cell.operands
    )


class _Places(dict[Value, int]):
    """The class of each text or truth value that a cell names; all others are of one class."""

    def __missing__(self, _value: Value) -> int:
        return 0


def _placer(operands: frozenset[Value]) -> Place:
    cuts = sorted(each for each in operands if isinstance(each, Decimal))
    if not cuts:
        return _Places({value: place for place, value in enumerate(sorted(operands, key=str), 1)}).__getitem__
    # Even between two limits, odd on one.
    return lambda value: bisect_left(cuts, value) + bisect_right(cuts, value)


def _walk(rules: Sequence[Rule], values: Mapping[str, Value], stops: bool) -> Trail:
    matched: list[int] = []
    steps: list[tuple[str, Found, int, str | None, str | None]] = []
    reads: dict[tuple[str, ...], int] = {}
    for at, rule in enumerate(rules):
        if stops and matched:
            steps.append((rule.code, "not_reached", -1, None, None))
            continue
        read: list[str] = []
        failed: tuple[str | None, str | None] = (None, None)
        for cell in rule.cells:
            read.append(cell.input_name)
            if not cell.test(values[cell.input_name]):
                failed = (cell.input_name, cell.text)
                break
        else:
            matched.append(at)
        place = reads.setdefault(tuple(read), len(reads))
        steps.append((rule.code, "not_matched" if failed[0] else "matched", place, *failed))
    codes, found, places, failed_inputs, failed_cells = zip(*steps, strict=True)
    return Trail(tuple(matched), codes, found, places, failed_inputs, failed_cells, tuple(reads))
