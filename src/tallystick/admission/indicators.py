"""Indicators: what an officer reads off the books and a policy table decides by (mission A5, A6, A9).

Each is a value: its name, unit, formula, period and label, and the expression over the measures that
gives it as a whole number (minor units, a count, or ten-thousandths). ``docs/admission.md`` prints this
table; a test holds the two together. To add an indicator, add an entry here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import ibis.expr.types as ir

from tallystick.admission.measures import TEN_THOUSANDTHS, index_ten_thousandths, measures, nearest_quotient
from tallystick.admission.period import Period
from tallystick.policy.wording import Wording
from tallystick.values.money import Currency, Money

Unit = Literal["amount", "invoices", "months", "buyers", "suppliers", "share", "index", "ratio"]
FRACTIONS: tuple[Unit, ...] = ("share", "index", "ratio")
WHOLE_PERIOD = "whole period"
HALVES = "first and second half of the period; a middle month belongs to neither"


@dataclass(frozen=True)
class Indicator:
    """One indicator, defined.

    Attributes:
        unit: ``amount`` is money net of tax; ``share``, ``index`` and ``ratio`` have four decimals.
        formula: how it is worked out, in words.
        period: which part of the period it looks at.
        label: what it is called.
        whole: its whole number, over a row of ``measures``; null when it has no meaning there.
        absent: its whole number for an enterprise without any invoice in the period.
    """

    name: str
    unit: Unit
    formula: str
    period: str
    label: Wording
    whole: Callable[[ir.Table], ir.IntegerValue]
    absent: int | None = 0


@dataclass(frozen=True)
class IndicatorValue:
    """What an indicator came to: amounts and fractions as exact decimal text, counts as integers."""

    name: str
    value: str | int | None
    unit: str


def _share(part: ir.IntegerValue, whole: ir.IntegerValue) -> ir.IntegerValue:
    return nearest_quotient(part * TEN_THOUSANDTHS, whole)


def _index(squares: ir.IntegerValue, total: ir.IntegerValue) -> ir.IntegerValue:
    return index_ten_thousandths(squares, total)


INDICATORS = (
    Indicator(
        "sales_amount",
        "amount",
        "sum of net amounts of valid sales invoices, red-letter ones subtracting",
        WHOLE_PERIOD,
        Wording(en="Sales", zh="销项金额"),
        lambda row: row.sales_minor,
    ),
    Indicator(
        "purchase_amount",
        "amount",
        "sum of net amounts of valid purchase invoices, red-letter ones subtracting",
        WHOLE_PERIOD,
        Wording(en="Purchases", zh="进项金额"),
        lambda row: row.purchases_minor,
    ),
    Indicator(
        "sales_count",
        "invoices",
        "number of valid sales invoices, red-letter ones included",
        WHOLE_PERIOD,
        Wording(en="Sales invoices", zh="有效销项发票数"),
        lambda row: row.sales_count,
    ),
    Indicator(
        "purchase_count",
        "invoices",
        "number of valid purchase invoices, red-letter ones included",
        WHOLE_PERIOD,
        Wording(en="Purchase invoices", zh="有效进项发票数"),
        lambda row: row.purchase_count,
    ),
    Indicator(
        "void_sales_share",
        "share",
        "void sales invoices ÷ all sales invoices, void ones included, by number",
        WHOLE_PERIOD,
        Wording(en="Share of void sales invoices", zh="销项发票作废率"),
        lambda row: _share(row.void_sales_count, row.sales_count + row.void_sales_count),
        None,
    ),
    Indicator(
        "red_letter_sales_share",
        "share",
        "net amount of red-letter ÷ net amount of positive valid sales invoices",
        WHOLE_PERIOD,
        Wording(en="Share of red-letter sales", zh="销项红字金额占比"),
        lambda row: _share(row.negative_sales_minor, row.positive_sales_minor),
        None,
    ),
    Indicator(
        "buyer_count",
        "buyers",
        "number of different buyers on valid sales invoices",
        WHOLE_PERIOD,
        Wording(en="Buyers", zh="客户数"),
        lambda row: row.buyer_count,
    ),
    Indicator(
        "supplier_count",
        "suppliers",
        "number of different suppliers on valid purchase invoices",
        WHOLE_PERIOD,
        Wording(en="Suppliers", zh="供应商数"),
        lambda row: row.supplier_count,
    ),
    Indicator(
        "top5_buyer_share",
        "share",
        "net sales to the five largest buyers ÷ net sales to all buyers with positive net sales",
        WHOLE_PERIOD,
        Wording(en="Share of the five largest buyers", zh="前五大客户占比"),
        lambda row: _share(row.top5_buyer_minor, row.buyer_total_minor),
        None,
    ),
    Indicator(
        "buyer_hhi",
        "index",
        "sum of squared shares of buyers with positive net sales, shares to eight decimals",
        WHOLE_PERIOD,
        Wording(en="Buyer concentration (HHI)", zh="客户集中度（HHI）"),
        lambda row: _index(row.buyer_squares, row.buyer_total_minor),
        None,
    ),
    Indicator(
        "supplier_hhi",
        "index",
        "sum of squared shares of suppliers with positive net purchases, shares to eight decimals",
        WHOLE_PERIOD,
        Wording(en="Supplier concentration (HHI)", zh="供应商集中度（HHI）"),
        lambda row: _index(row.supplier_squares, row.supplier_total_minor),
        None,
    ),
    Indicator(
        "active_sales_months",
        "months",
        "months with at least one valid sales invoice",
        WHOLE_PERIOD,
        Wording(en="Months with sales", zh="有销项开票的月数"),
        lambda row: row.active_sales_months,
    ),
    Indicator(
        "longest_sales_gap_months",
        "months",
        "longest run of months without a valid sales invoice, the edges of the period included",
        WHOLE_PERIOD,
        Wording(en="Longest gap in sales", zh="销项最长断票月数"),
        lambda row: row.longest_sales_gap_months,
        None,
    ),
    Indicator(
        "purchase_to_sales_ratio",
        "ratio",
        "purchase_amount ÷ sales_amount; none unless sales are positive",
        WHOLE_PERIOD,
        Wording(en="Purchases to sales", zh="进销比"),
        lambda row: _share(row.purchases_minor, row.sales_minor),
        None,
    ),
    Indicator(
        "sales_growth",
        "ratio",
        "(net sales of the second half − of the first) ÷ of the first half; none unless it is positive",
        HALVES,
        Wording(en="Growth of sales", zh="销售增长率"),
        lambda row: _share(row.later_sales_minor - row.earlier_sales_minor, row.earlier_sales_minor),
        None,
    ),
)
"""Every indicator, in the order in which it is shown."""


def indicator_table(invoices: ir.Table, period: Period) -> ir.Table:
    """Return one row per enterprise with ``enterprise`` and every indicator as a whole number or null."""
    base = measures(invoices, period)
    return base.select("enterprise", **{indicator.name: indicator.whole for indicator in INDICATORS})


def indicator_values(
    row: Mapping[str, int | None] | None, currency: Currency, months: int
) -> dict[str, IndicatorValue]:
    """Return the indicators of one enterprise from its row of ``indicator_table``.

    Args:
        row: whole numbers by indicator; None for an enterprise without any invoice in the period.
        currency: the unit of the amounts.
        months: length of the period: the gap of an enterprise that sold nothing.
    """
    absent = {indicator.name: indicator.absent for indicator in INDICATORS}
    numbers = {**absent, "longest_sales_gap_months": months} if row is None else row
    return {
        indicator.name: IndicatorValue(
            indicator.name,
            _shown(numbers[indicator.name], indicator.unit, currency),
            currency.code if indicator.unit == "amount" else indicator.unit,
        )
        for indicator in INDICATORS
    }


def _shown(whole: int | None, unit: Unit, currency: Currency) -> str | int | None:
    if whole is None:
        return None
    if unit == "amount":
        return Money(int(whole), currency).text
    if unit in FRACTIONS:
        sign = "-" if whole < 0 else ""
        units, places = divmod(abs(whole), TEN_THOUSANDTHS)
        return f"{sign}{units}.{places:04d}"
    return int(whole)
