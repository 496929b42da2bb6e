"""Indicators of purchasing: how much, from how many, how evenly, and when."""

import ibis

from tallystick.admission.indicators.definition import (
    HALVES,
    NO_FIRST_HALF,
    NO_PURCHASE_INVOICE,
    NO_PURCHASES,
    NO_SUPPLIER_THEN,
    WHOLE_PERIOD,
    Indicator,
    words,
)
from tallystick.admission.shares import index_ten_thousandths, nearest_quotient, share, whole_root

_DEVIATION_STEP = 10**4

PURCHASING = (
    Indicator(
        "purchase_amount",
        "purchasing",
        "amount",
        words("Purchases", "进项金额"),
        words(
            "sum of net amounts of valid purchase invoices, red-letter ones subtracting",
            "有效进项发票不含税金额合计，红字冲减",
        ),
        WHOLE_PERIOD,
        lambda row: row.purchases_minor,
    ),
    Indicator(
        "purchase_count",
        "purchasing",
        "invoices",
        words("Purchase invoices", "有效进项发票数"),
        words("number of valid purchase invoices, red-letter ones included", "有效进项发票张数，含红字"),
        WHOLE_PERIOD,
        lambda row: row.purchase_count,
    ),
    Indicator(
        "average_purchase_amount",
        "purchasing",
        "amount",
        words("Average purchase invoice", "进项发票平均金额"),
        words(
            "net amount of positive valid purchase invoices ÷ their number",
            "正数有效进项发票金额 ÷ 其张数",
        ),
        WHOLE_PERIOD,
        lambda row: nearest_quotient(row.positive_purchases_minor, row.positive_purchase_count),
        NO_PURCHASES,
    ),
    Indicator(
        "largest_purchase_share",
        "purchasing",
        "share",
        words("Share of the largest purchase invoice", "最大单张进项发票占比"),
        words(
            "largest net amount of one valid purchase invoice ÷ net amount of the positive ones",
            "单张有效进项发票最大金额 ÷ 正数进项发票金额合计",
        ),
        WHOLE_PERIOD,
        lambda row: share(row.largest_purchase_minor, row.positive_purchases_minor),
        NO_PURCHASES,
    ),
    Indicator(
        "supplier_count",
        "purchasing",
        "suppliers",
        words("Suppliers", "供应商数"),
        words("number of different suppliers on valid purchase invoices", "有效进项发票上不同供应商的个数"),
        WHOLE_PERIOD,
        lambda row: row.supplier_count,
    ),
    Indicator(
        "top1_supplier_share",
        "purchasing",
        "share",
        words("Share of the largest supplier", "第一大供应商占比"),
        words(
            "net purchases from the largest supplier ÷ from all suppliers with positive net purchases",
            "自第一大供应商的净采购 ÷ 自净采购为正的全部供应商的净采购",
        ),
        WHOLE_PERIOD,
        lambda row: share(row.top1_supplier_minor, row.supplier_total_minor),
        NO_PURCHASES,
    ),
    Indicator(
        "top5_supplier_share",
        "purchasing",
        "share",
        words("Share of the five largest suppliers", "前五大供应商占比"),
        words(
            "net purchases from the five largest suppliers ÷ from all suppliers with positive net purchases",
            "自前五大供应商的净采购 ÷ 自净采购为正的全部供应商的净采购",
        ),
        WHOLE_PERIOD,
        lambda row: share(row.top5_supplier_minor, row.supplier_total_minor),
        NO_PURCHASES,
    ),
    Indicator(
        "supplier_hhi",
        "purchasing",
        "index",
        words("Supplier concentration (HHI)", "供应商集中度（HHI）"),
        words(
            "sum of squared shares of suppliers with positive net purchases, shares to eight decimals",
            "净采购为正的各供应商占比的平方和，占比取八位小数",
        ),
        WHOLE_PERIOD,
        lambda row: index_ten_thousandths(row.supplier_squares, row.supplier_total_minor),
        NO_PURCHASES,
    ),
    Indicator(
        "new_supplier_share",
        "purchasing",
        "share",
        words("Share of new suppliers", "新供应商占比"),
        words(
            "suppliers of the second half without an invoice in the first ÷ suppliers of the second half, "
            "by number",
            "后半段有而前半段没有开票的供应商数 ÷ 后半段供应商数",
        ),
        HALVES,
        lambda row: share(row.later_supplier_count - row.lasting_supplier_count, row.later_supplier_count),
        NO_SUPPLIER_THEN,
    ),
    Indicator(
        "lost_supplier_share",
        "purchasing",
        "share",
        words("Share of lost suppliers", "流失供应商占比"),
        words(
            "suppliers of the first half without an invoice in the second ÷ suppliers of the first half, "
            "by number",
            "前半段有而后半段没有开票的供应商数 ÷ 前半段供应商数",
        ),
        HALVES,
        lambda row: share(
            row.earlier_supplier_count - row.lasting_supplier_count, row.earlier_supplier_count
        ),
        NO_SUPPLIER_THEN,
    ),
    Indicator(
        "lasting_supplier_share",
        "purchasing",
        "share",
        words("Share of lasting suppliers", "长期供应商占比"),
        words(
            "net purchases from suppliers with an invoice in both halves ÷ from all suppliers with positive "
            "net purchases",
            "自前后两段均有开票的供应商的净采购 ÷ 自净采购为正的全部供应商的净采购",
        ),
        HALVES,
        lambda row: share(row.lasting_supplier_minor, row.supplier_total_minor),
        NO_PURCHASES,
    ),
    Indicator(
        "repeat_supplier_share",
        "purchasing",
        "share",
        words("Share of suppliers bought from again", "重复采购供应商占比"),
        words(
            "suppliers with valid invoices in more than one month ÷ all suppliers, by number",
            "在一个以上月份有有效开票的供应商数 ÷ 全部供应商数",
        ),
        WHOLE_PERIOD,
        lambda row: share(row.repeat_supplier_count, row.supplier_count),
        NO_PURCHASE_INVOICE,
    ),
    Indicator(
        "purchase_growth",
        "purchasing",
        "ratio",
        words("Growth of purchases", "采购增长率"),
        words(
            "(net purchases of the second half − of the first) ÷ of the first half; none unless it "
            "is positive",
            "（后半段净采购 − 前半段净采购）÷ 前半段净采购；前半段须为正",
        ),
        HALVES,
        lambda row: share(row.later_purchase_minor - row.earlier_purchase_minor, row.earlier_purchase_minor),
        NO_FIRST_HALF,
    ),
    Indicator(
        "purchase_volatility",
        "purchasing",
        "ratio",
        words("Volatility of monthly purchases", "月采购波动系数"),
        words(
            "standard deviation of the months' shares of purchases × number of months, shares to six "
            "decimals; a month with negative purchases counts as nothing",
            "各月采购占比的标准差 × 月数，占比取六位小数；采购为负的月份按零计",
        ),
        WHOLE_PERIOD,
        lambda row: ibis.ifelse(
            row.purchase_months_minor > 0,
            whole_root(nearest_quotient(row.purchase_deviation_squares, row.period_months * _DEVIATION_STEP)),
            ibis.null("int64"),
        ),
        NO_PURCHASES,
    ),
    Indicator(
        "purchase_lead_days",
        "purchasing",
        "days",
        words("Days by which purchases lead sales", "采购先于销售的天数"),
        words(
            "mean day of the positive sales − mean day of the positive purchases, each weighted by net "
            "amount and taken to the nearest day; negative when purchases follow",
            "正数销售的加权平均日 − 正数采购的加权平均日，各按金额加权并取整日；采购在后则为负",
        ),
        WHOLE_PERIOD,
        lambda row: (
            nearest_quotient(row.sales_day_sum, row.positive_sales_minor)
            - nearest_quotient(row.purchase_day_sum, row.positive_purchases_minor)
        ),
        words(
            "There are no positive sales or no positive purchases in the period.",
            "期间内没有正的销售或没有正的采购。",
        ),
    ),
)
