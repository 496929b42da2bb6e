"""The indicators worked out a second time, in plain Python over rows, with exact fractions."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from fractions import Fraction


@dataclass(frozen=True)
class Invoice:
    direction: str
    number: str
    issued_on: date
    counterparty: str
    net_minor: int
    tax_minor: int = 0
    gross_minor: int = 0
    status: str = "valid"


def half_up(number: Fraction) -> int:
    size = int(abs(number) + Fraction(1, 2))
    return -size if number < 0 else size


def four_places(part: int | Fraction, whole: int) -> str | None:
    if whole <= 0:
        return None
    steps = half_up(Fraction(part) * 10_000 / whole)
    return f"{'-' if steps < 0 else ''}{abs(steps) // 10_000}.{abs(steps) % 10_000:04d}"


def yuan(minor: int) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def period_months(as_of: date, months: int) -> list[tuple[int, int]]:
    result, year, month = [], as_of.year, as_of.month
    for _ in range(months):
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
        result.insert(0, (year, month))
    return result


def positive_by_counterparty(invoices: list[Invoice]) -> list[int]:
    amounts: dict[str, int] = defaultdict(int)
    for invoice in invoices:
        amounts[invoice.counterparty] += invoice.net_minor
    return sorted((amount for amount in amounts.values() if amount > 0), reverse=True)


def exact_hhi(amounts: list[int]) -> Fraction | None:
    return sum((Fraction(a, sum(amounts)) ** 2 for a in amounts), Fraction(0)) if amounts else None


def stated_hhi(amounts: list[int]) -> str | None:
    """The documented rule: shares to eight decimals, squared, summed, to four decimals."""
    if not amounts:
        return None
    shares = [half_up(Fraction(a, sum(amounts)) * 10**8) for a in amounts]
    return four_places(Fraction(sum(s * s for s in shares), 10**16), 1)


def longest_gap(calendar: list[tuple[int, int]], active: set[tuple[int, int]]) -> int:
    longest = run = 0
    for month in calendar:
        run = 0 if month in active else run + 1
        longest = max(longest, run)
    return longest


def indicators(rows: list[Invoice], as_of: date, months: int) -> dict[str, str | int | None]:
    """Indicators of one enterprise from its rows as received, all of them complete."""
    calendar = period_months(as_of, months)
    distinct = list(dict.fromkeys(rows))
    inside = [row for row in distinct if (row.issued_on.year, row.issued_on.month) in calendar]
    sales = [row for row in inside if row.direction == "sale" and row.status == "valid"]
    purchases = [row for row in inside if row.direction == "purchase" and row.status == "valid"]
    void = sum(row.direction == "sale" and row.status == "void" for row in inside)
    sold, bought = sum(row.net_minor for row in sales), sum(row.net_minor for row in purchases)
    negative = -sum(row.net_minor for row in sales if row.net_minor < 0)
    positive = sum(row.net_minor for row in sales if row.net_minor > 0)
    active = {(row.issued_on.year, row.issued_on.month) for row in sales}
    half = months // 2

    def sales_in(part: list[tuple[int, int]]) -> int:
        return sum(row.net_minor for row in sales if (row.issued_on.year, row.issued_on.month) in part)

    earlier, later = sales_in(calendar[:half]), sales_in(calendar[months - half :])
    buyers, suppliers = positive_by_counterparty(sales), positive_by_counterparty(purchases)
    return {
        "sales_amount": yuan(sold),
        "purchase_amount": yuan(bought),
        "sales_count": len(sales),
        "purchase_count": len(purchases),
        "void_sales_share": four_places(void, len(sales) + void),
        "red_letter_sales_share": four_places(negative, positive),
        "buyer_count": len({row.counterparty for row in sales}),
        "supplier_count": len({row.counterparty for row in purchases}),
        "top5_buyer_share": four_places(sum(buyers[:5]), sum(buyers)),
        "buyer_hhi": stated_hhi(buyers),
        "supplier_hhi": stated_hhi(suppliers),
        "active_sales_months": len(active),
        "longest_sales_gap_months": longest_gap(calendar, active),
        "purchase_to_sales_ratio": four_places(bought, sold),
        "sales_growth": four_places(later - earlier, earlier),
    }
