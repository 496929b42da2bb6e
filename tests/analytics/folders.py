"""Folders of small books, written the way people write them."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from tallystick.admission.indicators import IndicatorValue
from tallystick.admission.mapping import BooksMapping, parse_mapping
from tallystick.analytics.books import Books, load, resolve
from tallystick.analytics.mappings import find_mapping
from tests.analytics.oracle import Invoice

HEADER = "enterprise,number,issued_on,counterparty,net_minor,tax_minor,gross_minor,status"
SALE_LINE = "E1,1,2025-10-05,B1,100,13,113,valid"
PURCHASE_LINE = "E1,9,2025-10-06,S1,50,6,56,valid"
COLUMNS = """
enterprise = "企业"
number = "号码"
issued_on = "日期"
net = "金额"
tax = "税额"
gross = "合计"
status = "状态"
"""
YUAN_MAPPING = f"""
name = "yuan"
currency = "CNY"
unit = "major"
date_format = "%Y/%m/%d"
[status]
"有效发票" = "valid"
"作废发票" = "void"
[sales]
files = ["销项.csv"]
[sales.columns]
counterparty = "购方"{COLUMNS}
[purchases]
files = ["进项.csv"]
[purchases.columns]
counterparty = "销方"{COLUMNS}
"""


def canonical() -> BooksMapping:
    return parse_mapping(find_mapping("tallystick"))


def write(folder: Path, sales: Iterable[str], purchases: Iterable[str] = (), header: str = HEADER) -> Path:
    for name, lines in (("sales.csv", sales), ("purchases.csv", purchases)):
        (folder / name).write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return folder


def opened(folder: Path, mapping: BooksMapping | None = None) -> Books:
    mapping = mapping or canonical()
    return load(resolve(folder, mapping), mapping)


def line(invoice: Invoice, enterprise: str = "E1") -> str:
    cells = (
        enterprise,
        invoice.number,
        invoice.issued_on,
        invoice.counterparty,
        invoice.net_minor,
        invoice.tax_minor,
        invoice.gross_minor,
        invoice.status,
    )
    return ",".join(str(cell) for cell in cells)


def write_invoices(folder: Path, invoices: Iterable[Invoice]) -> Path:
    rows = list(invoices)
    return write(
        folder,
        [line(row) for row in rows if row.direction == "sale"],
        [line(row) for row in rows if row.direction == "purchase"],
    )


def plain(indicators: dict[str, IndicatorValue]) -> dict[str, str | int | None]:
    return {name: indicator.value for name, indicator in indicators.items()}


AS_OF = date(2026, 1, 15)
