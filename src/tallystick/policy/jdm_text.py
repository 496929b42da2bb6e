"""The expressions of JDM (GoRules) that our policies use, read and written: cells, values, points, sums.

A cell is a unary test of ZEN's language, a value a literal, points ``min([base + rate * (x - limit), cap])``
and an index a weighted sum. Its text has no escapes: a quotation mark ends at the next one of its kind.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tallystick.errors import Malformed
from tallystick.policy.cells import Cell, Value
from tallystick.policy.document import InputType
from tallystick.policy.writing import operand_text

NUMBER: Final = r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,12})?"
FIELD: Final = r"[a-z][a-z0-9_]{0,59}(?:\.[a-z][a-z0-9_]{0,59})?"
_TEXT: Final = r"\"[^\"]*\"|'[^']*'"
_LITERAL: Final = rf"(?:{_TEXT}|{NUMBER}|true|false)"
_ORDER: Final = re.compile(rf"(>=|<=|>|<|==) ?({_LITERAL})\Z")
_BETWEEN: Final = re.compile(rf"\[ ?({NUMBER}) ?\.\. ?({NUMBER}) ?\]\Z")
_LIST: Final = re.compile(rf"{_LITERAL}(?: ?, ?{_LITERAL})*\Z")
_GROWN: Final = re.compile(
    rf"(?:(?P<base>{NUMBER}) \+ )?(?P<rate>{NUMBER}) \* \((?P<left>\S+) - (?P<right>\S+)\)\Z"
)
_CAPPED: Final = re.compile(rf"min\(\[(.+), ({NUMBER})\]\)\Z")
_ROUNDED: Final = re.compile(r"round\((.+), ([0-9]|1[0-2])\)\Z")
_TERM: Final = re.compile(rf"\(?(?P<weight>{NUMBER})\)? \* (?P<field>{FIELD})\Z")


def not_in_jdm(what: str) -> Malformed:
    """Return the error for what JDM cannot say as we mean it."""
    return Malformed("not_in_jdm", f"JDM cannot say this: {what}.")


def not_in_policy(what: str) -> Malformed:
    """Return the error for what a JDM document says and a policy of ours cannot."""
    return Malformed("not_in_policy", f"A policy cannot say what this JDM document does: {what}.")


def write_cell(cell: Cell | None) -> str:
    """Return the unary test of a condition; blank for none.

    Raises:
        Malformed: ``not_in_jdm`` for text with both kinds of quotation marks.
    """
    if cell is None:
        return ""
    operands = [write_value(each) for each in cell.operands]
    if cell.sign == "..":
        return f"[{operands[0]}..{operands[1]}]"
    return ", ".join(operands) if cell.sign in ("=", "in") else f"{cell.sign} {operands[0]}"


def write_value(value: Value | int) -> str:
    """Return the literal of a value.

    Raises:
        Malformed: ``not_in_jdm`` for text with both kinds of quotation marks.
    """
    if isinstance(value, str):
        mark = "'" if '"' in value else '"'
        if mark in value:
            raise not_in_jdm(f"the text {value!r:.60}, which has both kinds of quotation marks")
        return f"{mark}{value}{mark}"
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else operand_text(value)


def read_cell(text: str, where: str) -> tuple[str, InputType | None]:
    """Return the condition, in our spelling, that a unary test states, and the type it is for.

    Raises:
        Malformed: ``not_in_policy`` for a test that our cells cannot say, with ``where`` it stands.
    """
    stripped = text.strip()
    if not stripped:
        return "", None
    if found := _BETWEEN.match(stripped):
        return f"{found[1]}..{found[2]}", "decimal"
    if found := _ORDER.match(stripped):
        sign, (literal, kind) = found[1], read_literal(found[2])
        if kind == "decimal" or sign == "==":
            return f"{'=' if sign == '==' else sign} {literal}", kind
    if _LIST.match(stripped):
        literals = [read_literal(each) for each in re.findall(_LITERAL, stripped)]
        kinds = {kind for _, kind in literals}
        if len(kinds) == 1 and all("," not in literal and literal for literal, _ in literals):
            values = [literal for literal, _ in literals]
            return f"in {', '.join(values)}" if len(values) > 1 else f"= {values[0]}", kinds.pop()
    raise not_in_policy(f"{where}: the cell {text!r:.80}")


def read_literal(text: str) -> tuple[str, InputType]:
    """Return the value of a literal as a cell writes it, and its type (``decimal`` for any number)."""
    if text[0] in "\"'":
        return text[1:-1], "text"
    return (text, "boolean") if text in ("true", "false") else (text, "decimal")


def is_literal(text: str) -> bool:
    """Return whether ``text`` is one literal."""
    return re.fullmatch(_LITERAL, text) is not None


@dataclass(frozen=True)
class Growth:
    """Points as JDM writes them: ``falls`` when they grow as the figure goes down from the limit."""

    base: str
    field: str | None = None
    limit: str | None = None
    per_unit: str | None = None
    cap: str | None = None
    falls: bool = False


def write_points(growth: Growth) -> str:
    """Return the expression for the points of a rule."""
    if growth.field is None or growth.limit is None:
        return growth.base
    limit = _bracketed(growth.limit)
    excess = f"({limit} - {growth.field})" if growth.falls else f"({growth.field} - {limit})"
    grown = f"{growth.base} + {growth.per_unit} * {excess}"
    return grown if growth.cap is None else f"min([{grown}, {growth.cap}])"


def read_points(text: str, where: str) -> Growth:
    """Return the points that an expression states.

    Raises:
        Malformed: ``not_in_policy`` for anything but the forms that ``write_points`` writes.
    """
    if re.fullmatch(NUMBER, text):
        return Growth(text)
    capped = _CAPPED.match(text)
    grown = _GROWN.match(capped[1] if capped else text)
    if grown:
        sides = grown["left"].strip("()"), grown["right"].strip("()")
        for falls, (limit, field) in ((True, sides), (False, (sides[1], sides[0]))):
            if re.fullmatch(NUMBER, limit) and re.fullmatch(FIELD, field):
                cap = capped[2] if capped else None
                return Growth(grown["base"] or "0", field, limit, grown["rate"], cap, falls)
    raise not_in_policy(f"{where}: the points {text!r:.80}")


def write_sum(weights: Mapping[str, str], plus: str, round_to: int | None) -> str:
    """Return the expression of a weighted sum; ``weights`` by field."""
    terms = [f"{_bracketed(weight)} * {field}" for field, weight in weights.items()]
    total = " + ".join(terms if plus == "0" else [*terms, _bracketed(plus)])
    return total if round_to is None else f"round({total}, {round_to})"


def read_sum(text: str, where: str) -> tuple[dict[str, str], str, int | None]:
    """Return the weights by field, what is added, and the decimals that a sum is rounded to.

    Raises:
        Malformed: ``not_in_policy`` for anything but a weighted sum.
    """
    rounded = _ROUNDED.match(text)
    terms: Sequence[str] = (rounded[1] if rounded else text).split(" + ")
    weights: dict[str, str] = {}
    plus = "0"
    for place, term in enumerate(terms):
        found = _TERM.match(term)
        if found and found["field"] not in weights:
            weights[found["field"]] = found["weight"]
        elif place and place == len(terms) - 1 and re.fullmatch(NUMBER, term.strip("()")):
            plus = term.strip("()")
        else:
            raise not_in_policy(f"{where}: the expression {text!r:.80}")
    return weights, plus, int(rounded[2]) if rounded else None


def _bracketed(number: str) -> str:
    return f"({number})" if number.startswith("-") else number
