"""Parties: with whom an enterprise trades; concentration, loyalty, and those who stand on both sides."""

import ibis
import ibis.expr.types as ir
from ibis import _

from tallystick.admission.books import PURCHASE, SALE, VALID
from tallystick.admission.measures.totals import Asked, Measured
from tallystick.admission.period import Period
from tallystick.admission.shares import SHARE_STEPS, fine_share, narrowed

_ROLES = {SALE: "buyer", PURCHASE: "supplier"}


def parties(inside: ir.Table) -> ir.Table:
    """Return one row per enterprise, direction and counterparty, from the valid invoices.

    Columns: ``net``, ``invoices``, and the ``first`` and ``last`` month with an invoice.
    """
    grouped = (
        inside.filter(inside.status == VALID)
        .group_by(["enterprise", "direction", "counterparty"])
        .aggregate(net=_.net_minor.sum(), invoices=_.count(), first=_.month.min(), last=_.month.max())
    )
    return grouped.mutate(net=narrowed(grouped.net))


def concentrations(by_party: ir.Table, period: Period, asked: Asked) -> ir.Table:
    """Return one row per enterprise: how its trade is spread, and who came, went and stayed.

    Shares are of the counterparties whose net amount in the period is positive: one whose red-letter
    invoices outweigh the rest has no share; with it, shares would pass 1. Who came, went and stayed is
    told by the first and the last month with an invoice.
    """
    counted = ibis.greatest(_.net, 0)
    side = ibis.window(group_by=["enterprise", "direction"])
    ranked = by_party.mutate(
        share_net=counted,
        total=counted.sum().over(side),
        # Equal amounts may stand in any order: the sum of the largest is the same.
        rank=ibis.row_number().over(group_by=["enterprise", "direction"], order_by=ibis.desc("net")),
    )
    total = narrowed(ranked.total)
    shared = ranked.mutate(share=fine_share(ranked.share_net, total, SHARE_STEPS))
    half = period.months // 2
    earlier, later = _.first < half, _.last >= period.months - half
    measured: Measured = {}
    for direction, role in _ROLES.items():
        one = _.direction == direction
        measured |= {
            f"{role}_count": one.sum(),
            f"{role}_total_minor": _.share_net.sum(where=one),
            f"top1_{role}_minor": _.share_net.sum(where=one & (_.rank < 1)),
            f"top5_{role}_minor": _.share_net.sum(where=one & (_.rank < 5)),
            f"{role}_squares": (_.share * _.share).sum(where=one),
            f"repeat_{role}_count": (one & (_.first < _.last)).sum(),
            f"earlier_{role}_count": (one & earlier).sum(),
            f"later_{role}_count": (one & later).sum(),
            f"lasting_{role}_count": (one & earlier & later).sum(),
            f"lasting_{role}_minor": _.share_net.sum(where=one & earlier & later),
        }
    itself = (_.direction == SALE) & (_.counterparty == _.enterprise)
    measured["self_invoice_count"] = _.invoices.sum(where=itself)
    return shared.group_by("enterprise").aggregate(**asked(measured))


def circular(by_party: ir.Table, asked: Asked) -> ir.Table:
    """Return one row per enterprise that has a counterparty on both sides: buyer and supplier at once.

    ``circular_matched_minor`` is what went round: the smaller of what each bought and what it sold.
    """
    both = (
        by_party.mutate(
            sold=ibis.ifelse(_.direction == SALE, ibis.greatest(_.net, 0), 0),
            bought=ibis.ifelse(_.direction == PURCHASE, ibis.greatest(_.net, 0), 0),
        )
        .group_by(["enterprise", "counterparty"])
        .aggregate(sides=_.count(), sold=_.sold.sum(), bought=_.bought.sum())
        .filter(_.sides == len(_ROLES))
    )
    measured: Measured = {
        "circular_party_count": _.count(),
        "circular_sales_minor": _.sold.sum(),
        "circular_purchases_minor": _.bought.sum(),
        "circular_matched_minor": ibis.least(_.sold, _.bought).sum(),
    }
    return both.group_by("enterprise").aggregate(**asked(measured))
