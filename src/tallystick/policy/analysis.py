"""The analysis of a table before it is in force: gaps, conflicts, overlaps, rows that never answer.

The limits in the cells divide each input into classes (``examples``). A rule is a box: for each input,
the classes in which its cell holds. Two rules overlap when their boxes meet, which is asked input by
input. Whether boxes cover everything (a gap, a row that never answers) is a search over the inputs that
keeps the set of rules still in question, and is given up at a limit with a name. Every finding carries
example inputs on which ``decide`` shows what it says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import msgspec

from tallystick.policy.cells import Value
from tallystick.policy.examples import examples_of
from tallystick.policy.findings import Finding, as_given, finding
from tallystick.policy.graph import Graph
from tallystick.policy.monotone import not_monotone
from tallystick.policy.plan import operands_of
from tallystick.policy.rules import OUTCOME
from tallystick.policy.table import Table
from tallystick.policy.trail import Kept

#: Cells held against example values, for one table.
MAX_CELL_TESTS: Final = 5_000_000
#: Steps of one search for figures that no rule of a set covers.
MAX_STEPS: Final = 20_000
#: Pairs of rules held against each other, for one table.
MAX_PAIRS: Final = 500_000
#: Findings of one kind that are listed.
MAX_LISTED: Final = 100


@dataclass(frozen=True)
class Grid:
    """A table's rules over the classes of its inputs.

    Attributes:
        examples: one value for each class, by input.
        masks: by input and class, the rules whose cell holds there: bit r for rule r.
        free: by input, the rules that look at no input from this one on.
    """

    table: Table
    examples: tuple[tuple[Value, ...], ...]
    masks: tuple[tuple[int, ...], ...]
    free: tuple[int, ...]

    def figures(self, places: Sequence[int]) -> dict[str, Kept]:
        """Return the example inputs at ``places``, one class for each input."""
        return {
            part.name: as_given(part, self.examples[at][place])
            for at, (part, place) in enumerate(zip(self.table.inputs, places, strict=True))
        }

    def box(self, rule: int) -> list[list[int]]:
        """Return the classes, input by input, in which the cells of ``rule`` hold."""
        return [[place for place, mask in enumerate(masks) if mask >> rule & 1] for masks in self.masks]


class _OutOfStepsError(Exception):
    """A search went past its limit."""


def analyse(policy: Table | Graph) -> tuple[Finding, ...]:
    """Return what is found in a table, or in each table of a graph, faults first; inputs taken one by one.

    A graph's tables are looked at each for itself: what feeds an input is taken to give any allowed value.
    """
    if isinstance(policy, Table):
        return _sorted(_of_table(policy))
    found = [
        msgspec.structs.replace(each, node=node.name)
        for node in policy.nodes
        if isinstance(node.part, Table)
        for each in _of_table(node.part)
    ]
    return _sorted(found)


def _sorted(found: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(found, key=lambda each: ("fault", "warning", "note").index(each.weight)))


def _of_table(table: Table) -> list[Finding]:
    grid = _grid(table)
    if grid is None:
        return [finding("not_decided", limit=MAX_CELL_TESTS, what="the whole table / 整张表")]
    found = _impossible(grid)
    if table.hit == "sum":
        return found + not_monotone(table)
    dead = {code for each in found for code in each.rules}
    if table.hit != "list" or any(output.name == OUTCOME for output in table.outputs):
        found += _gaps(grid)
    if table.hit == "first":
        found += _covered(grid, dead)
    if table.hit != "list":
        found += _pairs(grid)
    return found


def _grid(table: Table) -> Grid | None:
    examples = tuple(examples_of(part, operands_of(table.rules, part.name)) for part in table.inputs)
    if sum(map(len, examples)) * len(table.rules) > MAX_CELL_TESTS:
        return None
    everything = (1 << len(table.rules)) - 1
    masks = []
    for part, values in zip(table.inputs, examples, strict=True):
        tests = [
            (1 << at, cell.test)
            for at, rule in enumerate(table.rules)
            for cell in rule.cells
            if cell.input_name == part.name
        ]
        looking = sum(bit for bit, _ in tests)
        masks.append(
            tuple(
                (everything & ~looking) | sum(bit for bit, test in tests if test(value)) for value in values
            )
        )
    free, later = [everything], everything
    for part in reversed(table.inputs):
        later &= ~sum(
            1 << at
            for at, rule in enumerate(table.rules)
            if any(cell.input_name == part.name for cell in rule.cells)
        )
        free.append(later)
    return Grid(table, examples, tuple(masks), tuple(reversed(free)))


def _impossible(grid: Grid) -> list[Finding]:
    found = []
    for at, rule in enumerate(grid.table.rules):
        empty = [
            part.name for part, places in zip(grid.table.inputs, grid.box(at), strict=True) if not places
        ]
        if empty:
            found.append(finding("impossible", rules=(rule.code,), inputs=tuple(empty)))
    return found[:MAX_LISTED]


def _gaps(grid: Grid) -> list[Finding]:
    everywhere = [list(range(len(values))) for values in grid.examples]
    try:
        places = _uncovered(grid, (1 << len(grid.table.rules)) - 1, everywhere)
    except _OutOfStepsError:
        return [finding("not_decided", limit=MAX_STEPS, what="gaps / 是否有遗漏")]
    if places is None:
        return []
    witness = grid.figures(places)
    looked_at = {cell.input_name for rule in grid.table.rules for cell in rule.cells}
    names = tuple(part.name for part in grid.table.inputs if part.name in looked_at)
    return [finding("gap", inputs=names, witness=witness)]


def _covered(grid: Grid, dead: set[str]) -> list[Finding]:
    """The rows of a first table that earlier rows leave nothing to."""
    found: list[Finding] = []
    for at, rule in enumerate(grid.table.rules):
        if rule.code in dead or at == 0:
            continue
        box = grid.box(at)
        try:
            if _uncovered(grid, (1 << at) - 1, box) is None:
                witness = grid.figures([places[0] for places in box])
                found.append(finding("unreachable", rules=(rule.code,), witness=witness))
        except _OutOfStepsError:
            what = f"whether {rule.code} can answer / {rule.code} 能否生效"
            found.append(finding("not_decided", rules=(rule.code,), limit=MAX_STEPS, what=what))
        if len(found) >= MAX_LISTED:
            break
    return found


def _uncovered(grid: Grid, rules: int, box: Sequence[Sequence[int]]) -> list[int] | None:
    """Return classes in ``box``, one for each input, in which none of ``rules`` holds; or ``None``."""
    if not all(box):
        return None
    seen: set[tuple[int, int]] = set()
    stack: list[tuple[int, int, tuple[int, ...]]] = [(0, rules, ())]
    while stack:
        at, left, places = stack.pop()
        if not left:
            return [*places, *(rest[0] for rest in box[at:])]
        if left & grid.free[at] or (at, left) in seen:
            continue
        if len(seen) >= MAX_STEPS:
            raise _OutOfStepsError
        seen.add((at, left))
        following = {left & grid.masks[at][place]: place for place in box[at]}
        # The fewest rules left are tried first: the stack gives back the last.
        for mask in sorted(following, key=int.bit_count, reverse=True):
            stack.append((at + 1, mask, (*places, following[mask])))
    return None


def _pairs(grid: Grid) -> list[Finding]:
    rules = grid.table.rules
    boxes = [[sum(1 << place for place in places) for places in grid.box(at)] for at in range(len(rules))]
    found: list[Finding] = []
    for count, (one, two) in enumerate(combinations(range(len(rules)), 2)):
        if count >= MAX_PAIRS:
            found.append(finding("not_decided", limit=MAX_PAIRS, what="overlaps / 规则重叠"))
            break
        shared = [left & right for left, right in zip(boxes[one], boxes[two], strict=True)]
        if all(shared):
            # The lowest class that both boxes have, input by input.
            witness = grid.figures([(places & -places).bit_length() - 1 for places in shared])
            codes = (rules[one].code, rules[two].code)
            found.append(finding(_overlap_words(grid.table, one, two), rules=codes, witness=witness))
        if len(found) >= MAX_LISTED:
            break
    return found


def _overlap_words(table: Table, one: int, two: int) -> str:
    if table.hit == "unique":
        return "several"
    if table.rules[one].outputs == table.rules[two].outputs:
        return "agreeing"
    return "conflict" if table.hit == "any" else "overlap"
