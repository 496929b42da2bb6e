"""Tax measures: exact sums and counts per enterprise over the canonical tax tables (mission A2, A5, A7).

The same four rules hold as for ``tallystick.admission.measures``. A measure of a table that was not
received for an enterprise is null, never 0.
"""

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from tallystick.admission.period import EPOCH, Period
from tallystick.admission.tax_books import CONTROL_ITEMS, STATEMENT_WORDS, TAX_TABLES, VAT_KINDS

INVOICED = "invoiced_minor"
_OF_ONE_ROW = ("statements", "registrations")
_ITEMS = {
    "assets_minor": "total_assets",
    "liabilities_minor": "total_liabilities",
    "revenue_minor": "revenue",
    "cost_minor": "cost",
    "expenses_minor": "expenses",
}


def sold(name: str = "sold") -> ir.Table:
    """Return the table of what each enterprise invoiced in the period, unbound."""
    return ibis.table({"enterprise": "string", INVOICED: "int64"}, name=name)


def tax_measures(tables: Mapping[str, ir.Table], invoiced: ir.Table, period: Period) -> ir.Table:
    """Return one row per enterprise that any tax table was received for, with integer measures of it.

    Args:
        tables: the tables of ``admission.tax_books.tax_tables`` by name.
        invoiced: as ``sold``, to hold beside what was declared; no row where the enterprise has no
            invoice in the period.
        period: records outside it take no part.
    """
    received = tables["received"]
    result = received.group_by("enterprise").aggregate(
        **{f"has_{name}": (_.source == name).any() for name in TAX_TABLES}
    )
    for name, part in _parts(tables, period).items():
        joined = result.left_join(part.mutate(found=True), "enterprise").drop("enterprise_right")
        # No record at all is 0 of them; records that do not say (of one row: a statement) stay unknown.
        nothing = ibis.null("int64") if name in _OF_ONE_ROW else ibis.literal(0, "int64")
        known = {
            column: ibis.ifelse(
                joined[f"has_{name}"],
                ibis.ifelse(joined.found.isnull(), nothing, joined[column]),
                ibis.null("int64"),
            ).cast("int64")
            for column in part.columns
            if column != "enterprise"
        }
        result = joined.mutate(**known).drop("found")
    # Who declared VAT at no time, in or outside the period, did not declare sales of nothing.
    vat_payers = tables["declarations"].filter(_.tax_kind.isin(VAT_KINDS)).select("enterprise").distinct()
    payers = result.left_join(vat_payers.mutate(pays_vat=True), "enterprise").drop("enterprise_right")
    base = ibis.ifelse(payers.pays_vat.notnull(), payers.vat_base_minor, ibis.null("int64"))
    result = payers.mutate(vat_base_minor=base).drop("pays_vat")
    return result.left_join(invoiced, "enterprise").drop("enterprise_right")


def _parts(tables: Mapping[str, ir.Table], period: Period) -> dict[str, ir.Table]:
    first, last = period.first_day, period.last_day
    known_by_then = tables["registrations"].filter(_.established_on <= last)
    return {
        "registrations": _first(known_by_then, [ibis.desc("established_on"), "capital_minor"]).select(
            "enterprise",
            age_days=(last - EPOCH).days - _.established_on.epoch_days(),
            capital_minor=_.capital_minor,
        ),
        "changes": tables["changes"]
        .filter(_.changed_on.between(first, last))
        .group_by("enterprise")
        .aggregate(change_count=_.count(), control_change_count=_.item.isin(CONTROL_ITEMS).sum()),
        "declarations": _declarations(tables["declarations"], period),
        "statements": _statements(tables["statements"], period),
        "violations": tables["violations"]
        .filter(_.occurred_on.between(first, last))
        .group_by("enterprise")
        .aggregate(
            violation_count=_.count(),
            open_violation_count=(_.outcome == "open").sum(),
            penalty_minor=_.penalty_minor.sum(),
        ),
    }


def _first(rows: ir.Table, order: list[Any]) -> ir.Table:
    """The first row of each enterprise in that order."""
    numbered = rows.mutate(place=ibis.row_number().over(group_by="enterprise", order_by=order))
    return numbered.filter(numbered.place == 0)


def _statements(statements: ir.Table, period: Period) -> ir.Table:
    """The items of each enterprise's last statement; of several up to one day, of the longest."""
    inside = statements.filter(statements.period_to.between(period.first_day, period.last_day))
    last = _first(
        inside.select("enterprise", "period_to", "period_from").distinct(),
        [ibis.desc("period_to"), "period_from"],
    )
    chosen = inside.semi_join(last, ["enterprise", "period_to", "period_from"])
    return chosen.group_by("enterprise").aggregate(
        **{
            measure: _.amount_minor.max(where=_.item.isin(STATEMENT_WORDS[item]))
            for measure, item in _ITEMS.items()
        }
    )


def _declarations(declarations: ir.Table, period: Period) -> ir.Table:
    inside = declarations.filter(declarations.period_to.between(period.first_day, period.last_day))
    vat = _.tax_kind.isin(VAT_KINDS)
    owed = _.due_minor > _.paid_minor
    return inside.group_by("enterprise").aggregate(
        overdue_declaration_count=(_.status == "overdue").sum(),
        zero_declaration_count=(vat & (_.base_minor == 0)).sum(),
        vat_base_minor=_.base_minor.sum(where=vat),
        declared_tax_minor=_.due_minor.sum(),
        arrears_minor=ibis.ifelse(owed, _.due_minor - _.paid_minor, _.paid_minor * 0).sum(),
        unpaid_declaration_count=owed.sum(),
    )
