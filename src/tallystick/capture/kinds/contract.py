"""Contract of sale (购销合同): parties, number, date, goods or amount, and how it is paid."""

import re
from typing import Final

from tallystick.capture.draft import Draft
from tallystick.capture.figures import amount_text, capitals_text, date_text, plain
from tallystick.capture.kinds.arithmetic import check_capitals, check_rows, check_rows_whole, check_sum
from tallystick.capture.kinds.delivery_note import END, GOODS, read_totals
from tallystick.capture.rules import FieldRule, KindRules
from tallystick.evidence.papers import Kind

_TOTAL: Final = (
    "合同总金额",
    "合同总价款",
    "合同总价",
    "合同金额",
    "总金额",
    "总价款",
    "价款合计",
    "合计金额",
    "合计",
)
_CAPITALS: Final = r"\(?大写\)?"


def _party(text: str) -> str:
    name = re.split(r"\((?:以下|盖章|签章|公章|签字)|[,;。]|(?:以下简称)", plain(text))[0]
    return name.strip("():")


def _number(text: str) -> str:
    found = re.match(r"[A-Za-z0-9\u4e00-\u9fff\[\]()〔〕\-/_.]{3,40}", text)
    return plain(found[0]) if found and re.search("[0-9]", found[0]) else ""


def _figures(text: str) -> str:
    """Return the amount in figures: that behind a currency's mark before any other."""
    marked = re.search(r"[¥$€]-?[0-9][0-9,]*(?:\.[0-9]+)?|[0-9][0-9,]*(?:\.[0-9]+)?(?=元)", text)
    return amount_text(marked[0] if marked else text)


def _check(draft: Draft) -> None:
    check_rows(draft)
    check_sum(draft, "amount", "total")
    check_capitals(draft, "total", "total_in_capitals")
    if draft.lines:
        check_rows_whole(draft)


RULES: Final = KindRules(
    kind=Kind.CONTRACT,
    signs=(
        "合同|协议",
        "甲方|买方|需方|购买方",
        "乙方|卖方|供方|出卖方",
        "合同编号|协议编号",
        "签订|签署|签约",
        "付款|结算",
    ),
    least=3,
    keys=lambda draft: ("total",),
    checks=_check,
    columns=GOODS,
    end=END,
    totals=read_totals,
    fields=(
        FieldRule("number", ("合同编号", "合同号", "协议编号"), _number),
        FieldRule("date", ("签订日期", "签约日期", "签订时间", "签署日期", "合同日期"), date_text),
        FieldRule("buyer_name", (r"甲方\(买方\)", r"甲方\(需方\)", "买方", "需方", "购买方", "甲方"), _party),
        FieldRule(
            "seller_name", (r"乙方\(卖方\)", r"乙方\(供方\)", "卖方", "供方", "出卖方", "乙方"), _party
        ),
        FieldRule("total", (*_TOTAL, r"\(?小写\)?"), _figures, gap=8.0),
        FieldRule("total_in_capitals", (*_TOTAL, r"人民币\(大写\)", _CAPITALS), capitals_text, gap=8.0),
        FieldRule(
            "payment_terms", ("付款方式及期限", "付款方式", "付款条件", "结算方式", "付款期限"), lines=3
        ),
        FieldRule("delivery_on", ("交货日期", "交货时间", "交货期限"), date_text),
    ),
)
