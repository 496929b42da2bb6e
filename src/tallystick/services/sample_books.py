"""Sample books: made-up invoice books that behave like real ones, for the demo and the tests.

Seasonal sales to a core buyer and some smaller ones, purchases from suppliers, and the blemishes that
real books have: void and red-letter invoices, rows exported twice, a stray blank in a status. The same
profile, as-of date and seed give the same bytes on every machine.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

from tallystick.admission.books import FILE_COLUMNS, VALID, VOID
from tallystick.admission.period import first_of_month, month_number

# Sales of each calendar month in hundredths of an average one: spring festival is quiet, autumn busy.
_SEASON = (85, 60, 100, 102, 105, 100, 96, 98, 108, 110, 116, 120)
_TAX_PERCENT = 13


@dataclass(frozen=True)
class Profile:
    """What kind of enterprise the books are of; shares in hundredths.

    Attributes:
        monthly_sales_minor: average net sales of the first month.
        monthly_growth: change of sales from month to month, of the first month's.
        invoices: sales invoices in an average month.
        core_share: of the invoices that go to the core buyer.
        buyers: how many others there are.
        suppliers: from how many it buys.
        purchase_share: purchases ÷ sales.
        void_share, red_letter_share: of the sales invoices that are void, or reversed by a negative one.
        quiet: months, counted back from the as-of month as 1, in which nothing is sold.
    """

    monthly_sales_minor: int
    monthly_growth: int
    invoices: int
    core_share: int
    buyers: int
    suppliers: int
    purchase_share: int
    void_share: int
    red_letter_share: int
    quiet: frozenset[int] = frozenset()


STRONG = Profile(
    monthly_sales_minor=120_000_000,
    monthly_growth=1,
    invoices=18,
    core_share=30,
    buyers=9,
    suppliers=8,
    purchase_share=68,
    void_share=3,
    red_letter_share=2,
)
WEAK = Profile(
    monthly_sales_minor=30_000_000,
    monthly_growth=-3,
    invoices=7,
    core_share=80,
    buyers=2,
    suppliers=3,
    purchase_share=115,
    void_share=24,
    red_letter_share=16,
    quiet=frozenset({2, 3, 4, 9, 10}),
)


@dataclass(frozen=True)
class _Row:
    number: str
    issued_on: date
    counterparty: str
    net_minor: int
    status: str = VALID

    def cells(self, enterprise: str) -> tuple[object, ...]:
        tax = (abs(self.net_minor) * _TAX_PERCENT + 50) // 100 * (-1 if self.net_minor < 0 else 1)
        return (
            enterprise,
            self.number,
            self.issued_on,
            self.counterparty,
            self.net_minor,
            tax,
            self.net_minor + tax,
            self.status,
        )


def sample_books(
    profile: Profile, enterprise: str, core_buyer: str, as_of: date, seed: int, months: int = 24
) -> dict[str, bytes]:
    """Return ``sales`` and ``purchases`` as canonical CSV files, in yuan's minor unit.

    Args:
        enterprise: whose books they are, as it stands in the column ``enterprise``.
        core_buyer: its main buyer's name.
        as_of: the last day that may carry an invoice; the ``months`` whole months before it are full.
        seed: another seed, other books of the same kind.
    """
    random = Random(seed)  # noqa: S311 - sample data, and the same seed must give the same bytes
    others = [f"Example Buyer {number:02d} Co., Ltd." for number in range(1, profile.buyers + 1)]
    suppliers = [f"Example Supplier {number:02d} Co., Ltd." for number in range(1, profile.suppliers + 1)]
    sales: list[_Row] = []
    purchases: list[_Row] = []
    for month_index in range(months + 1):
        month = month_number(as_of) - months + month_index
        last_day = as_of.day if month_index == months else 28
        target = _target_minor(profile, month, month_index, last_day)
        if months - month_index + 1 not in profile.quiet:
            sales += _sales(random, profile, (core_buyer, others), month, last_day, target, len(sales))
        purchases += _purchases(random, profile, suppliers, month, last_day, target, len(purchases))
    return {
        "sales": _csv(_blemished(random, sales), enterprise),
        "purchases": _csv(purchases, enterprise),
    }


def _target_minor(profile: Profile, month: int, month_index: int, last_day: int) -> int:
    trend = max(100 + profile.monthly_growth * month_index, 10)
    return profile.monthly_sales_minor * trend * _SEASON[month % 12] * min(last_day, 28) // (100 * 100 * 28)


def _sales(
    random: Random,
    profile: Profile,
    buyers: tuple[str, list[str]],
    month: int,
    last_day: int,
    target: int,
    issued: int,
) -> Iterator[_Row]:
    core, others = buyers
    count = max(profile.invoices * min(last_day, 28) // 28, 1)
    for day in sorted(random.randint(1, last_day) for _ in range(count)):
        buyer = core if random.randrange(100) < profile.core_share else random.choice(others)
        row = _Row(_number(issued), _day(month, day), buyer, _amount(random, target, count))
        fate = random.randrange(100)
        issued += 1
        if fate < profile.void_share:
            yield _Row(row.number, row.issued_on, buyer, row.net_minor, VOID)
            # A void invoice is written again under the next number.
            row = _Row(_number(issued), row.issued_on, buyer, row.net_minor)
            issued += 1
        yield row
        if profile.void_share <= fate < profile.void_share + profile.red_letter_share:
            yield _Row(_number(issued), _day(month, last_day), buyer, -row.net_minor)
            issued += 1


def _purchases(
    random: Random,
    profile: Profile,
    suppliers: list[str],
    month: int,
    last_day: int,
    target: int,
    received: int,
) -> Iterator[_Row]:
    count = max(profile.invoices * min(last_day, 28) // 40, 1)
    for _ in range(count):
        day = random.randint(1, last_day)
        amount = _amount(random, target * profile.purchase_share // 100, count)
        yield _Row(_number(50_000 + received), _day(month, day), random.choice(suppliers), amount)
        received += 1


def _amount(random: Random, target: int, count: int) -> int:
    return max(target * random.randint(55, 145) // (100 * count), 1)


def _number(issued: int) -> str:
    return f"{10_000_000 + issued:08d}"


def _day(month: int, day: int) -> date:
    return first_of_month(month).replace(day=day)


def _blemished(random: Random, rows: list[_Row]) -> list[_Row]:
    """Repeat two rows, as a second export does, and put a blank before the status of one."""
    repeated = sorted(random.sample(range(len(rows)), min(2, len(rows))))
    result = list(rows)
    for shift, index in enumerate(repeated):
        result.insert(index + shift + 1, rows[index])
    blank = random.randrange(len(result))
    row = result[blank]
    result[blank] = _Row(row.number, row.issued_on, row.counterparty, row.net_minor, f" {row.status}")
    return result


def _csv(rows: list[_Row], enterprise: str) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(FILE_COLUMNS)
    writer.writerows(row.cells(enterprise) for row in rows)
    return file.getvalue().encode()
