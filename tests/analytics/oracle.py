"""The indicators worked out a second time, in plain Python over rows, with exact fractions."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import isqrt


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
    """Every indicator of one enterprise, E1, from its rows as received, all of them complete."""
    calendar = period_months(as_of, months)
    distinct = list(dict.fromkeys(rows))
    inside = [row for row in distinct if (row.issued_on.year, row.issued_on.month) in calendar]
    last_day = date(as_of.year, as_of.month, 1) - timedelta(days=1)
    sides = {side: Side(side, inside, calendar, last_day) for side in ("sale", "purchase")}
    sale, purchase = sides["sale"], sides["purchase"]
    found = {
        **sale.shared("sales", "buyer", "sale"),
        **purchase.shared("purchase", "supplier", "purchase"),
        **of_sales(sale),
        **of_both(sale, purchase),
        **circular(sale, purchase),
    }
    found["purchases_above_sales_months"] = sum(
        bought > sold for sold, bought in zip(sale.monthly, purchase.monthly, strict=True)
    )
    return found


class Side:
    """One direction's invoices of the period."""

    def __init__(
        self, direction: str, inside: list[Invoice], calendar: list[tuple[int, int]], last_day: date
    ) -> None:
        mine = [row for row in inside if row.direction == direction]
        self.rows = [row for row in mine if row.status == "valid"]
        self.void = len(mine) - len(self.rows)
        self.calendar, self.last_day = calendar, last_day
        self.net = sum(row.net_minor for row in self.rows)
        self.tax = sum(row.tax_minor for row in self.rows)
        self.positive = [row for row in self.rows if row.net_minor > 0]
        self.gain = sum(row.net_minor for row in self.positive)
        self.monthly = [sum(row.net_minor for row in self.rows if month_of(row) == m) for m in calendar]
        self.by_party: dict[str, int] = defaultdict(int)
        for row in self.rows:
            self.by_party[row.counterparty] += row.net_minor

    @property
    def shares(self) -> list[int]:
        """The months' shares in millionths; negative months are nothing."""
        up = [max(0, net) for net in self.monthly]
        return [half_up(Fraction(net * 10**6, sum(up))) for net in up] if sum(up) else []

    def parties(self, months: list[tuple[int, int]]) -> set[str]:
        return {row.counterparty for row in self.rows if month_of(row) in months}

    def shared(self, side: str, role: str, one: str) -> dict[str, str | int | None]:
        half = len(self.calendar) // 2
        early, late = self.calendar[:half], self.calendar[len(self.calendar) - half :]
        before, after = self.parties(early), self.parties(late)
        earlier, later = sum(self.monthly[:half]), sum(self.monthly[len(self.monthly) - half :])
        amounts = positive_by_counterparty(self.rows)
        active = {month_of(row) for row in self.rows}
        again = [
            party
            for party in self.by_party
            if len({month_of(row) for row in self.rows if row.counterparty == party}) > 1
        ]
        lasting = sum(max(0, self.by_party[party]) for party in before & after)
        days = [(self.last_day - row.issued_on).days for row in self.rows]
        return {
            f"{side}_amount": yuan(self.net),
            f"{side}_count": len(self.rows),
            f"average_{one}_amount": yuan(half_up(Fraction(self.gain, len(self.positive))))
            if self.positive
            else None,
            f"largest_{one}_share": four_places(
                max((row.net_minor for row in self.positive), default=0), self.gain
            ),
            f"{role}_count": len(self.by_party),
            f"top1_{role}_share": four_places(sum(amounts[:1]), sum(amounts)),
            f"top5_{role}_share": four_places(sum(amounts[:5]), sum(amounts)),
            f"{role}_hhi": stated_hhi(amounts),
            f"new_{role}_share": four_places(len(after - before), len(after)),
            f"lost_{role}_share": four_places(len(before - after), len(before)),
            f"lasting_{role}_share": four_places(lasting, sum(amounts)),
            f"repeat_{role}_share": four_places(len(again), len(self.by_party)),
            f"{side}_growth": four_places(later - earlier, earlier),
            f"{side}_volatility": volatility(self.shares),
            f"effective_{side}_vat_rate": four_places(self.tax, self.net),
            f"void_{side}_share": four_places(self.void, len(self.rows) + self.void),
            f"red_letter_{side}_share": four_places(self.gain - self.net, self.gain),
            f"active_{side}_months": len(active),
            f"longest_{side}_gap_months": longest_gap(self.calendar, active),
            f"days_since_last_{one}": min(days, default=None),
        }


