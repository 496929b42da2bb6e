"""Indicators of the sales' rhythm: growth, trend, evenness, season, and the days on which is sold."""

import ibis

from tallystick.admission.indicators.definition import (
    HALVES,
    NO_FIRST_HALF,
    NO_SALES,
    NO_SALES_INVOICE,
    RECENT,
    WHOLE_PERIOD,
    Indicator,
    words,
)
from tallystick.admission.shares import nearest_quotient, share, whole_root

_EVEN_SHARES = words(
    "standard deviation of the months' shares of sales × number of months, shares to six decimals; "
    "a month with negative sales counts as nothing",
    "各月销售占比的标准差 × 月数，占比取六位小数；销售为负的月份按零计",
)
_WHOLE_YEARS = words(
    "The period is not of whole years, or there are no positive sales in it.",
    "期间不是整年，或期间内没有正的销售金额。",
)
_TOO_SHORT = words(
    "The period is too short, or there are no positive sales in it.",
    "期间太短，或期间内没有正的销售金额。",
)
_DEVIATION_STEP = 10**4

RHYTHM = (
    Indicator(
        "sales_growth",
        "sales",
        "ratio",
        words("Growth of sales", "销售增长率"),
        words(
            "(net sales of the second half − of the first) ÷ of the first half; none unless it is positive",
            "（后半段净销售 − 前半段净销售）÷ 前半段净销售；前半段须为正",
        ),
        HALVES,
        lambda row: share(row.later_sales_minor - row.earlier_sales_minor, row.earlier_sales_minor),
        NO_FIRST_HALF,
    ),
    Indicator(
        "sales_volatility",
        "sales",
        "ratio",
        words("Volatility of monthly sales", "月销售波动系数"),
        _EVEN_SHARES,
        WHOLE_PERIOD,
        lambda row: ibis.ifelse(
            row.sales_months_minor > 0,
            whole_root(nearest_quotient(row.sales_deviation_squares, row.period_months * _DEVIATION_STEP)),
            ibis.null("int64"),
        ),
        NO_SALES,
    ),
    Indicator(
        "sales_trend",
        "sales",
        "ratio",
        words("Trend of monthly sales", "月销售趋势"),
        words(
            "slope of the straight line through the months' sales (least squares) ÷ their mean: growth a "
            "month; shares to six decimals; a month with negative sales counts as nothing",
            "各月销售最小二乘直线的斜率 ÷ 月均销售，即每月增幅；占比取六位小数；销售为负的月份按零计",
        ),
        WHOLE_PERIOD,
        # Slope ÷ mean = 6 × Σ (2 × place − (n − 1)) × share ÷ (n² − 1), shares in millionths here.
        lambda row: ibis.ifelse(
            row.sales_months_minor > 0,
            nearest_quotient(
                row.sales_slope_millionths * 6, (row.period_months * row.period_months - 1) * 100
            ),
            ibis.null("int64"),
        ),
        _TOO_SHORT,
    ),
    Indicator(
        "sales_seasonality",
        "sales",
        "share",
        words("Share of the strongest quarter", "最旺季度占比"),
        words(
            "net sales of the strongest calendar quarter, all years together ÷ net sales of all; none unless "
            "the period is of whole years; a month with negative sales counts as nothing",
            "最旺自然季度（各年合计）的净销售 ÷ 全部净销售；期间须为整年；销售为负的月份按零计",
        ),
        WHOLE_PERIOD,
        lambda row: ibis.ifelse(
            row.period_months % 12 == 0,
            share(row.peak_quarter_minor, row.sales_months_minor),
            ibis.null("int64"),
        ),
        _WHOLE_YEARS,
    ),
    Indicator(
        "peak_month_share",
        "sales",
        "share",
        words("Share of the strongest month", "最旺月份占比"),
        words(
            "net sales of the strongest month ÷ net sales of all months; a month with negative sales counts "
            "as nothing",
            "最旺月份的净销售 ÷ 各月净销售合计；销售为负的月份按零计",
        ),
        WHOLE_PERIOD,
        lambda row: share(row.peak_month_minor, row.sales_months_minor),
        NO_SALES,
    ),
    Indicator(
        "recent_sales_ratio",
        "sales",
        "ratio",
        words("Recent sales to mean sales", "近期销售与月均之比"),
        words(
            "mean monthly sales of the last three months ÷ of the whole period; shares to six decimals; a "
            "month with negative sales counts as nothing",
            "最近三个月的月均销售 ÷ 整个期间的月均销售；占比取六位小数；销售为负的月份按零计",
        ),
        RECENT,
        lambda row: ibis.ifelse(
            (row.sales_months_minor > 0) & (row.period_months >= 3),
            nearest_quotient(row.recent_share_millionths * row.period_months, ibis.literal(3 * 100, "int64")),
            ibis.null("int64"),
        ),
        _TOO_SHORT,
    ),
    Indicator(
        "month_end_sales_share",
        "sales",
        "share",
        words("Share of sales at month-end", "月末开票金额占比"),
        words(
            "net amount of positive valid sales invoices issued from the 26th on ÷ of all positive ones",
            "每月26日及以后开具的正数有效销项发票金额 ÷ 全部正数有效销项发票金额",
        ),
        WHOLE_PERIOD,
        lambda row: share(row.month_end_sales_minor, row.positive_sales_minor),
        NO_SALES,
    ),
    Indicator(
        "weekend_sales_share",
        "sales",
        "share",
        words("Share of sales invoices at weekends", "周末开票张数占比"),
        words(
            "valid sales invoices issued on a Saturday or Sunday ÷ all valid ones, by number",
            "周六、周日开具的有效销项发票张数 ÷ 全部有效销项发票张数",
        ),
        WHOLE_PERIOD,
        lambda row: share(row.weekend_sales_count, row.sales_count),
        NO_SALES_INVOICE,
    ),
)
