"""The canonical tax tables that the tax indicators read, in integer minor units, one row a record.

``received`` says which of the others a tax authority or the enterprise delivered for whom: a table that
was not delivered gives no figure, an empty one that was delivered gives 0.
"""

import ibis
import ibis.expr.types as ir

_PERIOD = {"period_from": "date", "period_to": "date"}

TAX_TABLES: dict[str, dict[str, str]] = {
    "received": {"enterprise": "string", "source": "string"},  # source: the name of another table
    "registrations": {"enterprise": "string", "established_on": "date", "capital_minor": "int64"},
    "changes": {"enterprise": "string", "changed_on": "date", "item": "string"},
    "declarations": {
        "enterprise": "string",
        "tax_kind": "string",
        **_PERIOD,
        "base_minor": "int64",  # what is taxed
        "due_minor": "int64",  # the tax; negative when it is given back
        "paid_minor": "int64",
        "status": "string",  # declared, paid or overdue
    },
    "statements": {"enterprise": "string", **_PERIOD, "item": "string", "amount_minor": "int64"},
    "violations": {
        "enterprise": "string",
        "occurred_on": "date",
        "penalty_minor": "int64",
        "outcome": "string",  # open or settled
    },
}
"""Name and type of the columns that are read of every tax table."""

VAT_KINDS = ("vat", "VAT", "增值税")
"""How value-added tax is called in ``tax_kind``."""

CONTROL_ITEMS = ("legal_representative", "shareholders", "name", "法定代表人", "股东", "名称")
"""Registered items whose change may put the enterprise into other hands."""


def tax_tables(prefix: str = "tax_") -> dict[str, ir.Table]:
    """Return the tax tables, unbound, each named with the prefix."""
    return {name: ibis.table(columns, name=prefix + name) for name, columns in TAX_TABLES.items()}
