"""Delivery note (送货单): rows of goods with quantity, price and amount, and what they come to."""

import re
from typing import Final

from tallystick.capture.draft import Draft
from tallystick.capture.figures import amount_text, capitals_text, date_text, number_text, plain
from tallystick.capture.finding import Sheet, Table
from tallystick.capture.kinds.arithmetic import check_capitals, check_rows, check_rows_whole, check_sum
from tallystick.capture.rules import FieldRule, KindRules
from tallystick.evidence.papers import Kind

GOODS: Final = {
    "name": (
        "货物名称",
        "商品名称",
        "产品名称",
        "品名及规格",
        "品名",
        "商品名",
        "名称",
    ),
    "specification": ("规格型号", "规格", "型号"),
    "unit": ("单位",),
    "quantity": ("送货数量", "数量"),
    "unit_price": ("含税单价", "单价"),
    "amount": ("含税金额", "金额", "总价"),
}
END: Final = re.compile(r"合计|总计|小计|^备注|大写")


def _name(text: str) -> str:
    return re.split(r"\(?(?:盖章|签章|签字|公章)", plain(text))[0].strip("():")


def _number(text: str) -> str:
    found = re.match(r"[A-Za-z0-9][A-Za-z0-9\-/_.]{2,39}", text.lstrip(".:。oO号"))
    return found[0].strip("-/_.") if found and re.search("[0-9]", found[0]) else ""


def read_totals(draft: Draft, sheet: Sheet, table: Table) -> None:
    """Read the sums that stand under the columns of quantity and amount."""
    for row in sheet.page.rows:
        if row.middle > table.top and re.search("^合计|^总计", row.text):
            cells = table.cells(row)
            for column, name, form in (
                ("quantity", "total_quantity", number_text),
                ("amount", "total", amount_text),
            ):
                span = cells.get(column)
                if span and not capitals_text(span.text):
                    draft.read(name, form(span.text), span)
            return


def _check(draft: Draft) -> None:
    check_rows(draft)
    check_sum(draft, "amount", "total")
    check_sum(draft, "quantity", "total_quantity")
    check_capitals(draft, "total", "total_in_capitals")
    check_rows_whole(draft)


RULES: Final = KindRules(
    kind=Kind.DELIVERY_NOTE,
    signs=(
        "送货单|发货单|出库单|交货单|送货清单",
        "收货单位|收货人|客户|购货单位|购买单位",
        "数量",
        "送货单位|发货单位|供货单位|供应商",
        "送货日期|发货日期",
        "单号",
    ),
    least=2,
    keys=lambda draft: ("total",),
    checks=_check,
    columns=GOODS,
    end=END,
    totals=read_totals,
    fields=(
        FieldRule(
            "number",
            ("送货单号", "发货单号", "出库单号", "单据编号", "单号", "编号", "N[oO]"),
            _number,
        ),
        FieldRule("date", ("送货日期", "发货日期", "出库日期", "开单日期", "日期"), date_text),
        FieldRule("buyer_name", ("收货单位", "购货单位", "收货方", "客户名称", "客户"), _name),
        FieldRule("seller_name", ("送货单位", "发货单位", "供货单位", "供货方", "供应商"), _name),
        FieldRule("contract_number", ("合同编号", "合同号", "订单编号", "订单号"), _number),
        FieldRule("total_quantity"),
        FieldRule("total", (r"合计金额", r"金额合计", r"\(?小写\)?", "总金额", "总计", "合计"), amount_text),
        FieldRule(
            "total_in_capitals",
            (r"合计人民币\(大写\)", r"合计\(大写\)", r"金额\(大写\)", r"人民币\(大写\)", r"\(?大写\)?"),
            capitals_text,
        ),
    ),
)
