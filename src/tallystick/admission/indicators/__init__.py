"""Indicators: what an officer reads off the books and a policy table decides by (mission A5, A6, A9).

Each is a value: its name, group, unit, label, formula and period, and the expression over the measures
that gives it as a whole number (minor units, a count, or ten-thousandths). ``docs/admission.md`` prints
this table; a test holds the two together. To add an indicator, add an entry in the module of its group.
"""

from collections.abc import Collection, Mapping

import ibis.expr.types as ir

from tallystick.admission.indicators.conduct import HANDLING, VALUE_ADDED, VAT
from tallystick.admission.indicators.continuity import CONTINUITY
from tallystick.admission.indicators.definition import (
    FRACTIONS,
    GROUPS,
    OPERATION,
    Indicator,
    IndicatorValue,
    Unit,
)
from tallystick.admission.indicators.purchasing import PURCHASING
from tallystick.admission.indicators.reading import reads
from tallystick.admission.indicators.registered import BASICS, STATEMENTS, TAX_PAYMENT, VIOLATIONS
from tallystick.admission.indicators.related import RELATED
from tallystick.admission.indicators.rhythm import RHYTHM
from tallystick.admission.indicators.sales import SALES
from tallystick.admission.measures import measures
from tallystick.admission.period import Period
from tallystick.admission.shares import TEN_THOUSANDTHS
from tallystick.admission.tax_measures import tax_measures
from tallystick.values.money import Currency, Money

__all__ = [
    "ALL_INDICATORS",
    "FRACTIONS",
    "GROUPS",
    "INDICATORS",
    "OPERATION",
    "TAX_INDICATORS",
    "Indicator",
    "IndicatorValue",
    "Unit",
    "absent_row",
    "indicator_table",
    "indicator_values",
    "tax_indicator_table",
    "tax_indicator_values",
]

INDICATORS: tuple[Indicator, ...] = (
    *VAT,
    *VALUE_ADDED,
    *HANDLING,
    *RELATED,
    *PURCHASING,
    *SALES,
    *RHYTHM,
    *CONTINUITY,
)
"""Every indicator that invoices alone give, in the order of the groups, in which they are shown."""

TAX_INDICATORS: tuple[Indicator, ...] = (*BASICS, *TAX_PAYMENT, *STATEMENTS, *VIOLATIONS)
"""Every indicator that needs tax books."""

ALL_INDICATORS: tuple[Indicator, ...] = tuple(
    each for group in GROUPS for each in (*TAX_INDICATORS, *INDICATORS) if each.group == group
)
"""Every indicator, by group."""

_GAPS = ("longest_sales_gap_months", "longest_purchase_gap_months")


def indicator_table(invoices: ir.Table, period: Period, names: Collection[str] | None = None) -> ir.Table:
    """Return one row per enterprise with ``enterprise`` and every indicator as a whole number or null.

    Args:
        invoices: the canonical table of ``tallystick.admission.books``.
        period: what they are worked out over.
        names: the indicators to work out; all of them by default.
    """
    chosen = [each for each in INDICATORS if names is None or each.name in names]
    wanted = None if names is None else {name for each in chosen for name in reads(each)}
    base = measures(invoices, period, wanted)
    return base.select("enterprise", **{each.name: each.whole(base).cast("int64") for each in chosen})


def tax_indicator_table(tables: Mapping[str, ir.Table], invoiced: ir.Table, period: Period) -> ir.Table:
    """Return one row per enterprise with tax books: ``enterprise`` and every tax indicator, or null.

    Args:
        tables: of ``tallystick.admission.tax_books``, by name.
        invoiced: as ``tax_measures.sold``, to hold beside what was declared.
        period: what they are worked out over.
    """
    base = tax_measures(tables, invoiced, period)
    return base.select("enterprise", **{each.name: each.whole(base).cast("int64") for each in TAX_INDICATORS})


def tax_indicator_values(
    row: Mapping[str, int | None] | None, currency: Currency
) -> dict[str, IndicatorValue]:
    """Return the tax indicators of one enterprise from its row of ``tax_indicator_table``, or none of it."""
    return values_of(TAX_INDICATORS, row or dict.fromkeys(each.name for each in TAX_INDICATORS), currency)


def indicator_values(
    row: Mapping[str, int | None] | None, currency: Currency, months: int
) -> dict[str, IndicatorValue]:
    """Return the indicators of one enterprise from its row of ``indicator_table``.

    Args:
        row: whole numbers by indicator; None for an enterprise without any invoice in the period.
        currency: the unit of the amounts.
        months: length of the period: the gap of an enterprise that has no invoice.
    """
    return values_of(INDICATORS, absent_row(months) if row is None else row, currency)


def absent_row(months: int) -> dict[str, int | None]:
    """Return the row of an enterprise without any invoice in ``months`` months: 0, or None if missing."""
    nothing = {each.name: None if each.missing else 0 for each in INDICATORS}
    return {**nothing, **dict.fromkeys(_GAPS, months)}


def values_of(
    indicators: Collection[Indicator], row: Mapping[str, int | None], currency: Currency
) -> dict[str, IndicatorValue]:
    """Return what the row's whole numbers say, in each indicator's own unit."""
    return {
        each.name: IndicatorValue(
            each.name,
            _shown(row[each.name], each.unit, currency),
            currency.code if each.unit == "amount" else each.unit,
            each.missing if row[each.name] is None else None,
        )
        for each in indicators
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
