"""Data quality of tax books: rows left out, and tables that a policy reads and nobody handed in (A3)."""

from collections.abc import Collection, Mapping

from tallystick.admission.indicators import TAX_INDICATORS
from tallystick.admission.quality import Finding
from tallystick.admission.tax_books import TAX_FINDINGS, TAX_TABLES
from tallystick.policy.wording import Wording

ABSENT = "absent"
"""The treatment of a table that was not handed in: no figure rests on it."""

TABLE_NAMES: Mapping[str, Wording] = {
    "registrations": Wording(en="registration", zh="登记信息"),
    "changes": Wording(en="registration changes", zh="登记变更记录"),
    "declarations": Wording(en="tax declarations", zh="纳税申报记录"),
    "statements": Wording(en="financial statements", zh="财务报表"),
    "violations": Wording(en="tax violations", zh="税务违法违章记录"),
}


def left_out(counts: Mapping[str, Mapping[str, int]]) -> tuple[Finding, ...]:
    """Return how many rows of all tables were left out for each reason, zeros included.

    Args:
        counts: reason → rows, by table.
    """
    return tuple(
        Finding(
            f"tax_{code}",
            sum(table.get(code, 0) for table in counts.values()),
            "left_out",
            Wording(en=f"Tax books: {text.en}", zh=f"税务资料：{text.zh}"),
        )
        for code, text in TAX_FINDINGS.items()
    )


def not_received(reads: Collection[str], received: Collection[str]) -> tuple[Finding, ...]:
    """Return a finding for each table that an indicator of ``reads`` needs and that was not received."""
    needed = {each.source for each in TAX_INDICATORS if each.name in reads}
    return tuple(
        Finding(
            f"tax_{table}_not_received",
            1,
            ABSENT,
            Wording(
                en=f"Not handed in: {TABLE_NAMES[table].en}; no figure is known of it.",
                zh=f"未提供{TABLE_NAMES[table].zh}，相关指标无从得知。",
            ),
        )
        for table in TAX_TABLES
        if table in needed and table not in received
    )
