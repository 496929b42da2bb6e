"""Reading one input of a table: its type, its range, and what is kept of it for the record."""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from math import ceil, floor
from types import MappingProxyType
from typing import Final

import msgspec

from tallystick.errors import Malformed
from tallystick.policy.cells import Value
from tallystick.policy.decision import NOT_KEPT, Reason
from tallystick.policy.document import Input, InputType
from tallystick.policy.exact import DECIMAL_PATTERN, decimal_text, parse_decimal
from tallystick.policy.rules import optional_decimal
from tallystick.policy.trail import Kept
from tallystick.policy.wording import Wording

#: As far as every JSON reader keeps whole numbers exactly.
MAX_WHOLE: Final = 2**53 - 1
MAX_TEXT: Final = 200
_MAX_DIGITS: Final = 60
_INFINITE: Final = Decimal("Infinity")

_PROBLEMS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "missing_input": ("{} is missing.", "缺少“{}”。"),
        "mistyped_input": ("{} is not of the type that the policy reads.", "“{}”的类型与政策要求不符。"),
        "out_of_range": ("{} is outside its possible range.", "“{}”超出可能的范围。"),
    }
)


#: An input as read: its value or ``None``, what the record keeps of it, and the problem if there is one.
Figure = tuple[Value | None, Kept, Reason | None]
Read = Callable[[object], Figure]


class Figures(msgspec.Struct, frozen=True, gc=False):
    """Inputs as they were read.

    Attributes:
        values: by name, of those without a problem.
        kept: what the record keeps of each.
        problems: a reason for each that does not hold, in the order of the inputs.
    """

    values: dict[str, Value]
    kept: dict[str, Kept]
    problems: list[Reason]


def read_all(readers: Iterable[tuple[str, Read]], inputs: Mapping[str, object]) -> Figures:
    """Return the figures that ``readers`` read from ``inputs``, without guessing."""
    figures = Figures({}, {}, [])
    read_more(figures, readers, inputs)
    return figures


def read_more(figures: Figures, readers: Iterable[tuple[str, Read]], inputs: Mapping[str, object]) -> None:
    """Add to ``figures`` what ``readers`` read from ``inputs``, without guessing."""
    values, kept, problems = figures.values, figures.kept, figures.problems
    given = inputs.get
    for name, reader in readers:
        value, kept[name], problem = reader(given(name))
        if problem is not None:
            problems.append(problem)
        elif value is not None:
            values[name] = value


def make_reader(part: Input) -> Read:
    """Return the function that reads what was given for the input ``part``, without guessing."""
    return _MAKERS[part.type](part, _careful_reader(part))


def _careful_reader(part: Input) -> Read:
    """Return the reader that knows every way in which an input may not hold."""
    read, keep = _READERS[part.type], _KEEPERS[part.type]
    low, high = optional_decimal(part.min), optional_decimal(part.max)
    choices = frozenset(part.choices)
    missing, mistyped, outside = (_problem(kind, part) for kind in _PROBLEMS)

    def reader(given: object) -> Figure:
        if given is None:
            return None, None, missing
        value = read(given)
        if value is None:
            return None, _kept_as_given(given), mistyped
        kept = keep(value)
        if isinstance(value, Decimal):
            if (low is not None and value < low) or (high is not None and value > high):
                return None, kept, outside
        elif choices and value not in choices:
            return None, kept, outside
        return value, kept, None

    return reader


# The readers below know the one way in which most inputs hold, and leave every other to the careful one.


def _whole_reader(part: Input, careful: Read) -> Read:
    low, high = optional_decimal(part.min), optional_decimal(part.max)
    least = -MAX_WHOLE if low is None else max(-MAX_WHOLE, ceil(low))
    most = MAX_WHOLE if high is None else min(MAX_WHOLE, floor(high))

    def reader(given: object) -> Figure:
        if type(given) is int and least <= given <= most:
            return Decimal(given), given, None
        return careful(given)

    return reader


def _decimal_reader(part: Input, careful: Read) -> Read:
    low, high = optional_decimal(part.min), optional_decimal(part.max)
    low, high = -_INFINITE if low is None else low, _INFINITE if high is None else high
    is_decimal = re.compile(DECIMAL_PATTERN).match

    def reader(given: object) -> Figure:
        text = given if isinstance(given, str) else str(given) if type(given) is Decimal else ""
        if is_decimal(text):
            kept = text if text[-1] != "0" or "." not in text else text.rstrip("0").rstrip(".")
            value = Decimal(text)
            if low <= value <= high and kept != "-0":
                return value, kept, None
        return careful(given)

    return reader


def _choice_reader(part: Input, careful: Read) -> Read:
    choices = {choice: (choice, choice, None) for choice in part.choices if _can_be_kept(choice)}

    def reader(given: object) -> Figure:
        found = choices.get(given) if type(given) is str else None
        return careful(given) if found is None else found

    return reader


_MAKERS: Final[Mapping[InputType, Callable[[Input, Read], Read]]] = MappingProxyType(
    {
        "integer": _whole_reader,
        "decimal": _decimal_reader,
        "text": _choice_reader,
        "boolean": lambda _part, careful: careful,
    }
)


def _whole(given: object) -> Decimal | None:
    return Decimal(given) if type(given) is int and abs(given) <= MAX_WHOLE else None


def _decimal(given: object) -> Decimal | None:
    # Not an int: an amount in minor units must never pass for one in whole units.
    if isinstance(given, Decimal):
        _, digits, exponent = given.as_tuple()
        if not isinstance(exponent, int) or len(digits) > _MAX_DIGITS or abs(exponent) > _MAX_DIGITS:
            return None
        given = decimal_text(given)
    try:
        return parse_decimal(given) if type(given) is str else None
    except Malformed:
        return None


def _text(given: object) -> str | None:
    return given if type(given) is str and given and _can_be_kept(given) else None


def _boolean(given: object) -> bool | None:
    return given if type(given) is bool else None


_READERS: Final[Mapping[InputType, Callable[[object], Value | None]]] = MappingProxyType(
    {"integer": _whole, "decimal": _decimal, "text": _text, "boolean": _boolean}
)


_KEEPERS: Final[Mapping[InputType, Callable[[Value], Kept]]] = MappingProxyType(
    {
        "integer": lambda value: int(value),
        "decimal": lambda value: decimal_text(value) if isinstance(value, Decimal) else value,
        "text": lambda value: str(value),
        "boolean": lambda value: bool(value),
    }
)


def _kept_as_given(given: object) -> Kept:
    # What canonical JSON holds is kept as it came, so that a replay finds the same problem again;
    # a float or any other object leaves only its type's name.
    if type(given) is bool or (type(given) is int and abs(given) <= MAX_WHOLE):
        return given
    if type(given) is str and _can_be_kept(given):
        return given
    if type(given) is dict and given.keys() == {NOT_KEPT} and _can_be_kept(given[NOT_KEPT]):
        return given
    return {NOT_KEPT: type(given).__name__[:MAX_TEXT]}


def _can_be_kept(given: object) -> bool:
    return type(given) is str and len(given) <= MAX_TEXT and given.isprintable()


def _problem(kind: str, part: Input) -> Reason:
    english, chinese = _PROBLEMS[kind]
    words = Wording(en=english.format(part.label.en), zh=chinese.format(part.label.zh))
    return Reason(f"{kind}:{part.name}", words)
