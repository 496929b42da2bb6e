"""VAT invoice (增值税发票): the classic forms with code and number, and the fully digital one (数电票)."""

import re
from typing import Final

from tallystick.capture.draft import Draft
from tallystick.capture.figures import (
    amount_text,
    capitals_text,
    credit_code_text,
    date_text,
    digits_text,
    is_credit_code,
    plain,
)
from tallystick.capture.finding import Sheet, Table
from tallystick.capture.kinds.arithmetic import (
    check_capitals,
    check_rows,
    check_rows_whole,
    check_sum,
    check_total,
)
from tallystick.capture.rules import FieldRule, KindRules
from tallystick.evidence.papers import Kind

#: A fully digital invoice has a number of 20 digits and no code.
DIGITAL_NUMBER_DIGITS: Final = 20

_COLUMNS: Final = {
    "name": (
        r"货物或应税劳务、?服务名称",
        "货物或应税劳务名称",
        "项目名称",
        "货物名称",
        "Description",
        "Article",
        "Bezeichnung",
    ),
    "specification": ("规格型号", "规格"),
    "unit": ("单位",),
    "quantity": ("数量", "Quantity", "Qty", "Aantal", "Menge"),
    "unit_price": ("单价", "UnitPrice", "Price", "Prijs", "Einzelpreis"),
    "amount": ("金额", "Amount", "Bedrag", "Gesamtpreis", "TotalPrice"),
    "tax_rate": (r"税率/征收率", "税率", "征收率"),
    "tax": ("税额",),
}
_END: Final = re.compile(r"合计|价税合计|^小计|[Tt]otal|Subtotal|Totaal")
_NAMES: Final = ("名称",)
_TAX_NUMBERS: Final = (
    r"统一社会信用代码/纳税人识别号",
    r"纳税人识别号",
    r"统一社会信用代码",
    r"购买方税号",
    r"销售方税号",
)
#: Only beside these is a number without a label taken for one of an invoice.
_CHINESE: Final = re.compile("发票|价税合计|纳税人识别号|开票日期")
_EDGES: Final = ("(?<![0-9])", "(?![0-9])")


def _exactly(pattern: str) -> re.Pattern[str]:
    return re.compile(f"{_EDGES[0]}{pattern}{_EDGES[1]}")


def _tax_number(text: str) -> str:
    """Return a credit code, or an older number of 15, 17, 18 or 20 letters."""
    code = credit_code_text(text)
    if code:
        return code
    match = re.match("[0-9A-Z]{15,20}", text.upper())
    return match[0] if match else ""


def _company(text: str) -> str:
    return re.split("统一社会信用|纳税人识别|地址", plain(text))[0]


def _foreign_number(text: str) -> str:
    match = re.match(r"[A-Za-z0-9][A-Za-z0-9/\-]{3,29}", text.lstrip(".#:"))
    run_together = match and re.fullmatch("[0-9]{13,}", match[0])  # a number with the code beside it
    return match[0] if match and not run_together and re.search("[0-9]{3}", match[0]) else ""


def _number(text: str) -> str:
    return digits_text(DIGITAL_NUMBER_DIGITS, 8)(text) or _foreign_number(text)


def _totals(draft: Draft, sheet: Sheet, table: Table) -> None:
    """Read the sums of amount and tax under their columns."""
    for row in sheet.page.rows:
        if row.middle > table.top and re.search("合计", row.text) and "价税" not in row.text:
            cells = table.cells(row)
            for column in ("amount", "tax"):
                if column in cells:
                    draft.read(column, amount_text(cells[column].text), cells[column])
            return


