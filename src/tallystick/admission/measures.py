"""Measures: the exact sums and counts per enterprise that the indicators are made of (mission A4, A5).

One Ibis expression, the same for every engine, under four rules that make results equal to the cent:
int64 minor units, no Decimal arithmetic, no NaN, and a division only where the divisor cannot be 0.
Shares are whole numbers of a stated fraction; ``nearest_quotient`` is their only division.
"""

import ibis
import ibis.expr.types as ir
from ibis import _

from tallystick.admission.books import PURCHASE, SALE, VALID, VOID
from tallystick.admission.period import Period

TEN_THOUSANDTHS = 10_000

# A counterparty's share is taken to eight places before it is squared, so that the index of a hundred
# thousand counterparties is still exact in its four places, and 10^8 squared fits 64 bits.
_SHARE_STEPS = 10**8
_INDEX_STEP = _SHARE_STEPS**2 // TEN_THOUSANDTHS


def nearest_quotient(numerator: ir.IntegerValue, divisor: ir.IntegerValue) -> ir.IntegerValue:
    """Return numerator ÷ divisor as the nearest integer, half away from zero; null unless divisor > 0.

    Engines divide integers in different ways (truncating, flooring, through a float that drops cents).
    What is left after taking the remainder away divides evenly, so the float division that follows has
    an exact answer below 2^53 on every engine.
    """
    positive = ibis.ifelse(divisor > 0, divisor, ibis.null("int64"))
    doubled = numerator.abs() * 2 + positive
    whole = ((doubled - doubled % (positive * 2)) / (positive * 2)).round().cast("int64")
    return ibis.ifelse(numerator < 0, -whole, whole)


def measures(invoices: ir.Table, period: Period) -> ir.Table:
    """Return one row per enterprise that has any invoice in the period, with integer measures of it.

    Args:
        invoices: the canonical table of ``tallystick.admission.books``.
        period: invoices outside it take no part.

    Returns:
        Columns ``enterprise`` and the measures named below; amounts are net, in minor units.
    """
    inside = invoices.filter(invoices.issued_on.between(period.first_day, period.last_day)).mutate(
        month=(_.issued_on.year() * 12 + _.issued_on.month() - 1 - period.first_month).cast("int64")
    )
    parts = (_counterparties(inside, SALE, "buyer"), _counterparties(inside, PURCHASE, "supplier"))
    result = _totals(inside, period)
    for part in (*parts, _gaps(inside, period)):
        result = result.left_join(part, "enterprise").drop("enterprise_right")
    counted = {name: result[name].fill_null(0) for name in result.columns if name != "enterprise"}
    # No sale at all is one gap as long as the period.
    gap = result.longest_sales_gap_months.fill_null(period.months)
    return result.mutate(**{**counted, "longest_sales_gap_months": gap})


def _totals(inside: ir.Table, period: Period) -> ir.Table:
    half = period.months // 2
    valid = _.status == VALID
    sale, purchase = valid & (_.direction == SALE), valid & (_.direction == PURCHASE)
    amount = _.net_minor
    return inside.group_by("enterprise").aggregate(
        sales_minor=amount.sum(where=sale),
        purchases_minor=amount.sum(where=purchase),
        sales_count=sale.sum(),
        purchase_count=purchase.sum(),
        void_sales_count=((_.status == VOID) & (_.direction == SALE)).sum(),
        positive_sales_minor=amount.sum(where=sale & (amount > 0)),
        negative_sales_minor=(-amount).sum(where=sale & (amount < 0)),
        later_sales_minor=amount.sum(where=sale & (_.month >= period.months - half)),
        earlier_sales_minor=amount.sum(where=sale & (_.month < half)),
        active_sales_months=_.month.nunique(where=sale),
        buyer_count=_.counterparty.nunique(where=sale),
        supplier_count=_.counterparty.nunique(where=purchase),
    )


def _counterparties(inside: ir.Table, direction: str, role: str) -> ir.Table:
    """Concentration over the counterparties whose net amount in the period is positive.

    One whose red-letter invoices outweigh the rest has no share; with it, shares would pass 1.
    """
    amounts = (
        inside.filter((inside.direction == direction) & (inside.status == VALID))
        .group_by(["enterprise", "counterparty"])
        .aggregate(net=_.net_minor.sum())
        .filter(_.net > 0)
    )
    ranked = amounts.mutate(
        total=_.net.sum().over(group_by="enterprise"),
        rank=ibis.row_number().over(group_by="enterprise", order_by=[ibis.desc("net"), "counterparty"]),
    )
    # Two steps of four places each: net × 10^8 itself would not fit 64 bits.
    first = (_.net * TEN_THOUSANDTHS - _.remainder) / _.total
    shared = ranked.mutate(remainder=_.net * TEN_THOUSANDTHS % _.total).mutate(
        share=first.round().cast("int64") * TEN_THOUSANDTHS
        + nearest_quotient(_.remainder * TEN_THOUSANDTHS, _.total)
    )
    return shared.group_by("enterprise").aggregate(
        **{
            f"top5_{role}_minor": _.net.sum(where=_.rank < 5),
            f"{role}_total_minor": _.net.sum(),
            f"{role}_squares": (_.share * _.share).sum(),
        }
    )


def _gaps(inside: ir.Table, period: Period) -> ir.Table:
    """The longest run of months without a valid sales invoice, the edges of the period included."""
    months = inside.filter((inside.direction == SALE) & (inside.status == VALID))
    months = months.select("enterprise", "month").distinct()
    before = _.month.lag(1).over(group_by="enterprise", order_by="month").fill_null(-1)
    quiet = months.mutate(quiet_months=_.month - before - 1)
    return quiet.group_by("enterprise").aggregate(
        longest_sales_gap_months=ibis.greatest(_.quiet_months.max(), period.months - 1 - _.month.max())
    )


def index_ten_thousandths(squares: ir.IntegerValue, total: ir.IntegerValue) -> ir.IntegerValue:
    """Return a Herfindahl–Hirschman index in ten-thousandths from its summed squares; null without total."""
    return ibis.ifelse(
        total > 0, nearest_quotient(squares, ibis.literal(_INDEX_STEP, "int64")), ibis.null("int64")
    )
