"""Indicators of the operation that invoices show: value added, VAT, and how invoices are handled."""

from tallystick.admission.indicators.definition import (
    NO_PURCHASE_INVOICE,
    NO_PURCHASES,
    NO_SALES,
    NO_SALES_INVOICE,
    WHOLE_PERIOD,
    Indicator,
    words,
)
from tallystick.admission.shares import TEN_THOUSANDTHS, share

VAT = (
    Indicator(
        "effective_sales_vat_rate",
        "tax",
        "ratio",
        words("Effective VAT rate of sales", "销项平均税率"),
        words(
            "tax of valid sales invoices ÷ their net amount, red-letter ones subtracting",
            "有效销项发票税额 ÷ 不含税金额，红字冲减",
        ),
        WHOLE_PERIOD,
        lambda row: share(row.sales_tax_minor, row.sales_minor),
        NO_SALES,
    ),
    Indicator(
        "effective_purchase_vat_rate",
        "tax",
        "ratio",
        words("Effective VAT rate of purchases", "进项平均税率"),
        words(
            "tax of valid purchase invoices ÷ their net amount, red-letter ones subtracting",
            "有效进项发票税额 ÷ 不含税金额，红字冲减",
        ),
        WHOLE_PERIOD,
        lambda row: share(row.purchase_tax_minor, row.purchases_minor),
        NO_PURCHASES,
    ),
    Indicator(
        "vat_burden",
        "tax",
        "ratio",
        words("VAT burden by the invoices", "发票口径增值税税负率"),
        words(
            "(tax of valid sales invoices − of valid purchase invoices) ÷ sales_amount; none unless sales "
            "are positive",
            "（有效销项税额 − 有效进项税额）÷ 销项金额；销售须为正",
        ),
        WHOLE_PERIOD,
        lambda row: share(row.sales_tax_minor - row.purchase_tax_minor, row.sales_minor),
        NO_SALES,
    ),
    Indicator(
        "untaxed_sales_share",
        "tax",
        "share",
        words("Share of sales without VAT", "零税额销售占比"),
        words(
            "net amount of positive valid sales invoices with a tax of 0 ÷ of all positive ones",
            "税额为零的正数有效销项发票金额 ÷ 全部正数有效销项发票金额",
        ),
        WHOLE_PERIOD,
        lambda row: share(row.untaxed_sales_minor, row.positive_sales_minor),
        NO_SALES,
    ),
)

VALUE_ADDED = (
    Indicator(
        "purchase_to_sales_ratio",
        "finance",
        "ratio",
        words("Purchases to sales", "进销比"),
        words(
            "purchase_amount ÷ sales_amount; none unless sales are positive",
            "进项金额 ÷ 销项金额；销售须为正",
        ),
        WHOLE_PERIOD,
        lambda row: share(row.purchases_minor, row.sales_minor),
        NO_SALES,
    ),
    Indicator(
        "value_added_amount",
        "finance",
        "amount",
        words("Value added by the invoices", "发票口径增加值"),
        words("sales_amount − purchase_amount", "销项金额 − 进项金额"),
        WHOLE_PERIOD,
        lambda row: row.sales_minor - row.purchases_minor,
    ),
    Indicator(
        "value_added_ratio",
        "finance",
        "ratio",
        words("Value added to sales", "增加值率"),
        words("1 − purchase_to_sales_ratio; none unless sales are positive", "1 − 进销比；销售须为正"),
        WHOLE_PERIOD,
        lambda row: TEN_THOUSANDTHS - share(row.purchases_minor, row.sales_minor),
        NO_SALES,
    ),
    Indicator(
        "negative_sales_months",
        "finance",
        "months",
        words("Months with negative sales", "净销售为负的月数"),
        words("months whose net sales are below 0", "净销售小于零的月数"),
        WHOLE_PERIOD,
        lambda row: row.negative_sales_months,
    ),
    Indicator(
        "purchases_above_sales_months",
        "finance",
        "months",
        words("Months with purchases above sales", "采购超过销售的月数"),
        words("months whose net purchases are above their net sales", "净采购大于净销售的月数"),
        WHOLE_PERIOD,
        lambda row: row.purchases_above_sales_months,
    ),
)

HANDLING = (
    Indicator(
        "void_sales_share",
        "compliance",
        "share",
        words("Share of void sales invoices", "销项发票作废率"),
        words(
            "void sales invoices ÷ all sales invoices, void ones included, by number",
            "作废销项发票张数 ÷ 全部销项发票张数（含作废）",
        ),
        WHOLE_PERIOD,
        lambda row: share(row.void_sales_count, row.sales_count + row.void_sales_count),
        NO_SALES_INVOICE,
    ),
    Indicator(
        "red_letter_sales_share",
        "compliance",
        "share",
        words("Share of red-letter sales", "销项红字金额占比"),
        words(
            "net amount of red-letter ÷ net amount of positive valid sales invoices",
            "红字有效销项发票金额 ÷ 正数有效销项发票金额",
        ),
        WHOLE_PERIOD,
        lambda row: share(row.negative_sales_minor, row.positive_sales_minor),
        NO_SALES,
    ),
    Indicator(
        "void_purchase_share",
        "compliance",
        "share",
        words("Share of void purchase invoices", "进项发票作废率"),
        words(
            "void purchase invoices ÷ all purchase invoices, void ones included, by number",
            "作废进项发票张数 ÷ 全部进项发票张数（含作废）",
        ),
        WHOLE_PERIOD,
        lambda row: share(row.void_purchase_count, row.purchase_count + row.void_purchase_count),
        NO_PURCHASE_INVOICE,
    ),
    Indicator(
        "red_letter_purchase_share",
        "compliance",
        "share",
        words("Share of red-letter purchases", "进项红字金额占比"),
        words(
            "net amount of red-letter ÷ net amount of positive valid purchase invoices",
            "红字有效进项发票金额 ÷ 正数有效进项发票金额",
        ),
        WHOLE_PERIOD,
        lambda row: share(row.negative_purchases_minor, row.positive_purchases_minor),
        NO_PURCHASES,
    ),
)
