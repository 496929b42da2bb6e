"""Indicators of the operation that tax books show: registration, declarations, statements, violations.

The four of mission row A7 are among them: changes, violations, liabilities against assets, and
expenditure against revenue.
"""

from tallystick.admission.indicators.definition import AT_THE_END, WHOLE_PERIOD, Indicator, words
from tallystick.admission.shares import share
from tallystick.admission.tax_measures import INVOICED

_DUE = words("declarations whose period ends in the period", "所属期在期间内截止的申报")
_STATEMENT = words("last statement that ends in the period", "期间内截止的最近一期报表")


_NO_REGISTRATION = words("No registration was received.", "没有收到登记信息。")
_NO_CHANGES = words("No record of registration changes was received.", "没有收到登记变更记录。")
_NO_DECLARATIONS = words("No declarations were received.", "没有收到申报记录。")
_NO_VAT = words("No declarations of VAT with a base were received.", "没有收到带计税依据的增值税申报记录。")
_NO_STATUS = words(
    "No declarations were received, or they do not say their status.", "没有收到申报记录，或其中没有状态。"
)
_NO_PAYMENTS = words(
    "No declarations were received, or they do not say what was paid.",
    "没有收到申报记录，或其中没有已缴税额。",
)
_NO_VIOLATIONS = words("No record of violations was received.", "没有收到违法违章记录。")
_NO_STATEMENT = words(
    "No statement of the period was received, or it shows nothing to divide by.",
    "没有收到期间内的报表，或报表中的除数不为正。",
)

BASICS = (
    Indicator(
        "enterprise_age_days", "basics", "days", words("Age of the enterprise", "企业存续天数"),
        words("days from its establishment to the last day of the period", "成立日至期间最后一天的天数"),
        AT_THE_END, lambda row: row.age_days, _NO_REGISTRATION, "registrations",
    ),
    Indicator(
        "registered_capital_amount", "basics", "amount", words("Registered capital", "注册资本"),
        words("registered capital as last recorded", "最近登记的注册资本"),
        AT_THE_END, lambda row: row.capital_minor, _NO_REGISTRATION, "registrations",
    ),
    Indicator(
        "registration_change_count", "basics", "changes", words("Registration changes", "登记变更次数"),
        words("number of changes of registered items", "登记事项变更的次数"),
        WHOLE_PERIOD, lambda row: row.change_count, _NO_CHANGES, "changes",
    ),
    Indicator(
        "control_change_count", "basics", "changes", words("Changes of control", "控制权相关变更次数"),
        words(
            "number of changes of legal representative, shareholders or name",
            "法定代表人、股东或名称变更的次数",
        ),
        WHOLE_PERIOD, lambda row: row.control_change_count, _NO_CHANGES, "changes",
    ),
)  # fmt: skip

