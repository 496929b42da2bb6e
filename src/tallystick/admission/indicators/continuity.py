"""Indicators of continuity: in which months invoices were written, and how long none was."""

from tallystick.admission.indicators.definition import (
    AT_THE_END,
    NO_PURCHASE_INVOICE,
    NO_SALES_INVOICE,
    WHOLE_PERIOD,
    Indicator,
    words,
)

CONTINUITY = (
    Indicator(
        "active_sales_months",
        "continuity",
        "months",
        words("Months with sales", "有销项开票的月数"),
        words("months with at least one valid sales invoice", "至少有一张有效销项发票的月数"),
        WHOLE_PERIOD,
        lambda row: row.active_sales_months,
    ),
    Indicator(
        "longest_sales_gap_months",
        "continuity",
        "months",
        words("Longest gap in sales", "销项最长断票月数"),
        words(
            "longest run of months without a valid sales invoice, the edges of the period included",
            "连续没有有效销项发票的最长月数，含期间首尾",
        ),
        WHOLE_PERIOD,
        lambda row: row.longest_sales_gap_months,
    ),
    Indicator(
        "days_since_last_sale",
        "continuity",
        "days",
        words("Days since the last sale", "距最近一次销项开票天数"),
        words(
            "days from the last valid sales invoice to the last day of the period",
            "最近一张有效销项发票至期间最后一天的天数",
        ),
        AT_THE_END,
        lambda row: row.days_since_last_sale,
        NO_SALES_INVOICE,
    ),
    Indicator(
        "active_purchase_months",
        "continuity",
        "months",
        words("Months with purchases", "有进项开票的月数"),
        words("months with at least one valid purchase invoice", "至少有一张有效进项发票的月数"),
        WHOLE_PERIOD,
        lambda row: row.active_purchase_months,
    ),
    Indicator(
        "longest_purchase_gap_months",
        "continuity",
        "months",
        words("Longest gap in purchases", "进项最长断票月数"),
        words(
            "longest run of months without a valid purchase invoice, the edges of the period included",
            "连续没有有效进项发票的最长月数，含期间首尾",
        ),
        WHOLE_PERIOD,
        lambda row: row.longest_purchase_gap_months,
    ),
    Indicator(
        "days_since_last_purchase",
        "continuity",
        "days",
        words("Days since the last purchase", "距最近一次进项开票天数"),
        words(
            "days from the last valid purchase invoice to the last day of the period",
            "最近一张有效进项发票至期间最后一天的天数",
        ),
        AT_THE_END,
        lambda row: row.days_since_last_purchase,
        NO_PURCHASE_INVOICE,
    ),
)
