"""Reading what an applicant filled in: each item by its kind, every mistake named, none passed on.

Text comes from a form, a file or recognition; what leaves here is typed (money, whole number, date)
or in the one normalised spelling of its identifier.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from tallystick.errors import Malformed, TooLarge
from tallystick.lending.programme import Programme
from tallystick.lending.programme_document import AMOUNT, Item, ItemKind
from tallystick.values.identifiers import parse_bank_card, parse_credit_code, parse_identity_number
from tallystick.values.money import Money

ItemValue = Money | int | date | str

MAX_ITEMS: Final = 200
MAX_TEXT: Final = 200

_WHOLE = re.compile(r"(0|[1-9][0-9]{0,11})\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True)
class Problem:
    """One item that cannot be read: its name, a stable code, and one English sentence."""

    item: str
    code: str
    sentence: str


@dataclass(frozen=True)
class Items:
    """What could be read, by item name in the programme's order, and what could not.

    An item that was left blank is in neither.
    """

    values: Mapping[str, ItemValue]
    problems: tuple[Problem, ...]

    def document(self) -> dict[str, str | int]:
        """Return the values as canonical data: amounts and dates as text."""
        return {name: _document_value(value) for name, value in self.values.items()}


def read_items(programme: Programme, raw: Mapping[str, str]) -> Items:
    """Return the items of ``raw`` that the programme asks for, each read by its kind.

    Raises:
        TooLarge: ``too_many_items`` when far more is submitted than any page asks for.
    """
    if len(raw) > MAX_ITEMS:
        raise TooLarge("too_many_items", f"An application may have {MAX_ITEMS} items at most.")
    known = {item.name for item in programme.items}
    values: dict[str, ItemValue] = {}
    problems = [
        Problem(name, "unknown_item", "The programme does not ask for this item.")
        for name in sorted(raw.keys() - known)
    ]
    for item in programme.items:
        text = raw.get(item.name, "").strip()
        if not text:
            continue
        try:
            values[item.name] = _READERS[item.kind](programme, item, text)
        except (Malformed, TooLarge) as error:
            problems.append(Problem(item.name, error.code, error.message))
    return Items(MappingProxyType(values), tuple(problems))


def _text(programme: Programme, item: Item, text: str) -> str:
    if len(text) > MAX_TEXT or not text.isprintable():
        raise Malformed("bad_text", f"Write one line of at most {MAX_TEXT} characters.")
    return text


def _money(programme: Programme, item: Item, text: str) -> Money:
    amount = Money.parse(text, programme.currency)
    if amount < Money.zero(programme.currency):
        raise Malformed("bad_amount", "An amount must not be negative.")
    if item.name == AMOUNT and not programme.amount_min <= amount <= programme.amount_max:
        raise Malformed(
            "amount_not_served", f"The amount must be from {programme.amount_min} to {programme.amount_max}."
        )
    return amount


def _whole(programme: Programme, item: Item, text: str) -> int:
    if not _WHOLE.match(text):
        raise Malformed("bad_whole_number", "Write a whole number with digits only.")
    return int(text)


def _date(programme: Programme, item: Item, text: str) -> date:
    try:
        if _DATE.match(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Malformed("bad_date", "Write an existing date as 2026-12-31.")


def _choice(programme: Programme, item: Item, text: str) -> str:
    if text not in {choice.value for choice in item.choices}:
        raise Malformed("unknown_choice", "Choose one of the values on offer.")
    return text


def _books(programme: Programme, item: Item, text: str) -> str:
    if not _SHA256.match(text):
        raise Malformed("bad_book", "A book is named by the SHA-256 of its file, 64 hexadecimal digits.")
    return text


_READERS: Final[Mapping[ItemKind, Callable[[Programme, Item, str], ItemValue]]] = MappingProxyType(
    {
        "text": _text,
        "money": _money,
        "whole": _whole,
        "date": _date,
        "choice": _choice,
        "books": _books,
        "credit_code": lambda programme, item, text: parse_credit_code(text),
        "bank_card": lambda programme, item, text: parse_bank_card(text),
        "identity_number": lambda programme, item, text: parse_identity_number(text),
    }
)


def _document_value(value: ItemValue) -> str | int:
    if isinstance(value, Money):
        return value.text
    return value.isoformat() if isinstance(value, date) else value
