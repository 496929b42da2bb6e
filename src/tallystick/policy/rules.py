"""The rows of a decision table: their conditions compiled, their outputs or points checked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal

from tallystick.errors import Malformed
from tallystick.policy import exact
from tallystick.policy.cells import Cell, compile_cell
from tallystick.policy.document import HitPolicy, Output, Points, RuleDocument, TableDocument
from tallystick.policy.exact import parse_decimal
from tallystick.policy.wording import Wording

#: The output that, where a table has it, says what to do.
OUTCOME: Final = "outcome"
JUDGEMENTS: Final = ("approve", "refer", "decline")

#: ``found``: a table that holds values (levels, prices) answered; such a table judges nothing.
Outcome = Literal["approve", "refer", "decline", "found"]
OutputValue = Decimal | int | str

_SPELLINGS: Final[Mapping[str, str]] = MappingProxyType(
    {"integer": "a whole number", "decimal": "a decimal number in quotes", "text": "text"}
)


@dataclass(frozen=True)
class Scale:
    """Points that grow with the excess over a limit: min(cap, base + per_unit × excess), mission row A7.

    ``excess_of`` and ``limit`` are ``None`` for points that are always ``base``.
    """

    base: Decimal
    excess_of: str | None = None
    limit: Decimal | None = None
    per_unit: Decimal = Decimal(0)
    cap: Decimal | None = None

    def points(self, value: Decimal | None) -> Decimal:
        """Return the points for ``value`` of the input named ``excess_of``."""
        if value is None or self.limit is None:
            return self.base
        excess = abs(exact.subtract(value, self.limit))
        grown = exact.add(self.base, exact.multiply(self.per_unit, excess))
        return grown if self.cap is None else min(grown, self.cap)


@dataclass(frozen=True)
class Rule:
    """One row, ready to be tried: all its cells must hold; it gives ``outputs`` or the ``scale``'s points."""

    code: str
    text: Wording
    cells: tuple[Cell, ...]
    outputs: Mapping[str, OutputValue]
    scale: Scale | None


def read_rule(table: TableDocument, row: RuleDocument) -> Rule:
    """Return the rule that ``row`` of ``table`` states.

    Raises:
        Malformed: ``malformed_policy`` when what it gives does not fit the table; ``bad_cell`` for a
            condition that cannot be read. The sentence names the rule and the input or output.
    """
    return _READERS[table.hit](table, row, _cells(table, row))


def malformed(sentence: str) -> Malformed:
    """Return the error for a policy document that contradicts itself."""
    return Malformed("malformed_policy", sentence)


def a_table(hit: HitPolicy) -> str:
    """Return how a sentence names a table of this kind."""
    return f"{'an' if hit == 'any' else 'a'} {hit} table"


def optional_decimal(text: str | None) -> Decimal | None:
    """Return the number, or ``None`` where none is written."""
    return None if text is None else parse_decimal(text)


def _cells(table: TableDocument, row: RuleDocument) -> tuple[Cell, ...]:
    unknown = row.when.keys() - {part.name for part in table.inputs}
    if unknown:
        raise malformed(f"Rule {row.code} has a cell for {min(unknown)}, which is not an input.")
    cells = []
    for part in table.inputs:
        try:
            cell = compile_cell(part, row.when.get(part.name, ""))
        except Malformed as error:
            sentence = f"Rule {row.code}, input {part.name}: {error.message}"
            raise Malformed("bad_cell", sentence, rule=row.code, input=part.name) from error
        if cell is not None:
            cells.append(cell)
    return tuple(cells)


def _valued_rule(table: TableDocument, row: RuleDocument, cells: tuple[Cell, ...]) -> Rule:
    if row.then is None or row.points is not None:
        raise malformed(f"Rule {row.code} of {a_table(table.hit)} must give then, and no points.")
    wanted = {output.name for output in table.outputs}
    # A refusal needs no rate and no limit; any other row leaves nothing open.
    refusal = row.then.keys() == {OUTCOME} and row.then[OUTCOME] in ("refer", "decline")
    if row.then.keys() != wanted and not (refusal and OUTCOME in wanted):
        raise malformed(f"Rule {row.code} must give each output of the table: {', '.join(sorted(wanted))}.")
    given = {
        output.name: _output_value(row.code, output, row.then[output.name])
        for output in table.outputs
        if output.name in row.then
    }
    return Rule(row.code, row.text, cells, MappingProxyType(given), None)


def _output_value(code: str, output: Output, given: str | int) -> OutputValue:
    if output.type == "integer" and isinstance(given, int):
        return given
    if output.type == "decimal" and isinstance(given, str):
        try:
            return parse_decimal(given)
        except Malformed as error:
            raise malformed(f"Rule {code}, output {output.name}: {error.message}") from error
    if output.type == "text" and isinstance(given, str):
        if not output.choices or given in output.choices:
            return given
        raise malformed(f"Rule {code}, output {output.name}: {given!r} is not among its choices.")
    raise malformed(f"Rule {code}, output {output.name} must be {_SPELLINGS[output.type]}.")


def _sum_rule(table: TableDocument, row: RuleDocument, cells: tuple[Cell, ...]) -> Rule:
    if row.points is None or row.then is not None:
        raise malformed(f"Rule {row.code} of a {table.hit} table must give points, and no then.")
    return Rule(row.code, row.text, cells, MappingProxyType({}), _scale(row.code, row.points, cells))


def _scale(code: str, points: Points, cells: tuple[Cell, ...]) -> Scale:
    base, per_unit, cap = parse_decimal(points.base), optional_decimal(points.per_unit), points.cap
    if base < 0:
        raise malformed(f"Rule {code} must not give negative points.")
    if (points.excess_of is None) != (per_unit is None) or (per_unit is None and cap is not None):
        raise malformed(f"Rule {code} must name excess_of and per_unit together, and cap only with them.")
    if points.excess_of is None or per_unit is None:
        return Scale(base)
    limit = next((cell.limit for cell in cells if cell.input_name == points.excess_of), None)
    if limit is None:
        raise malformed(
            f"Rule {code} grows with {points.excess_of} and needs a cell for it with >, >=, < or <=."
        )
    highest = optional_decimal(cap)
    if per_unit < 0 or (highest is not None and highest < base):
        raise malformed(f"Rule {code} must have per_unit >= 0 and a cap of at least its base.")
    return Scale(base, points.excess_of, limit, per_unit, highest)


_READERS: Final[Mapping[HitPolicy, Callable[[TableDocument, RuleDocument, tuple[Cell, ...]], Rule]]] = (
    MappingProxyType(
        {
            "first": _valued_rule,
            "unique": _valued_rule,
            "any": _valued_rule,
            "list": _valued_rule,
            "sum": _sum_rule,
        }
    )
)
