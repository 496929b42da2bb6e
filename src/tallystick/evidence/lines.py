"""Lines of goods side by side: what each states, as exact numbers, and which contract line it is of."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from fractions import Fraction
from typing import Final

from tallystick.evidence.papers import Line

#: Least likeness (Ratcliff and Obershelp) of two names without their figures, which must be equal.
LEAST_LIKENESS: Final = Fraction(8, 10)
MAX_NAME_LENGTH: Final = 200
PRICE_TOLERANCE: Final = Fraction(1, 100)
ARITHMETIC_TOLERANCE: Final = Fraction(2, 100)

_CATEGORY = re.compile(r"\*[^*]*\*")  # an invoice puts the tax category before the name: *rubber*tyre
_FIGURES = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,12})?")
_RATE = re.compile(r"([0-9]{1,2}(?:\.[0-9]{1,4})?)%|(0(?:\.[0-9]{1,6})?)")


@dataclass(frozen=True)
class Goods:
    """What one line states; None or an empty text where it states nothing.

    Attributes:
        title: name as it stands, for sentences.
        price: of one unit; from amount and quantity where the line has no price of its own.
        faults: what is wrong with the line by itself, one phrase each.
    """

    title: str
    name: str
    specification: str
    unit: str
    quantity: Fraction | None
    price: Fraction | None
    amount: Fraction | None
    tax_rate: Fraction
    faults: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two lines of one document lines of the same goods."""
        return self.name, self.specification, self.unit


def goods_of(line: Line) -> Goods:
    """Return what the line states, with what is wrong with it: figures that cannot be, checks that failed."""
    faults = [
        f"its check {check.name} of {column} failed"
        for column, field in sorted(line.fields.items())
        for check in field.checks
        if not check.ok
    ]
    numbers = {}
    for column in ("quantity", "unit_price", "amount"):
        text = _text(line, column)
        numbers[column] = Fraction(text) if _NUMBER.fullmatch(text) else None
        if text and numbers[column] is None:
            faults.append(f"its {column.replace('_', ' ')} {text!r:.30} is no number")
    quantity, price, amount = numbers["quantity"], numbers["unit_price"], numbers["amount"]
    if quantity is None or quantity <= 0:
        faults.append("it states no quantity above zero")
    elif price is None and amount is not None:
        price = amount / quantity
    elif price is not None and amount is not None and abs(quantity * price - amount) > ARITHMETIC_TOLERANCE:
        faults.append("quantity times price is not its amount")
    if price is not None and price <= 0:
        faults.append("its price is not above zero")
    title = _text(line, "name")
    return Goods(
        title[:MAX_NAME_LENGTH],
        normalised(title),
        normalised(_text(line, "specification")),
        normalised(_text(line, "unit")),
        quantity,
        price,
        amount,
        _rate(_text(line, "tax_rate")),
        tuple(faults),
    )


def match(goods: Goods, contract: Sequence[Goods]) -> list[int]:
    """Return the places of the contract's lines that are most like ``goods``; two or more are a tie.

    A specification counts where both lines have one. The order of the contract's lines does not matter.
    """
    likeness = {at: found for at, one in enumerate(contract) if (found := _likeness(one, goods)) is not None}
    most = max(likeness.values(), default=None)
    return [at for at, found in likeness.items() if found == most]


def normalised(text: str) -> str:
    """Return the text in one form (NFKC, small letters, no blanks), without a tax category before it."""
    plain = "".join(unicodedata.normalize("NFKC", text[: 4 * MAX_NAME_LENGTH]).casefold().split())
    return (
        _CATEGORY.sub("", plain, count=1)[:MAX_NAME_LENGTH]
        if plain.startswith("*")
        else plain[:MAX_NAME_LENGTH]
    )


def prices_agree(stated: Fraction, contract: Fraction, tax_rate: Fraction) -> bool:
    """Return whether a price is the contract's, as it stands or with the tax on top (an invoice's is net)."""
    return any(abs(price - contract) <= PRICE_TOLERANCE for price in (stated, stated * (1 + tax_rate)))


def _likeness(one: Goods, other: Goods) -> Fraction | None:
    both = bool(one.specification and other.specification)
    left = one.name + "|" + one.specification if both else one.name
    right = other.name + "|" + other.specification if both else other.name
    if not one.name or not other.name or _FIGURES.findall(left) != _FIGURES.findall(right):
        return None
    if left == right:
        return Fraction(1)
    left, right = _FIGURES.sub("", left), _FIGURES.sub("", right)
    length = len(left) + len(right)
    if 2 * min(len(left), len(right)) < LEAST_LIKENESS * length:
        return None
    same = sum(
        block.size for block in SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
    )
    likeness = Fraction(2 * same, length) if length else Fraction(1)
    return likeness if likeness >= LEAST_LIKENESS else None


def _rate(text: str) -> Fraction:
    found = _RATE.fullmatch(text)
    if not found:
        return Fraction(0)
    return Fraction(found[1]) / 100 if found[1] else Fraction(found[2])


def _text(line: Line, column: str) -> str:
    field = line.fields.get(column)
    return field.value if field else ""
