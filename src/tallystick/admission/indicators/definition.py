"""What an indicator is: a value with its words, and the expression that gives it as a whole number."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import ibis.expr.types as ir

from tallystick.policy.wording import Wording

Unit = Literal[
    "amount",
    "share",
    "index",
    "ratio",
    "invoices",
    "months",
    "days",
    "buyers",
    "suppliers",
    "parties",
    "changes",
    "declarations",
    "violations",
]
FRACTIONS: tuple[Unit, ...] = ("share", "index", "ratio")

Group = Literal["basics", "tax", "finance", "compliance", "related", "purchasing", "sales", "continuity"]
GROUPS: dict[Group, Wording] = {
    "basics": Wording(en="Basic information and changes", zh="基本信息与变更"),
    "tax": Wording(en="Tax payment", zh="纳税情况"),
    "finance": Wording(en="Financial status", zh="财务状况"),
    "compliance": Wording(en="Compliance", zh="合规情况"),
    "related": Wording(en="Related parties", zh="关联交易"),
    "purchasing": Wording(en="Purchasing", zh="采购情况"),
    "sales": Wording(en="Sales", zh="销售情况"),
    "continuity": Wording(en="Continuity of invoicing", zh="开票连续性"),
}
"""The four groups of the operation condition, then the four of the transaction condition (mission A6)."""

OPERATION: tuple[Group, ...] = ("basics", "tax", "finance", "compliance")

Source = Literal["invoices", "registrations", "changes", "declarations", "statements", "violations"]
"""The canonical table that an indicator is read off."""

WHOLE_PERIOD = Wording(en="whole period", zh="整个期间")
HALVES = Wording(
    en="first and second half of the period; a middle month belongs to neither",
    zh="期间的前半段与后半段；居中的月份不属于任何一段",
)
RECENT = Wording(en="last three months against the whole period", zh="最近三个月与整个期间相比")
AT_THE_END = Wording(en="as of the last day of the period", zh="截至期间最后一天")

NO_SALES = Wording(en="There are no positive sales in the period.", zh="期间内没有正的销售金额。")
NO_PURCHASES = Wording(en="There are no positive purchases in the period.", zh="期间内没有正的采购金额。")
NO_SALES_INVOICE = Wording(en="There is no sales invoice in the period.", zh="期间内没有销项发票。")
NO_PURCHASE_INVOICE = Wording(en="There is no purchase invoice in the period.", zh="期间内没有进项发票。")
NO_BUYER_THEN = Wording(en="There is no buyer in the half that is compared.", zh="所比较的半段内没有客户。")
NO_SUPPLIER_THEN = Wording(
    en="There is no supplier in the half that is compared.", zh="所比较的半段内没有供应商。"
)
NO_FIRST_HALF = Wording(
    en="There is no positive amount in the first half of the period to compare with.",
    zh="期间前半段没有可比较的正金额。",
)


@dataclass(frozen=True)
class Indicator:
    """One indicator, defined.

    Attributes:
        group: what of the enterprise's condition it is about.
        unit: ``amount`` is money net of tax; ``share``, ``index`` and ``ratio`` have four decimals.
        formula: how it is worked out, in words.
        period: which part of the period it looks at.
        label: what it is called.
        whole: its whole number, over a row of measures; null when it has no meaning there.
        missing: why it has no value, when it has none; None for one that always has a value.
        source: the canonical table that it is read off.
    """

    name: str
    group: Group
    unit: Unit
    label: Wording
    formula: Wording
    period: Wording
    whole: Callable[[ir.Table], ir.IntegerValue]
    missing: Wording | None = None
    source: Source = "invoices"


@dataclass(frozen=True)
class IndicatorValue:
    """What an indicator came to: amounts and fractions as exact decimal text, counts as integers.

    Attributes:
        missing: why there is no value; None when there is one.
    """

    name: str
    value: str | int | None
    unit: str
    missing: Wording | None = None


def words(en: str, zh: str) -> Wording:
    """Return the wording; short, for the lists of indicators are long."""
    return Wording(en=en, zh=zh)
