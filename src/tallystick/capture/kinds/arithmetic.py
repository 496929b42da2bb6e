"""Arithmetic of goods and totals, as checks: what a document says twice, in two ways, has to agree."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from tallystick.capture.draft import Draft, Name

TOLERANCE: Final = Decimal("0.02")


def check_rows(draft: Draft) -> None:
    """Check quantity times price against the amount of each row, and the tax against its rate."""
    for at in range(len(draft.lines)):
        quantity, price, amount = (draft.number((at, name)) for name in ("quantity", "unit_price", "amount"))
        if quantity is not None and price is not None and amount is not None:
            ok = abs(quantity * price - amount) <= TOLERANCE
            of: list[Name] = [(at, "quantity"), (at, "unit_price"), (at, "amount")]
            draft.check("quantity-times-price", ok, of, f"{quantity} x {price} is not {amount}")
        tax, rate = draft.number((at, "tax")), _rate(draft.value((at, "tax_rate")))
        if amount is not None and tax is not None and rate is not None:
            ok = abs(amount * rate - tax) <= TOLERANCE
            draft.check("rate-times-amount", ok, [(at, "amount"), (at, "tax")], f"{amount} at {rate}: {tax}")


def check_sum(draft: Draft, column: str, total: str) -> None:
    """Check the sum of a column against the field ``total``, where every row has a figure."""
    said = draft.number(total)
    cells = [draft.number((at, column)) for at in range(len(draft.lines))]
    figures = [each for each in cells if each is not None]
    if said is None or not cells or len(figures) < len(cells):
        return
    of: list[Name] = [total, *((at, column) for at in range(len(cells)))]
    found = sum(figures, Decimal(0))
    draft.check("sum-of-rows", abs(found - said) <= TOLERANCE, of, f"The rows make {found}, not {said}")


def check_capitals(draft: Draft, figures: str, capitals: str) -> None:
    """Check an amount in figures against the same amount in Chinese capitals."""
    number, words = draft.number(figures), draft.number(capitals)
    if number is not None and words is not None:
        draft.check(
            "capitals", number == words, [figures, capitals], f"{number} in figures, {words} in words"
        )


def check_total(draft: Draft, parts: Sequence[str], total: str) -> None:
    """Check that the parts add up to the total."""
    figures = [each for name in parts if (each := draft.number(name)) is not None]
    said = draft.number(total)
    if said is not None and len(figures) == len(parts):
        found = sum(figures, Decimal(0))
        ok = abs(found - said) <= TOLERANCE
        draft.check("parts-make-total", ok, [*parts, total], f"The parts make {found}, not {said}")


def check_rows_whole(draft: Draft) -> None:
    """Check that there are rows, each with a quantity and an amount that something confirms."""
    loose = [
        at + 1
        for at in range(len(draft.lines))
        if not all(draft.confirmed((at, name)) for name in ("quantity", "amount"))
    ]
    detail = f"Rows {', '.join(map(str, loose))}" if loose else "No rows were read"
    draft.check_whole("rows-confirmed", bool(draft.lines) and not loose, detail)


def _rate(text: str) -> Decimal | None:
    digits = text.rstrip("%")
    if not text.endswith("%") or not digits.replace(".", "", 1).isdigit():
        return None
    return Decimal(digits) / 100
