"""Indicators of the sales: how much, to how many, and to whom again."""

from tallystick.admission.indicators.definition import (
    HALVES,
    NO_BUYER_THEN,
    NO_SALES,
    NO_SALES_INVOICE,
    WHOLE_PERIOD,
    Indicator,
    words,
)
from tallystick.admission.shares import index_ten_thousandths, nearest_quotient, share

SALES = (
    Indicator(
        "sales_amount",
        "sales",
        "amount",
        words("Sales", "销项金额"),
        words(
            "sum of net amounts of valid sales invoices, red-letter ones subtracting",
            "有效销项发票不含税金额合计，红字冲减",
        ),
        WHOLE_PERIOD,
        lambda row: row.sales_minor,
    ),
    Indicator(
        "sales_count",
        "sales",
        "invoices",
        words("Sales invoices", "有效销项发票数"),
        words("number of valid sales invoices, red-letter ones included", "有效销项发票张数，含红字"),
        WHOLE_PERIOD,
        lambda row: row.sales_count,
    ),
    Indicator(
        "average_sale_amount",
        "sales",
        "amount",
        words("Average sales invoice", "销项发票平均金额"),
        words(
            "net amount of positive valid sales invoices ÷ their number",
            "正数有效销项发票金额 ÷ 其张数",
        ),
        WHOLE_PERIOD,
        lambda row: nearest_quotient(row.positive_sales_minor, row.positive_sales_count),
        NO_SALES,
    ),
    Indicator(
        "largest_sale_share",
        "sales",
        "share",
        words("Share of the largest sales invoice", "最大单张销项发票占比"),
        words(
            "largest net amount of one valid sales invoice ÷ net amount of the positive ones",
            "单张有效销项发票最大金额 ÷ 正数销项发票金额合计",
        ),
        WHOLE_PERIOD,
        lambda row: share(row.largest_sale_minor, row.positive_sales_minor),
        NO_SALES,
    ),
    Indicator(
        "buyer_count",
        "sales",
        "buyers",
        words("Buyers", "客户数"),
        words("number of different buyers on valid sales invoices", "有效销项发票上不同客户的个数"),
        WHOLE_PERIOD,
        lambda row: row.buyer_count,
    ),
    Indicator(
        "top1_buyer_share",
        "sales",
        "share",
        words("Share of the largest buyer", "第一大客户占比"),
        words(
            "net sales to the largest buyer ÷ net sales to all buyers with positive net sales",
            "对第一大客户的净销售 ÷ 对净销售为正的全部客户的净销售",
        ),
        WHOLE_PERIOD,
        lambda row: share(row.top1_buyer_minor, row.buyer_total_minor),
        NO_SALES,
    ),
    Indicator(
        "top5_buyer_share",
        "sales",
        "share",
        words("Share of the five largest buyers", "前五大客户占比"),
        words(
            "net sales to the five largest buyers ÷ net sales to all buyers with positive net sales",
            "对前五大客户的净销售 ÷ 对净销售为正的全部客户的净销售",
        ),
        WHOLE_PERIOD,
        lambda row: share(row.top5_buyer_minor, row.buyer_total_minor),
        NO_SALES,
    ),
    Indicator(
        "buyer_hhi",
        "sales",
        "index",
        words("Buyer concentration (HHI)", "客户集中度（HHI）"),
        words(
            "sum of squared shares of buyers with positive net sales, shares to eight decimals",
            "净销售为正的各客户占比的平方和，占比取八位小数",
        ),
        WHOLE_PERIOD,
        lambda row: index_ten_thousandths(row.buyer_squares, row.buyer_total_minor),
        NO_SALES,
    ),
    Indicator(
        "new_buyer_share",
        "sales",
        "share",
        words("Share of new buyers", "新客户占比"),
        words(
            "buyers of the second half without an invoice in the first ÷ buyers of the second half, "
            "by number",
            "后半段有而前半段没有开票的客户数 ÷ 后半段客户数",
        ),
        HALVES,
        lambda row: share(row.later_buyer_count - row.lasting_buyer_count, row.later_buyer_count),
        NO_BUYER_THEN,
    ),
    Indicator(
        "lost_buyer_share",
        "sales",
        "share",
        words("Share of lost buyers", "流失客户占比"),
        words(
            "buyers of the first half without an invoice in the second ÷ buyers of the first half, by number",
            "前半段有而后半段没有开票的客户数 ÷ 前半段客户数",
        ),
        HALVES,
        lambda row: share(row.earlier_buyer_count - row.lasting_buyer_count, row.earlier_buyer_count),
        NO_BUYER_THEN,
    ),
    Indicator(
        "lasting_buyer_share",
        "sales",
        "share",
        words("Share of lasting buyers", "长期客户占比"),
        words(
            "net sales to buyers with an invoice in both halves ÷ net sales to all buyers with positive "
            "net sales",
            "对前后两段均有开票的客户的净销售 ÷ 对净销售为正的全部客户的净销售",
        ),
        HALVES,
        lambda row: share(row.lasting_buyer_minor, row.buyer_total_minor),
        NO_SALES,
    ),
    Indicator(
        "repeat_buyer_share",
        "sales",
        "share",
        words("Share of buyers who came again", "重复购买客户占比"),
        words(
            "buyers with valid invoices in more than one month ÷ all buyers, by number",
            "在一个以上月份有有效开票的客户数 ÷ 全部客户数",
        ),
        WHOLE_PERIOD,
        lambda row: share(row.repeat_buyer_count, row.buyer_count),
        NO_SALES_INVOICE,
    ),
)
