"""Measures: the exact sums and counts per enterprise that the indicators are made of (mission A4, A5).

Ibis expressions, the same for every engine, under four rules that make results equal to the cent: int64
minor units, no Decimal arithmetic, no NaN, and a division only where the divisor cannot be 0. The
invoices are gone over three times: once by enterprise (``totals``), once by counterparty (``parties``),
once by month (``months``). A part that nobody asks for is left out.
"""

from collections.abc import Collection

import ibis
import ibis.expr.types as ir
from ibis import _

from tallystick.admission.measures.months import months
from tallystick.admission.measures.parties import circular, concentrations, parties
from tallystick.admission.measures.totals import AGES, Measured, totals
from tallystick.admission.period import Period


def measures(invoices: ir.Table, period: Period, wanted: Collection[str] | None = None) -> ir.Table:
    """Return one row per enterprise that has any invoice in the period, with integer measures of it.

    Args:
        invoices: the canonical table of ``tallystick.admission.books``.
        period: invoices outside it take no part.
        wanted: the measures to work out; all of them by default.

    Returns:
        Columns ``enterprise`` and the measures; amounts are net, in minor units. A sum or count of nothing
        is 0; an age of nothing is null.
    """
    inside = invoices.filter(invoices.issued_on.between(period.first_day, period.last_day)).mutate(
        month=(_.issued_on.year() * 12 + _.issued_on.month() - 1 - period.first_month).cast("int64")
    )
    by_party = parties(inside)

    def asked(measured: Measured) -> Measured:
        return {name: made for name, made in measured.items() if wanted is None or name in wanted}

    parts = (
        concentrations(by_party, period, asked),
        circular(by_party, asked),
        months(inside, period, asked),
    )
    result = totals(inside, period, asked)
    for part in parts:
        if part.columns != ("enterprise",):
            result = result.left_join(part, "enterprise").drop("enterprise_right")
    gaps = ("longest_sales_gap_months", "longest_purchase_gap_months")
    # No invoice at all is one gap as long as the period.
    filled = {
        name: result[name].fill_null(period.months if name in gaps else 0).cast("int64")
        for name in result.columns
        if name != "enterprise" and name not in AGES
    }
    return result.mutate(**filled, period_months=ibis.literal(period.months, "int64"))
