"""Sample tax books: made-up registration, changes, declarations, statements and violations.

For the demo and the tests; the same enterprise, day and seed give the same bytes on every machine. They
have a blemish or two: a declaration exported twice, a credit (negative) tax, a missing base.
"""

import csv
import io
from collections.abc import Iterable
from datetime import date, timedelta
from random import Random

from tallystick.admission.period import first_of_month, month_number
from tallystick.admission.tax_books import STATEMENT_ITEMS, TAX_TABLES


def sample_tax_books(
    enterprise: str, as_of: date, seed: int, monthly_sales_minor: int, sound: bool = True, months: int = 24
) -> dict[str, bytes]:
    """Return every table of the tax books as a canonical CSV file, in yuan's minor unit.

    Args:
        enterprise: whose, as in the column ``enterprise``.
        as_of: the ``months`` whole months before it are declared.
        seed: another seed, other books of the same kind.
        monthly_sales_minor: average net sales, on which tax and statements rest.
        sound: few changes and no violations, liabilities well below assets; or the contrary.
    """
    random = Random(seed)  # noqa: S311 - sample data, and the same seed must give the same bytes
    last = month_number(as_of) - 1
    spans = [
        (first_of_month(m), first_of_month(m + 1) - timedelta(days=1))
        for m in range(last - months + 1, last + 1)
    ]
    sales = [monthly_sales_minor * random.randint(80, 120) // 100 for _ in spans]
    declared: list[tuple[object, ...]] = [
        (
            enterprise,
            "vat",
            "goods",
            begin,
            end,
            end + timedelta(days=random.randint(5, 14)),
            base,
            0,
            due,
            due,
            "paid",
        )
        for (begin, end), base in zip(spans, sales, strict=True)
        for due in [base * 3 // 100 * (1 if random.randrange(12) else -1)]
    ]
    declared[0] = (*declared[0][:6], "", *declared[0][7:])
    if not sound:
        declared[-1] = (*declared[-1][:9], 0, "overdue")
    began = date(as_of.year - 9, 3, 5)
    few = 1 if sound else 9
    changed = [as_of - timedelta(days=random.randint(10, 700)) for _ in range(few)]
    broken = [] if sound else [as_of - timedelta(days=random.randint(10, 700)) for _ in range(4)]
    return {
        "registrations": _csv(
            "registrations", [(enterprise, enterprise, began, monthly_sales_minor * 4, "rubber")]
        ),
        "changes": _csv("changes", [(enterprise, day, "address", "old", "new") for day in sorted(changed)]),
        "declarations": _csv("declarations", [*declared, declared[-1]]),
        "statements": _csv("statements", _statements(enterprise, as_of, sum(sales[-12:]), sound)),
        "violations": _csv(
            "violations", [(enterprise, day, "late_filing", 50_000, "settled") for day in sorted(broken)]
        ),
    }


def _statements(enterprise: str, as_of: date, sales: int, sound: bool) -> Iterable[tuple[object, ...]]:
    hundredths = (90, 40, 60, 30, 100, 68, 20, 9) if sound else (60, 72, 25, 55, 100, 95, 14, -9)
    begin, end = date(as_of.year - 1, 1, 1), date(as_of.year - 1, 12, 31)
    for item, share in zip(STATEMENT_ITEMS, hundredths, strict=True):
        yield enterprise, begin, end, item, sales * share // 100


def _csv(table: str, rows: Iterable[tuple[object, ...]]) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(TAX_TABLES[table].kinds)
    writer.writerows(rows)
    return file.getvalue().encode()
