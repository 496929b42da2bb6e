"""Months: what an enterprise sold and bought month by month; growth, evenness, gaps.

Where a month's share is taken, a month whose red-letter invoices outweigh the rest counts as nothing, so
that shares lie between 0 and 1.
"""

import ibis
import ibis.expr.types as ir
from ibis import _

from tallystick.admission.books import PURCHASE, SALE, VALID
from tallystick.admission.measures.totals import Asked, Measured
from tallystick.admission.period import Period
from tallystick.admission.shares import MILLIONTHS, fine_share, narrowed

RECENT_MONTHS = 3
"""How many last months of the period are its recent ones."""

_SIDES = {"sales": SALE, "purchase": PURCHASE}
_QUARTERS = (0, 3, 6, 9)


def months(inside: ir.Table, period: Period, asked: Asked) -> ir.Table:
    """Return one row per enterprise that has a valid invoice, with measures over its months."""
    by_month = _by_month(inside)
    every = ibis.window(group_by="enterprise")
    before = ibis.window(group_by="enterprise", order_by="month", preceding=(None, 1))
    known = by_month.mutate(
        **{
            f"{side}_{name}": made.over(window)
            for side in _SIDES
            for name, made, window in (
                ("whole", ibis.greatest(_[f"{side}_net"], 0).sum(), every),
                ("before", ibis.ifelse(_[f"{side}_invoices"] > 0, _.month, None).max(), before),
            )
        }
    )
    shared = known.mutate(
        **{
            f"{side}_share": fine_share(
                ibis.greatest(known[f"{side}_net"], 0), narrowed(known[f"{side}_whole"]), MILLIONTHS
            )
            for side in _SIDES
        },
        **{f"{side}_quiet": _.month - _[f"{side}_before"].fill_null(-1) - 1 for side in _SIDES},
    )
    measured: Measured = _of_sales(period)
    for side in _SIDES:
        measured |= _of_side(side, period)
    return shared.group_by("enterprise").aggregate(**asked(measured))


def _by_month(inside: ir.Table) -> ir.Table:
    grouped = (
        inside.filter(inside.status == VALID)
        .group_by(["enterprise", "month"])
        .aggregate(
            **{
                f"{side}_{name}": made
                for side, direction in _SIDES.items()
                for name, made in (
                    ("net", _.net_minor.sum(where=_.direction == direction).fill_null(0)),
                    ("invoices", (_.direction == direction).sum()),
                )
            }
        )
    )
    return grouped.mutate(
        **{
            f"{side}_{name}": narrowed(grouped[f"{side}_{name}"])
            for side in _SIDES
            for name in ("net", "invoices")
        }
    )


def _of_side(side: str, period: Period) -> Measured:
    net, active, part = _[f"{side}_net"], _[f"{side}_invoices"] > 0, _[f"{side}_share"]
    half = period.months // 2
    away = part * period.months - MILLIONTHS
    # The months without any row are a whole mean away, too.
    absent = (period.months - _.count()) * MILLIONTHS**2
    return {
        f"later_{side}_minor": net.sum(where=_.month >= period.months - half),
        f"earlier_{side}_minor": net.sum(where=_.month < half),
        f"active_{side}_months": active.sum(),
        f"longest_{side}_gap_months": ibis.greatest(
            _[f"{side}_quiet"].max(where=active), period.months - 1 - _.month.max(where=active)
        ),
        f"{side}_months_minor": ibis.greatest(net, 0).sum(),
        f"{side}_deviation_squares": (away * away).sum() + absent,
    }


def _of_sales(period: Period) -> Measured:
    month, share = _.month, _.sales_share
    counted = ibis.greatest(_.sales_net, 0)
    in_year = (month + period.first_month % 12) % 12
    return {
        "peak_month_minor": counted.max(),
        "peak_quarter_minor": ibis.greatest(
            *(counted.sum(where=in_year.between(first, first + 2)).fill_null(0) for first in _QUARTERS)
        ),
        "recent_share_millionths": share.sum(where=month >= period.months - RECENT_MONTHS),
        "sales_slope_millionths": ((month * 2 - (period.months - 1)) * share).sum(),
        "negative_sales_months": (_.sales_net < 0).sum(),
        "purchases_above_sales_months": (_.purchase_net > _.sales_net).sum(),
    }