def _check(draft: Draft) -> None:
    for name in ("buyer_tax_number", "seller_tax_number"):
        code = draft.value(name)
        if len(code) == 18 and not code.isdigit():
            draft.check(
                "credit-code-check-digit", is_credit_code(code), [name], "The check digit does not fit"
            )
    check_rows(draft)
    check_sum(draft, "amount", "amount")
    check_sum(draft, "tax", "tax")
    check_total(draft, ("amount", "tax"), "total")
    check_capitals(draft, "total", "total_in_capitals")
    number, code = draft.value("number"), draft.value("code")
    if number:
        ok = number.isdigit() and (len(number) == DIGITAL_NUMBER_DIGITS or (len(number) == 8 and bool(code)))
        draft.check("number-form", ok, ["number"], "Neither 20 digits nor 8 with a code", confirms=False)
    total = draft.number("total")
    if draft.value("red_code") or draft.value("red_number"):
        negative = total is not None and total < 0
        draft.check("red-letter-is-negative", negative, ["total"], f"{total}", confirms=False)
    if draft.lines:
        check_rows_whole(draft)


def _keys(draft: Draft) -> tuple[str, ...]:
    """Return the key fields: a classic invoice has a code beside its number."""
    digital = len(draft.value("number")) == DIGITAL_NUMBER_DIGITS
    return ("number", "date", "total") if digital else ("code", "number", "date", "total")


RULES: Final = KindRules(
    kind=Kind.VAT_INVOICE,
    signs=(
        "发票",
        "价税合计",
        "纳税人识别号",
        "开票日期",
        r"[Ii]nvoice|INVOICE|Factu|Rechnung|Faktura|FAKTURA",
    ),
    least=1,
    keys=_keys,
    checks=_check,
    columns=_COLUMNS,
    end=_END,
    totals=_totals,
    fields=(
        FieldRule(
            "code",
            ("发票代码",),
            digits_text(10, 12),
            pattern=re.compile("^(?:[0-9]{10}|[0-9]{12})$"),
            beside=_CHINESE,
        ),
        FieldRule(
            "number",
            (
                "发票号码",
                r"[Ii]nvoice(?:[Nn]umber|[Nn]o|[Nn]r|ID|#)",
                "(?:Factuur|Rechnungs)-?(?:nummer|nr)",
                "Invoice(?=[A-Z]{2,5}/[0-9])",
                "N[oO]°?(?![A-Za-z])",  # last: contracts, orders and streets have one too
            ),
            _number,
            pattern=re.compile("^(?:[0-9]{20}|[0-9]{8})$"),
            beside=_CHINESE,
            below=True,
            gap=0.5,
        ),
        FieldRule(
            "date",
            ("开票日期", "[Ii]nvoice[Dd]ate", "Factuurdatum", "Rechnungsdatum", "Datum", "Date"),
            date_text,
            below=True,
        ),
        FieldRule("check_code", ("校验码",), lambda text: digits_text(20, 6)(re.sub(r"\D", "", text))),
        FieldRule("machine_number", ("机器编号",), digits_text(12)),
        FieldRule("buyer_name", _NAMES, _company, zone="buyer", lines=1),
        FieldRule("buyer_tax_number", _TAX_NUMBERS, _tax_number, zone="buyer"),
        FieldRule("seller_name", _NAMES, _company, zone="seller"),
        FieldRule("seller_tax_number", _TAX_NUMBERS, _tax_number, zone="seller"),
        FieldRule(
            "amount", ("[Ss]ub-?[Tt]otal", "[Uu]ntaxed[Aa]mount", "Nettobetrag"), amount_text, gap=60.0
        ),
        FieldRule("tax", ("税额合计",), amount_text),
        FieldRule(
            "total",
            (
                r"\(小写\)",
                "小写",
                "[Tt]otalAmount",
                "[Gg]rand[Tt]otal",
                "AmountDue",
                "Gesamtbetrag",
                "Total",
                "Totaal",
            ),
            amount_text,
            gap=60.0,
        ),
        FieldRule("total_in_capitals", (r"价税合计\(大写\)", r"\(大写\)", "价税合计"), capitals_text),
        FieldRule("red_code", ("对应正数发票代码",), digits_text(10, 12)),
        FieldRule(
            "red_number",
            ("对应正数发票号码", "被红冲蓝字数电票号码", "被红冲蓝字发票号码"),
            digits_text(20, 8),
        ),
        FieldRule(
            "red_notice",
            ("红字发票信息确认单编号", "红字发票信息表编号", "红字信息表编号"),
            digits_text(16, 20),
        ),
    ),
)