TAX_PAYMENT = (
    Indicator(
        "declared_sales_amount", "tax", "amount", words("Sales declared for VAT", "增值税申报销售额"),
        words("sum of the bases of VAT declarations", "增值税申报计税依据合计"),
        _DUE, lambda row: row.vat_base_minor, _NO_VAT, "declarations",
    ),
    Indicator(
        "declared_sales_gap", "tax", "ratio", words("Declared against invoiced sales", "申报与开票差异率"),
        words(
            "(declared_sales_amount − sales_amount) ÷ sales_amount; none unless sales are positive",
            "（增值税申报销售额 − 销项金额）÷ 销项金额；销售须为正",
        ),
        WHOLE_PERIOD, lambda row: share(row.vat_base_minor - row[INVOICED], row[INVOICED]),
        words(
            "No declarations were received, or there are no positive sales in the period.",
            "没有收到申报记录，或期间内没有正的销售金额。",
        ),
        "declarations",
    ),
    Indicator(
        "effective_tax_burden", "tax", "ratio", words("Effective tax burden", "综合税负率"),
        words(
            "tax of all declarations ÷ declared_sales_amount; none unless it is positive",
            "全部申报税额 ÷ 增值税申报销售额；后者须为正",
        ),
        _DUE, lambda row: share(row.declared_tax_minor, row.vat_base_minor),
        words(
            "No declarations were received, or they declare no positive sales.",
            "没有收到申报记录，或申报销售额不为正。",
        ),
        "declarations",
    ),
    Indicator(
        "overdue_declaration_count", "tax", "declarations", words("Overdue declarations", "逾期申报次数"),
        words("number of declarations whose status is overdue", "状态为逾期的申报次数"),
        _DUE, lambda row: row.overdue_declaration_count, _NO_STATUS, "declarations",
    ),
    Indicator(
        "zero_declaration_count", "tax", "declarations", words("Zero declarations", "零申报次数"),
        words("number of VAT declarations with a base of 0", "计税依据为零的增值税申报次数"),
        _DUE, lambda row: row.zero_declaration_count, _NO_DECLARATIONS, "declarations",
    ),
    Indicator(
        "levied_tax_amount", "tax", "amount", words("Tax due", "应缴税款"),
        words("sum of the tax of all declarations", "全部申报税额合计"),
        _DUE, lambda row: row.declared_tax_minor, _NO_DECLARATIONS, "declarations",
    ),
    Indicator(
        "tax_arrears_amount", "tax", "amount", words("Tax arrears", "欠缴税款"),
        words("sum of what is due and not paid, of every declaration", "各申报中应缴而未缴的税款合计"),
        _DUE, lambda row: row.arrears_minor, _NO_PAYMENTS, "declarations",
    ),
    Indicator(
        "unpaid_declaration_count", "tax", "declarations", words("Unpaid declarations", "未缴清申报次数"),
        words("number of declarations with tax due and not paid", "有应缴未缴税款的申报次数"),
        _DUE, lambda row: row.unpaid_declaration_count, _NO_PAYMENTS, "declarations",
    ),
)  # fmt: skip

STATEMENTS = (
    Indicator(
        "liabilities_to_assets", "finance", "ratio", words("Liabilities to assets", "资产负债率"),
        words("liabilities ÷ assets; none unless assets are positive", "负债 ÷ 资产；资产须为正"),
        _STATEMENT, lambda row: share(row.liabilities_minor, row.assets_minor), _NO_STATEMENT, "statements",
    ),
    Indicator(
        "expenditure_to_revenue", "finance", "ratio", words("Expenditure to revenue", "支出收入比"),
        words("(cost + expenses) ÷ revenue; none unless it is positive", "（成本 + 费用）÷ 收入；收入须为正"),
        _STATEMENT, lambda row: share(row.cost_minor + row.expenses_minor, row.revenue_minor),
        _NO_STATEMENT, "statements",
    ),
    Indicator(
        "revenue_amount", "finance", "amount", words("Revenue", "营业收入"),
        words("revenue of the statement", "报表所列收入"),
        _STATEMENT, lambda row: row.revenue_minor, _NO_STATEMENT, "statements",
    ),
)  # fmt: skip

VIOLATIONS = (
    Indicator(
        "violation_count", "compliance", "violations", words("Violations", "违法违章次数"),
        words("number of violations found", "查明的违法违章次数"),
        WHOLE_PERIOD, lambda row: row.violation_count, _NO_VIOLATIONS, "violations",
    ),
    Indicator(
        "open_violation_count", "compliance", "violations", words("Open violations", "未结违法违章次数"),
        words("number of violations found whose outcome is open", "查明且尚未处理完毕的违法违章次数"),
        WHOLE_PERIOD, lambda row: row.open_violation_count, _NO_VIOLATIONS, "violations",
    ),
    Indicator(
        "penalty_amount", "compliance", "amount", words("Penalties", "处罚金额"),
        words("sum of the penalties of violations found", "查明违法违章的处罚金额合计"),
        WHOLE_PERIOD, lambda row: row.penalty_minor, _NO_VIOLATIONS, "violations",
    ),
)  # fmt: skip
