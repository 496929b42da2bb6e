"""Eighteen core indicators written by hand: in DuckDB SQL, with Polars and with pandas."""

from pathlib import Path

from tallystick.admission.period import Period

NAMES = (
    "sales_amount",
    "purchase_amount",
    "sales_count",
    "purchase_count",
    "void_sales_share",
    "red_letter_sales_share",
    "buyer_count",
    "supplier_count",
    "top5_buyer_share",
    "buyer_hhi",
    "supplier_hhi",
    "active_sales_months",
    "longest_sales_gap_months",
    "purchase_to_sales_ratio",
    "sales_growth",
    "average_sale_amount",
    "largest_sale_share",
    "days_since_last_sale",
)

SQL = """
WITH inside AS (
    SELECT *, datediff('month', DATE '{first}', issued_on) AS month
    FROM invoices WHERE issued_on BETWEEN DATE '{first}' AND DATE '{last}'
), totals AS (
    SELECT enterprise,
        sum(net_minor) FILTER (status = 'valid' AND direction = 'sale') AS sales,
        sum(net_minor) FILTER (status = 'valid' AND direction = 'purchase') AS purchases,
        count(*) FILTER (status = 'valid' AND direction = 'sale') AS sales_count,
        count(*) FILTER (status = 'valid' AND direction = 'purchase') AS purchase_count,
        count(*) FILTER (status = 'void' AND direction = 'sale') AS void_count,
        sum(net_minor) FILTER (status = 'valid' AND direction = 'sale' AND net_minor > 0) AS positive,
        count(*) FILTER (status = 'valid' AND direction = 'sale' AND net_minor > 0) AS positive_count,
        max(net_minor) FILTER (status = 'valid' AND direction = 'sale') AS largest,
        -sum(net_minor) FILTER (status = 'valid' AND direction = 'sale' AND net_minor < 0) AS negative,
        max(issued_on) FILTER (status = 'valid' AND direction = 'sale') AS last_sale
    FROM inside GROUP BY ALL
), parties AS (
    SELECT enterprise, direction, counterparty, sum(net_minor)::BIGINT AS net
    FROM inside WHERE status = 'valid' GROUP BY ALL
), ranked AS (
    SELECT enterprise, direction, greatest(net, 0) AS net,
        sum(greatest(net, 0)) OVER (PARTITION BY enterprise, direction) AS total,
        row_number() OVER (PARTITION BY enterprise, direction ORDER BY net DESC) AS place
    FROM parties
), concentrations AS (
    SELECT enterprise,
        count(*) FILTER (direction = 'sale') AS buyers,
        count(*) FILTER (direction = 'purchase') AS suppliers,
        sum(net) FILTER (direction = 'sale' AND place <= 5) AS top5,
        sum(net) FILTER (direction = 'sale') AS bought,
        sum(pow(net / total, 2)) FILTER (direction = 'sale' AND total > 0) AS buyer_hhi,
        sum(pow(net / total, 2)) FILTER (direction = 'purchase' AND total > 0) AS supplier_hhi
    FROM ranked GROUP BY ALL
), monthly AS (
    SELECT enterprise, month, sum(net_minor)::BIGINT AS net,
        month - lag(month, 1, -1) OVER (PARTITION BY enterprise ORDER BY month) - 1 AS quiet
    FROM inside WHERE status = 'valid' AND direction = 'sale' GROUP BY enterprise, month
), rhythm AS (
    SELECT enterprise, count(*) AS active, greatest(max(quiet), {months} - 1 - max(month)) AS gap,
        sum(net) FILTER (month < {half}) AS earlier, sum(net) FILTER (month >= {months} - {half}) AS later
    FROM monthly GROUP BY ALL
)
SELECT enterprise, coalesce(sales, 0)::BIGINT, coalesce(purchases, 0)::BIGINT, sales_count, purchase_count,
    CASE WHEN sales_count + void_count > 0
        THEN round(void_count * 10000 / (sales_count + void_count))::BIGINT END,
    CASE WHEN positive > 0 THEN round(coalesce(negative, 0) * 10000 / positive)::BIGINT END,
    coalesce(buyers, 0), coalesce(suppliers, 0),
    CASE WHEN bought > 0 THEN round(top5 * 10000 / bought)::BIGINT END,
    round(buyer_hhi * 10000)::BIGINT, round(supplier_hhi * 10000)::BIGINT,
    coalesce(active, 0), coalesce(gap, {months}),
    CASE WHEN sales > 0 THEN round(coalesce(purchases, 0) * 10000 / sales)::BIGINT END,
    CASE WHEN earlier > 0 THEN round((coalesce(later, 0) - earlier) * 10000 / earlier)::BIGINT END,
    CASE WHEN positive_count > 0 THEN round(positive / positive_count)::BIGINT END,
    CASE WHEN positive > 0 THEN round(largest * 10000 / positive)::BIGINT END,
    datediff('day', last_sale, DATE '{last}')
FROM totals LEFT JOIN concentrations USING (enterprise) LEFT JOIN rhythm USING (enterprise)
"""


