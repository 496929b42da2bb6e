"""Reading one input of a table: its type, its range, and what is kept of it for the record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from tallystick.errors import Malformed
from tallystick.policy.cells import Value
from tallystick.policy.decision import NOT_KEPT, Kept, Reason
from tallystick.policy.document import Input, InputType
from tallystick.policy.exact import decimal_text, parse_decimal
from tallystick.policy.rules import optional_decimal
from tallystick.policy.wording import Wording

#: As far as every JSON reader keeps whole numbers exactly.
MAX_WHOLE: Final = 2**53 - 1
MAX_TEXT: Final = 200
_MAX_DIGITS: Final = 60

_PROBLEMS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "missing_input": ("{} is missing.", "缺少“{}”。"),
        "mistyped_input": ("{} is not of the type that the policy reads.", "“{}”的类型与政策要求不符。"),
        "out_of_range": ("{} is outside its possible range.", "“{}”超出可能的范围。"),
    }
)


@dataclass(frozen=True)
class Figure:
    """One input as read: its value, or the problem why there is none; and what the record keeps."""

    value: Value | None
    kept: Kept
    problem: Reason | None = None


def read_input(part: Input, inputs: Mapping[str, object]) -> Figure:
    """Return the input that ``part`` declares, taken from ``inputs`` without guessing."""
    given = inputs.get(part.name)
    if given is None:
        return Figure(None, None, _problem("missing_input", part))
    value = _READERS[part.type](given)
    if value is None:
        return Figure(None, _kept_as_given(given), _problem("mistyped_input", part))
    kept = _kept(part, value)
    if not _in_range(part, value):
        return Figure(None, kept, _problem("out_of_range", part))
    return Figure(value, kept)


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


def _kept(part: Input, value: Value) -> Kept:
    if not isinstance(value, Decimal):
        return value
    return int(value) if part.type == "integer" else decimal_text(value)


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


def _in_range(part: Input, value: Value) -> bool:
    if isinstance(value, Decimal):
        low, high = optional_decimal(part.min), optional_decimal(part.max)
        return (low is None or value >= low) and (high is None or value <= high)
    return not part.choices or value in part.choices


def _problem(kind: str, part: Input) -> Reason:
    english, chinese = _PROBLEMS[kind]
    words = Wording(en=english.format(part.label.en), zh=chinese.format(part.label.zh))
    return Reason(f"{kind}:{part.name}", words)
