"""Totals: sums, counts and ages of one enterprise's invoices, in one pass over them."""

from collections.abc import Callable

import ibis.expr.types as ir
from ibis import _
from ibis.common.deferred import Deferred

from tallystick.admission.books import PURCHASE, SALE, VALID, VOID
from tallystick.admission.period import EPOCH, Period

MONTH_END_FROM = 26
"""The day of the month from which an invoice counts as issued at the month's end."""

AGES = ("days_since_last_sale", "days_since_last_purchase")
"""Measures of which nothing has none: they stay null."""

Measured = dict[str, Deferred]
Asked = Callable[[Measured], Measured]

_SATURDAY = 5


def totals(inside: ir.Table, period: Period, asked: Asked) -> ir.Table:
    """Return one row per enterprise with its totals.

    Args:
        inside: the invoices of the period, void ones included.
        period: ages are counted to its last day, days from its first.
        asked: leaves the measures that somebody asked for.
    """
    valid, amount = _.status == VALID, _.net_minor
    day = _.issued_on.epoch_days() - (period.first_day - EPOCH).days
    age = (period.last_day - EPOCH).days - _.issued_on.epoch_days()
    measured: Measured = {}
    for direction, many in ((SALE, "sales"), (PURCHASE, "purchases")):
        one = valid & (_.direction == direction)
        positive = one & (amount > 0)
        # Named as their readers name them: sales_count, purchase_count.
        kind = "sales" if direction == SALE else "purchase"
        measured |= {
            f"{many}_minor": amount.sum(where=one),
            f"{kind}_tax_minor": _.tax_minor.sum(where=one),
            f"{kind}_count": one.sum(),
            f"void_{kind}_count": ((_.status == VOID) & (_.direction == direction)).sum(),
            f"positive_{many}_minor": amount.sum(where=positive),
            f"positive_{kind}_count": positive.sum(),
            f"negative_{many}_minor": (-amount).sum(where=one & (amount < 0)),
            f"largest_{direction}_minor": amount.max(where=positive),
            f"{kind}_day_sum": (amount * day).sum(where=positive),
            f"days_since_last_{direction}": age.min(where=one),
        }
    sold = valid & (_.direction == SALE)
    measured |= {
        "month_end_sales_minor": amount.sum(
            where=sold & (amount > 0) & (_.issued_on.day() >= MONTH_END_FROM)
        ),
        "weekend_sales_count": (sold & (_.issued_on.day_of_week.index() >= _SATURDAY)).sum(),
        "untaxed_sales_minor": amount.sum(where=sold & (amount > 0) & (_.tax_minor == 0)),
    }
    return inside.group_by("enterprise").aggregate(**asked(measured))
