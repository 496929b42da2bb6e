"""Tax books beside the invoice books: registration and changes, declarations, statements, violations (A2).

Canonical tables in integer minor units; a source, whatever its columns are called, is brought to them by a
mapping (``admission.tax_mapping``). Findings are about rows: what is left out is kept with its reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from tallystick.admission.layout import AMOUNT, CODE, DATE, TEXT
from tallystick.policy.wording import Wording

MAX_TAX_DIGITS = 15
"""Digits of one amount in minor units: turnovers and balance sheets are larger than any invoice."""

STATUSES = ("declared", "paid", "overdue")
OUTCOMES = ("open", "settled")


@dataclass(frozen=True)
class TaxTable:
    """One canonical table.

    Attributes:
        kinds: column → kind (``admission.layout``); every table begins with ``enterprise``.
        required: columns that a row may not lack; the others may be missing.
        words: column of the kind ``code`` → what may stand in it.
        period: the columns of a period's first and last day, where there is one.
    """

    kinds: Mapping[str, str]
    required: frozenset[str]
    words: Mapping[str, tuple[str, ...]]
    period: tuple[str, str] | None = None


TAX_TABLES: Mapping[str, TaxTable] = {
    "registrations": TaxTable(
        {"enterprise": TEXT, "name": TEXT, "established_on": DATE, "capital_minor": AMOUNT, "industry": TEXT},
        frozenset({"enterprise", "established_on"}),
        {},
    ),
    "changes": TaxTable(
        {"enterprise": TEXT, "changed_on": DATE, "item": TEXT, "before_text": TEXT, "after_text": TEXT},
        frozenset({"enterprise", "changed_on", "item"}),
        {},
    ),
    "declarations": TaxTable(
        {
            "enterprise": TEXT,
            "tax_kind": TEXT,
            "tax_item": TEXT,
            "period_from": DATE,
            "period_to": DATE,
            "declared_on": DATE,
            "base_minor": AMOUNT,  # what is taxed
            "deduction_minor": AMOUNT,
            "due_minor": AMOUNT,  # the tax; negative when it is given back
            "paid_minor": AMOUNT,
            "status": CODE,
        },
        frozenset({"enterprise", "tax_kind", "period_from", "period_to", "due_minor"}),
        {"status": STATUSES},
        ("period_from", "period_to"),
    ),
    "statements": TaxTable(
        {"enterprise": TEXT, "period_from": DATE, "period_to": DATE, "item": TEXT, "amount_minor": AMOUNT},
        frozenset({"enterprise", "period_from", "period_to", "item", "amount_minor"}),
        {},
        ("period_from", "period_to"),
    ),
    "violations": TaxTable(
        {"enterprise": TEXT, "occurred_on": DATE, "kind": TEXT, "penalty_minor": AMOUNT, "outcome": CODE},
        frozenset({"enterprise", "occurred_on", "kind"}),
        {"outcome": OUTCOMES},
    ),
}
"""Every table of the tax books, by name."""

RECEIVED = {"enterprise": "string", "source": "string"}
"""Which table was received for whom: one that was not gives no figure, an empty one that was gives 0."""

VAT_KINDS = ("vat", "VAT", "增值税")
"""How value-added tax is called in ``declarations.tax_kind``; public declarations say 增值税."""

CONTROL_ITEMS = ("legal_representative", "shareholders", "name", "法定代表人", "股东", "名称")
"""Registered items (``changes.item``) whose change may put the enterprise into other hands."""

STATEMENT_WORDS: Mapping[str, tuple[str, ...]] = {
    "total_assets": ("total_assets", "资产总计", "资产合计"),
    "total_liabilities": ("total_liabilities", "负债合计", "负债总计"),
    "current_assets": ("current_assets", "流动资产合计"),
    "current_liabilities": ("current_liabilities", "流动负债合计"),
    "revenue": ("revenue", "营业收入"),
    "cost": ("cost", "营业成本"),
    "expenses": ("expenses", "期间费用"),
    "net_profit": ("net_profit", "净利润"),
}
"""Items of statements (``statements.item``), and how each is called; no other item is read."""

STATEMENT_ITEMS = tuple(STATEMENT_WORDS)
"""The items by the names that our own files use."""

TAX_FINDINGS: Mapping[str, Wording] = {
    "missing_value": Wording(
        en="A required value is missing; the row is left out.", zh="缺少必填值，该行不参与计算。"
    ),
    "impossible_date": Wording(
        en="A date does not exist, or lies outside 1949 to 2099; the row is left out.",
        zh="日期不存在，或不在1949年至2099年之间，该行不参与计算。",
    ),
    "period_backwards": Wording(
        en="The period ends before it begins; the row is left out.",
        zh="期间终止日早于起始日，该行不参与计算。",
    ),
    "exact_duplicate": Wording(
        en="Every value repeats an earlier row; only the first one counts.",
        zh="与前面某行完全相同，只计第一行。",
    ),
}
"""Reasons for which a row is left out, in the order in which they are looked for."""

_TYPES = {TEXT: "string", CODE: "string", DATE: "date", AMOUNT: "int64"}


def tax_columns(name: str) -> dict[str, str]:
    """Return name and type of the columns of a table of ``TAX_TABLES``, in order."""
    return {column: _TYPES[kind] for column, kind in TAX_TABLES[name].kinds.items()}


def tax_table(name: str) -> ir.Table:
    """Return a canonical table of ``TAX_TABLES``, unbound and named ``tax_NAME``, for expressions."""
    return ibis.table(tax_columns(name), name=f"tax_{name}")


def tax_tables() -> dict[str, ir.Table]:
    """Return every canonical table and ``received``, unbound, each named ``tax_NAME``."""
    received = ibis.table(RECEIVED, name="tax_received")
    return {"received": received, **{name: tax_table(name) for name in TAX_TABLES}}