def month_of(row: Invoice) -> tuple[int, int]:
    return row.issued_on.year, row.issued_on.month


def volatility(shares: list[int]) -> str | None:
    """The documented rule: the population's standard deviation over its mean, to four decimals."""
    if not shares:
        return None
    number = len(shares)
    squares = sum((share * number - 10**6) ** 2 for share in shares)
    variance = half_up(Fraction(squares, number * 10**4))
    root = isqrt(variance)
    return four_places(root + (variance - root * root > root), 10_000)


def of_sales(sale: Side) -> dict[str, str | int | None]:
    number, shares = len(sale.calendar), sale.shares
    up = [max(0, net) for net in sale.monthly]
    quarters: dict[int, int] = defaultdict(int)
    for (_, month), net in zip(sale.calendar, up, strict=True):
        quarters[(month - 1) // 3] += net
    slope = sum((2 * place - number + 1) * share for place, share in enumerate(shares))
    recent = sum(shares[-3:]) * number
    late = sum(row.net_minor for row in sale.positive if row.issued_on.day >= 26)
    untaxed = sum(row.net_minor for row in sale.positive if row.tax_minor == 0)
    return {
        "sales_trend": four_places(Fraction(slope * 6, (number**2 - 1) * 10**6), 1)
        if shares and number > 1
        else None,
        "sales_seasonality": four_places(max(quarters.values()), sum(up)) if number % 12 == 0 else None,
        "peak_month_share": four_places(max(up), sum(up)),
        "recent_sales_ratio": four_places(recent, 3 * 10**6) if shares and number >= 3 else None,
        "month_end_sales_share": four_places(late, sale.gain),
        "weekend_sales_share": four_places(
            sum(row.issued_on.weekday() >= 5 for row in sale.rows), len(sale.rows)
        ),
        "untaxed_sales_share": four_places(untaxed, sale.gain),
        "negative_sales_months": sum(net < 0 for net in sale.monthly),
        "self_invoice_count": sum(row.counterparty == "E1" for row in sale.rows),
    }


def of_both(sale: Side, purchase: Side) -> dict[str, str | int | None]:
    ratio = four_places(purchase.net, sale.net)
    first = date(*sale.calendar[0], 1)
    mean_days = [
        half_up(
            Fraction(
                sum(row.net_minor * (row.issued_on - first).days for row in side.positive),
                side.gain,
            )
        )
        for side in (sale, purchase)
        if side.gain
    ]
    return {
        "vat_burden": four_places(sale.tax - purchase.tax, sale.net),
        "purchase_to_sales_ratio": ratio,
        "value_added_amount": yuan(sale.net - purchase.net),
        "value_added_ratio": None if ratio is None else four_places(1 - Fraction(ratio), 1),
        "purchase_lead_days": mean_days[0] - mean_days[1] if len(mean_days) == 2 else None,
    }


def circular(sale: Side, purchase: Side) -> dict[str, str | int | None]:
    both = sale.by_party.keys() & purchase.by_party.keys()
    sold = {party: max(0, sale.by_party[party]) for party in both}
    bought = {party: max(0, purchase.by_party[party]) for party in both}
    sold_all, bought_all = (sum(max(0, net) for net in side.by_party.values()) for side in (sale, purchase))
    return {
        "circular_party_count": len(both),
        "circular_sales_share": four_places(sum(sold.values()), sold_all),
        "circular_purchase_share": four_places(sum(bought.values()), bought_all),
        "circular_trade_share": four_places(sum(min(sold[p], bought[p]) for p in both), sold_all),
    }
