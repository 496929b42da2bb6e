"""Business licence (营业执照): its credit code or older registration number, both with a check digit.

Labels are set wide, so that a reader may see their last letter alone, at the head of the value: those come
last among the labels.
"""

import re
from typing import Final

from tallystick.capture.draft import Draft
from tallystick.capture.figures import credit_code_text, date_text, is_credit_code, is_registration_number
from tallystick.capture.rules import FieldRule, KindRules
from tallystick.evidence.papers import Kind

_CODE: Final = re.compile(r"(?<![0-9A-Za-z])(?:[0-9A-Z]{18}|[0-9]{15})(?![0-9A-Za-z])")


def _sure(text: str) -> bool:
    return is_credit_code(text) or is_registration_number(text)


def _period(text: str) -> str:
    """Return ``from/to``; ``to`` is empty for a period without end."""
    first, mark, last = text.partition("至")
    if not mark:
        return "" if not re.search("长期|永久", text) else f"{date_text(text)}/"
    start = date_text(first)
    return f"{start}/{date_text(last)}" if start or date_text(last) else ""


def _check(draft: Draft) -> None:
    code = draft.value("credit_code")
    if code:
        name = "registration-number-check-digit" if len(code) == 15 else "credit-code-check-digit"
        draft.check(name, _sure(code), ["credit_code"], "The check digit does not fit")
    start, period = draft.value("founded_on"), draft.value("period")
    if start and period and period.split("/")[0]:
        ok = period.split("/")[0] == start
        draft.check("period-begins-when-founded", ok, ["founded_on", "period"], f"{start}, {period}")


RULES: Final = KindRules(
    kind=Kind.BUSINESS_LICENCE,
    signs=(
        "营业执照|營業執照",
        "统一社会信用代码|注册号",
        "法定代表人|负责人|经营者|投资人",
        "经营范围",
        "登记机关",
        "成立日期|注册日期",
        "注册资本",
    ),
    least=2,
    keys=lambda draft: ("credit_code",),
    checks=_check,
    fields=(
        FieldRule(
            "credit_code",
            ("统一社会信用代码", "社会信用代码", "信用代码", "注册号"),
            credit_code_text,
            _sure,
            _CODE,
            below=True,
        ),
        FieldRule("name", ("企业名称", "名称", "字号名称", "称(?=[\u4e00-\u9fff]{4})"), gap=2.0, lines=2),
        FieldRule(
            "type",
            (
                "企业类型",
                "公司类型",
                "主体类型",
                "业类型?",
                "类型",
                "组成形式",
                "型(?=[\u4e00-\u9fff]{2})",
            ),
        ),
        FieldRule(
            "address", ("经营场所", "营业场所", "主要经营场所", "住所", "所(?=[\u4e00-\u9fff]{3})"), lines=3
        ),
        FieldRule(
            "legal_representative",
            ("法定代表人姓名", "法定代表人", "负责人", "经营者", "投资人", "执行事务合伙人"),
        ),
        FieldRule("registered_capital", ("注册资本", "注册资金", "出资额")),
        FieldRule("founded_on", ("成立日期", "注册日期"), date_text),
        FieldRule("period", ("营业期限", "经营期限", "合伙期限"), _period, lines=2),
        FieldRule("scope", ("经营范围及方式", "经营范围"), lines=40),
    ),
)
