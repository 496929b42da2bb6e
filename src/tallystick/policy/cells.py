"""The cell language: what one condition of a rule may say, compiled once to a plain closure.

    (blank)      any value
    > 5          also >= 5, < 5, <= 5           integer and decimal inputs
    2..5         from 2 to 5, both included     integer and decimal inputs
    = A          equal (= 5, = true)            every input
    in A, B      one of these                   integer, decimal and text inputs

Nothing else is understood; a cell that cannot be read is refused, never taken for "any".
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from tallystick.errors import Malformed
from tallystick.policy.document import Input, InputType
from tallystick.policy.exact import parse_decimal

#: What an input's value is while rules look at it: numbers as Decimal, text as str, truth as bool.
Value = Decimal | str | bool
Test = Callable[[Value], bool]

_NUMERIC: frozenset[InputType] = frozenset({"integer", "decimal"})
_ORDER: Mapping[str, Callable[[Decimal, Decimal], bool]] = MappingProxyType(
    {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
)
_COMPARISON = re.compile(r"(>=|<=|>|<|=) ?(\S.*)\Z")
_RANGE = re.compile(r"(\S+?) ?\.\. ?(\S+)\Z")
_LIST = re.compile(r"in (\S.*)\Z")
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})\Z")


@dataclass(frozen=True)
class Cell:
    """One condition.

    Attributes:
        input_name: the input that it looks at.
        text: the condition as written, trimmed.
        test: whether a value fulfils it.
        limit: the number that an ordering (``>``, ``>=``, ``<``, ``<=``) compares with, else ``None``.
        sign: how it compares: ``>``, ``>=``, ``<``, ``<=``, ``=``, ``..`` or ``in``.
        operands: what it compares with, as written from left to right.
    """

    input_name: str
    text: str
    test: Test
    limit: Decimal | None = None
    sign: str = ""
    operands: tuple[Value, ...] = ()


def compile_cell(subject: Input, text: str) -> Cell | None:
    """Return the condition that ``text`` states on ``subject``, or ``None`` for a blank cell.

    Raises:
        Malformed: ``bad_cell`` with a sentence that says what cannot be read.
    """
    stripped = text.strip()
    if not stripped:
        return None
    for pattern, compiler in ((_COMPARISON, _comparison), (_LIST, _one_of), (_RANGE, _between)):
        found = pattern.match(stripped)
        if found:
            return compiler(subject, stripped, *found.groups())
    raise _bad(stripped, "start with >, >=, <, <=, = or in, or write a range such as 2..5")


def _comparison(subject: Input, text: str, sign: str, operand: str) -> Cell:
    if sign == "=":
        wanted = _literal(subject, text, operand)
        return Cell(subject.name, text, lambda value: value == wanted, None, sign, (wanted,))
    limit = _number(subject, text, operand)
    compare = _ORDER[sign]

    def ordered(value: Value) -> bool:
        return isinstance(value, Decimal) and compare(value, limit)

    return Cell(subject.name, text, ordered, limit, sign, (limit,))


def _between(subject: Input, text: str, low_text: str, high_text: str) -> Cell:
    low, high = _number(subject, text, low_text), _number(subject, text, high_text)
    if low > high:
        raise _bad(text, "the range must go from the smaller number to the larger")

    def between(value: Value) -> bool:
        return isinstance(value, Decimal) and low <= value <= high

    return Cell(subject.name, text, between, None, "..", (low, high))


def _one_of(subject: Input, text: str, listed: str) -> Cell:
    if subject.type == "boolean":
        raise _bad(text, "a boolean input knows only = true and = false")
    listing = tuple(_literal(subject, text, part.strip()) for part in listed.split(","))
    wanted = frozenset(listing)
    return Cell(subject.name, text, lambda value: value in wanted, None, "in", listing)


def _literal(subject: Input, text: str, operand: str) -> Value:
    if subject.type in _NUMERIC:
        return _number(subject, text, operand)
    if subject.type == "boolean":
        if operand not in ("true", "false"):
            raise _bad(text, "a boolean input knows only = true and = false")
        return operand == "true"
    if not operand or "," in operand:
        raise _bad(text, "a text value must not be empty or hold a comma")
    if subject.choices and operand not in subject.choices:
        raise _bad(text, f"{operand!r} is not among the choices of the input")
    return operand


def _number(subject: Input, text: str, operand: str) -> Decimal:
    if subject.type not in _NUMERIC:
        raise _bad(text, f"a {subject.type} input has no order")
    if subject.type == "integer" and not _WHOLE.match(operand):
        raise _bad(text, f"{operand!r} is not a whole number")
    try:
        return parse_decimal(operand)
    except Malformed as error:
        raise _bad(text, error.message.rstrip(".")) from error


def _bad(text: str, why: str) -> Malformed:
    return Malformed("bad_cell", f"The cell {text!r} cannot be read: {why}.", cell=text)