def sql(period: Period) -> str:
    return SQL.format(
        first=period.first_day, last=period.last_day, months=period.months, half=period.months // 2
    )


def with_polars(path: Path, period: Period) -> list[tuple]:
    import polars as pl  # noqa: PLC0415 - only the process that measures it loads it

    col, half, months = pl.col, period.months // 2, period.months
    inside = pl.scan_parquet(path).filter(col("issued_on").is_between(period.first_day, period.last_day))
    inside = inside.with_columns(
        month=col("issued_on").dt.year().cast(pl.Int64) * 12
        + col("issued_on").dt.month()
        - 1
        - period.first_month
    )
    valid, sale = col("status") == "valid", col("direction") == "sale"
    net = col("net_minor")
    totals = inside.group_by("enterprise").agg(
        sales=net.filter(valid & sale).sum(),
        purchases=net.filter(valid & ~sale).sum(),
        sales_count=(valid & sale).sum(),
        purchase_count=(valid & ~sale).sum(),
        void=(~valid & sale).sum(),
        positive=net.filter(valid & sale & (net > 0)).sum(),
        positive_count=(valid & sale & (net > 0)).sum(),
        largest=net.filter(valid & sale).max(),
        negative=-net.filter(valid & sale & (net < 0)).sum(),
        last_sale=col("issued_on").filter(valid & sale).max(),
    )
    parties = (
        inside.filter(valid)
        .group_by("enterprise", "direction", "counterparty")
        .agg(net=net.sum())
        .with_columns(net_up=col("net").clip(0))
    )
    spread = parties.group_by("enterprise").agg(
        buyers=sale.sum(),
        suppliers=(~sale).sum(),
        top5=col("net_up").filter(sale).top_k(5).sum(),
        bought=col("net_up").filter(sale).sum(),
        buyer_hhi=(col("net_up").filter(sale) / col("net_up").filter(sale).sum()).pow(2).sum(),
        supplier_hhi=(col("net_up").filter(~sale) / col("net_up").filter(~sale).sum()).pow(2).sum(),
        suppliers_total=col("net_up").filter(~sale).sum(),
    )
    monthly = (
        inside.filter(valid & sale)
        .group_by("enterprise", "month")
        .agg(net=net.sum())
        .sort("enterprise", "month")
    )
    rhythm = monthly.group_by("enterprise").agg(
        active=pl.len(),
        gap=pl.max_horizontal(
            (col("month") - col("month").shift(1).fill_null(-1) - 1).max(), months - 1 - col("month").max()
        ),
        earlier=col("net").filter(col("month") < half).sum(),
        later=col("net").filter(col("month") >= months - half).sum(),
    )
    joined = totals.join(spread, on="enterprise", how="left").join(rhythm, on="enterprise", how="left")

    def ratio(part: pl.Expr, whole: pl.Expr, steps: int = 10_000) -> pl.Expr:
        found = part * steps / whole
        rounded = (found.abs() + 0.5).floor() * found.sign()
        return pl.when(whole > 0).then(rounded).otherwise(None).cast(pl.Int64)

    chosen = joined.select(
        "enterprise",
        "sales",
        "purchases",
        "sales_count",
        "purchase_count",
        ratio(col("void"), col("sales_count") + col("void")).alias("a"),
        ratio(col("negative"), col("positive")).alias("b"),
        col("buyers").fill_null(0),
        col("suppliers").fill_null(0),
        ratio(col("top5"), col("bought")).alias("c"),
        pl.when(col("bought") > 0).then((col("buyer_hhi") * 10000 + 0.5).floor()).cast(pl.Int64).alias("d"),
        pl.when(col("suppliers_total") > 0)
        .then((col("supplier_hhi") * 10000 + 0.5).floor())
        .cast(pl.Int64)
        .alias("e"),
        col("active").fill_null(0),
        col("gap").fill_null(months),
        ratio(col("purchases"), col("sales")).alias("f"),
        ratio(col("later") - col("earlier"), col("earlier")).alias("g"),
        ratio(col("positive"), col("positive_count"), 1).alias("h"),
        ratio(col("largest"), col("positive")).alias("i"),
        (pl.lit(period.last_day) - col("last_sale")).dt.total_days().alias("j"),
    )
    return chosen.collect(engine="streaming").rows()


