"""Indicators of related parties: counterparties on both sides, and invoices to oneself.

Trade that goes round, sold to whom one buys from, may be a swap in good faith or turnover made up.
"""

from tallystick.admission.indicators.definition import (
    NO_PURCHASES,
    NO_SALES,
    WHOLE_PERIOD,
    Indicator,
    words,
)
from tallystick.admission.shares import share

RELATED = (
    Indicator(
        "circular_party_count",
        "related",
        "parties",
        words("Counterparties on both sides", "既是客户又是供应商的对手方数"),
        words(
            "number of counterparties that are buyer and supplier on valid invoices",
            "在有效发票上既是客户又是供应商的对手方个数",
        ),
        WHOLE_PERIOD,
        lambda row: row.circular_party_count,
    ),
    Indicator(
        "circular_sales_share",
        "related",
        "share",
        words("Share of sales to suppliers", "对供应商的销售占比"),
        words(
            "net sales to buyers that are also suppliers ÷ net sales to all buyers with positive net sales",
            "对同时是供应商的客户的净销售 ÷ 对净销售为正的全部客户的净销售",
        ),
        WHOLE_PERIOD,
        lambda row: share(row.circular_sales_minor, row.buyer_total_minor),
        NO_SALES,
    ),
    Indicator(
        "circular_purchase_share",
        "related",
        "share",
        words("Share of purchases from buyers", "自客户的采购占比"),
        words(
            "net purchases from suppliers that are also buyers ÷ from all suppliers with positive net "
            "purchases",
            "自同时是客户的供应商的净采购 ÷ 自净采购为正的全部供应商的净采购",
        ),
        WHOLE_PERIOD,
        lambda row: share(row.circular_purchases_minor, row.supplier_total_minor),
        NO_PURCHASES,
    ),
    Indicator(
        "circular_trade_share",
        "related",
        "share",
        words("Share of sales that went round", "循环交易占销售比"),
        words(
            "for each counterparty on both sides the smaller of net sales to it and net purchases from it, "
            "summed ÷ net sales to all buyers with positive net sales",
            "每个既是客户又是供应商的对手方取净销售与净采购的较小者，合计 ÷ 对净销售为正的全部客户的净销售",
        ),
        WHOLE_PERIOD,
        lambda row: share(row.circular_matched_minor, row.buyer_total_minor),
        NO_SALES,
    ),
    Indicator(
        "self_invoice_count",
        "related",
        "invoices",
        words("Sales invoices to itself", "向自身开具的销项发票数"),
        words(
            "number of valid sales invoices whose buyer has the enterprise's own name",
            "客户名称与企业自身相同的有效销项发票张数",
        ),
        WHOLE_PERIOD,
        lambda row: row.self_invoice_count,
    ),
)
