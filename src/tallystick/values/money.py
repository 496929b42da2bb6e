"""Money: a whole number of minor units in one currency; exact, with splits that conserve the total."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from tallystick.errors import Malformed, TooLarge
from tallystick.values.currencies import Currency, currency
from tallystick.values.rounding import Rounding, round_fraction

__all__ = ["MAX_AMOUNT_MINOR", "MAX_PARTS", "Currency", "Money", "currency"]

# Every amount, and the sum of any two, fits a signed 64-bit database column.
MAX_AMOUNT_MINOR = 10**18 - 1
MAX_PARTS = 1_000_000

_AMOUNT = re.compile(r"(?P<sign>-?)(?P<whole>0|[1-9][0-9]{0,18})(?:\.(?P<decimals>[0-9]{1,18}))?")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of ``amount_minor`` minor units (fen, cents) of ``currency``; ordered within a currency.

    Raises, from every operation that makes a Money:
        Malformed: ``bad_amount`` when the amount is not a whole number.
        TooLarge: ``amount_too_large`` beyond ``MAX_AMOUNT_MINOR`` either way.
    """

    amount_minor: int
    currency: Currency

    def __post_init__(self) -> None:
        if type(self.amount_minor) is not int:
            raise Malformed("bad_amount", "An amount must be a whole number of minor units.")
        if not -MAX_AMOUNT_MINOR <= self.amount_minor <= MAX_AMOUNT_MINOR:
            raise TooLarge("amount_too_large", "An amount may have at most 18 digits, decimals included.")

    @classmethod
    def parse(cls, text: str, currency_code: str) -> Self:
        """Return the amount that ``text`` (``"500000.00"``) states in the currency, exactly.

        Fewer decimals than the currency has are fine, more are not; neither are exponents,
        thousands separators, a plus sign, leading zeros, blanks or digits outside ASCII.

        Raises:
            Malformed: ``bad_amount`` or ``unknown_currency``.
            TooLarge: ``amount_too_large``.
        """
        unit = currency(currency_code)
        match = _AMOUNT.fullmatch(text) if isinstance(text, str) else None
        decimals = (match["decimals"] or "") if match else ""
        if match is None or len(decimals) > unit.digits:
            raise Malformed(
                "bad_amount",
                f"{text!r:.40} is not an amount in {unit.code} with at most {unit.digits} decimals.",
                currency=unit.code,
            )
        size = int(match["whole"] + decimals.ljust(unit.digits, "0"))
        return cls(-size if match["sign"] else size, unit)

    @classmethod
    def zero(cls, currency_code: str) -> Self:
        """Return nothing, in the currency.

        Raises:
            Malformed: ``unknown_currency``.
        """
        return cls(0, currency(currency_code))

    @property
    def text(self) -> str:
        """The amount with all decimals of its currency, as ``parse`` reads it: ``"500000.00"``."""
        return self._written("")

    def __str__(self) -> str:
        return f"{self.currency.code} {self._written(',')}"

    def _written(self, separator: str) -> str:
        whole, decimals = divmod(abs(self.amount_minor), 10**self.currency.digits)
        point = f".{decimals:0{self.currency.digits}d}" if self.currency.digits else ""
        grouped = f"{whole:,}" if separator else str(whole)
        return f"{'-' if self.amount_minor < 0 else ''}{grouped}{point}"

    def __add__(self, other: Self) -> Self:
        return self._like(self.amount_minor + self._same_currency(other))

    def __sub__(self, other: Self) -> Self:
        return self._like(self.amount_minor - self._same_currency(other))

    def __neg__(self) -> Self:
        return self._like(-self.amount_minor)

    def __mul__(self, factor: int) -> Self:
        if type(factor) is not int:
            return NotImplemented
        return self._like(self.amount_minor * factor)

    __rmul__ = __mul__

    def __lt__(self, other: Self) -> bool:
        return self.amount_minor < self._same_currency(other)

    def __le__(self, other: Self) -> bool:
        return self.amount_minor <= self._same_currency(other)

    def __gt__(self, other: Self) -> bool:
        return self.amount_minor > self._same_currency(other)

    def __ge__(self, other: Self) -> bool:
        return self.amount_minor >= self._same_currency(other)

    def scaled(self, factor: Fraction, rounding: Rounding) -> Self:
        """Return ``factor`` times this amount, rounded to the minor unit by ``rounding``."""
        return self._like(round_fraction(self.amount_minor * factor, rounding))

    def allocate(self, weights: Sequence[int | Fraction]) -> list[Self]:
        """Return one part for each weight, in proportion; the parts sum to this amount exactly.

        Largest-remainder (Hamilton) apportionment: every part is less than one minor unit away from
        its exact share; the left-over units go to the largest remainders, earlier parts first.

        Raises:
            Malformed: ``bad_weights`` when there is none, one is negative or all are zero.
            TooLarge: ``too_many_parts`` beyond ``MAX_PARTS``.
        """
        if len(weights) > MAX_PARTS:
            raise TooLarge("too_many_parts", f"An amount can be split into at most {MAX_PARTS} parts.")
        if not any(weights) or any(type(weight) not in (int, Fraction) or weight < 0 for weight in weights):
            raise Malformed("bad_weights", "Weights must be exact, not negative, and one of them above zero.")
        total = sum(weights)
        sign = -1 if self.amount_minor < 0 else 1
        shares = [divmod(abs(self.amount_minor) * weight, total) for weight in weights]
        parts = [int(whole) for whole, _ in shares]
        left_over = abs(self.amount_minor) - sum(parts)
        by_remainder = sorted(range(len(parts)), key=lambda part: shares[part][1], reverse=True)
        for part in by_remainder[:left_over]:
            parts[part] += 1
        return [self._like(sign * part) for part in parts]

    def split(self, parts: int) -> list[Self]:
        """Return ``parts`` amounts that sum to this one and differ by at most one minor unit.

        Raises:
            Malformed: ``bad_weights`` for fewer than one part.
            TooLarge: ``too_many_parts`` beyond ``MAX_PARTS``.
        """
        return self.allocate([1] * min(parts, MAX_PARTS + 1))

    def _like(self, amount_minor: int) -> Self:
        return type(self)(amount_minor, self.currency)

    def _same_currency(self, other: Self) -> int:
        if not isinstance(other, Money):
            raise TypeError(f"Money meets money only, not {type(other).__name__}.")
        if other.currency != self.currency:
            raise Malformed(
                "currency_mismatch",
                f"{self.currency.code} and {other.currency.code} cannot be added or compared.",
            )
        return other.amount_minor