def with_pandas(path: Path, period: Period) -> list[tuple]:
    import numpy as np  # noqa: PLC0415 - heavy; only this needs it
    import pandas as pd  # noqa: PLC0415 - heavy; only this needs it

    half, months = period.months // 2, period.months
    frame = pd.read_parquet(path)
    day = pd.to_datetime(frame["issued_on"])
    inside = (day >= pd.Timestamp(period.first_day)) & (day <= pd.Timestamp(period.last_day))
    frame, day = frame[inside], day[inside]
    frame = frame.assign(day=day, month=day.dt.year * 12 + day.dt.month - 1 - period.first_month)
    names = pd.Index(frame["enterprise"].unique())
    valid, sale = frame["status"] == "valid", frame["direction"] == "sale"
    sold, bought, void = frame[valid & sale], frame[valid & ~sale], frame[~valid & sale]

    def by(part: "pd.DataFrame") -> object:
        return part.groupby("enterprise")

    def filled(series: "pd.Series") -> "pd.Series":
        return series.reindex(names, fill_value=0)

    positive = by(sold[sold["net_minor"] > 0])["net_minor"].agg(["sum", "count", "max"])
    parties = frame[valid].groupby(["enterprise", "direction", "counterparty"])["net_minor"].sum()
    parties = parties.rename("net").reset_index().assign(up=lambda rows: rows["net"].clip(lower=0))
    total = parties.groupby(["enterprise", "direction"])["up"].transform("sum")
    parties = parties.assign(square=(parties["up"] / total) ** 2)
    sides = {side: parties[parties["direction"] == side] for side in ("sale", "purchase")}
    top5 = by(sides["sale"].sort_values("up", ascending=False).groupby("enterprise").head(5))["up"].sum()
    monthly = sold.groupby(["enterprise", "month"])["net_minor"].sum().reset_index()
    previous = monthly.groupby("enterprise")["month"].shift(1).fillna(-1)
    monthly = monthly.assign(quiet=monthly["month"] - previous - 1)
    quiet = by(monthly)["quiet"].max().combine(months - 1 - by(monthly)["month"].max(), max)
    earlier = filled(by(monthly[monthly["month"] < half])["net_minor"].sum())
    later = filled(by(monthly[monthly["month"] >= months - half])["net_minor"].sum())
    counts = {
        "sold": filled(by(sold).size()),
        "bought": filled(by(bought).size()),
        "void": filled(by(void).size()),
    }
    sales, purchases = filled(by(sold)["net_minor"].sum()), filled(by(bought)["net_minor"].sum())
    positives = positive.reindex(names, fill_value=0)
    negative = -filled(by(sold[sold["net_minor"] < 0])["net_minor"].sum())
    totals = {side: filled(by(rows)["up"].sum()) for side, rows in sides.items()}

    def ratio(part: "pd.Series", whole: "pd.Series", steps: int = 10_000) -> "pd.Series":
        with np.errstate(divide="ignore", invalid="ignore"):
            found = part * steps / whole
        return (np.floor(found.abs() + 0.5) * np.sign(found)).where(whole > 0)

    def hhi(side: str) -> "pd.Series":
        squares = filled(by(sides[side])["square"].sum())
        return np.floor(squares * 10000 + 0.5).where(totals[side] > 0)

    last = (pd.Timestamp(period.last_day) - by(sold)["day"].max()).dt.days.reindex(names)
    columns = [
        sales, purchases, counts["sold"], counts["bought"],
        ratio(counts["void"], counts["sold"] + counts["void"]), ratio(negative, positives["sum"]),
        filled(by(sides["sale"]).size()), filled(by(sides["purchase"]).size()),
        ratio(filled(top5), totals["sale"]), hhi("sale"), hhi("purchase"), filled(by(monthly).size()),
        quiet.reindex(names, fill_value=months), ratio(purchases, sales), ratio(later - earlier, earlier),
        ratio(positives["sum"], positives["count"], 1), ratio(positives["max"], positives["sum"]), last,
    ]  # fmt: skip
    frame = pd.DataFrame(dict(enumerate(columns)), index=names)
    return [
        (name, *(None if cell != cell else int(cell) for cell in row)) for name, *row in frame.itertuples()
    ]
