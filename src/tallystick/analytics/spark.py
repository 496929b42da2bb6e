"""Spark: the same expressions on a cluster, for books that one machine cannot hold (extra ``spark``).

The expressions are written for Spark by the same compiler; what they answer is equal to the last digit.
Spark reads the cleaned canonical invoices from Parquet, which DuckDB writes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from tallystick.admission.books import COLUMNS, invoices
from tallystick.admission.indicators import indicator_table
from tallystick.admission.period import Period
from tallystick.errors import Unavailable

_SETTINGS = {
    # A number that does not fit is an error, never another number.
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
}


@contextmanager
def spark_session(master: str = "local[2]", memory: str = "2g", partitions: int = 8) -> Iterator[Any]:
    """Hold a Spark session, and stop it afterwards.

    Args:
        master: Spark's address: ``local[N]`` for N threads of this machine.
        memory: what its driver may hold.
        partitions: into how many parts it divides what it groups.

    Raises:
        Unavailable: ``spark_missing`` without the extra ``spark`` or without Java.
    """
    try:
        from pyspark.errors import PySparkException  # noqa: PLC0415 - an extra of its own
        from pyspark.sql import SparkSession  # noqa: PLC0415 - heavy; only this needs it
    except ImportError as error:
        raise Unavailable(
            "spark_missing", "Spark is not installed; install the extra `spark` of this package."
        ) from error
    building = SparkSession.builder.master(master).appName("tallystick")
    settings = {
        **_SETTINGS,
        "spark.driver.memory": memory,
        "spark.sql.shuffle.partitions": str(partitions),
    }
    for name, value in settings.items():
        building = building.config(name, value)
    try:
        session = building.getOrCreate()
    except (PySparkException, OSError) as error:
        raise Unavailable("spark_missing", "Spark could not be started; it needs Java 17.") from error
    try:
        yield session
    finally:
        session.stop()


def spark_indicators(
    session: Any,  # noqa: ANN401 - Spark's session, of an extra that may not be installed
    paths: list[Path],
    period: Period,
) -> list[dict[str, Any]]:
    """Return one row per enterprise: ``enterprise`` and every invoice indicator, whole numbers or None.

    Args:
        session: of ``spark_session``.
        paths: Parquet files with the canonical columns, cleaned.
        period: what the indicators are worked out over.
    """
    rows = session.read.parquet(*(str(path) for path in paths)).select(*COLUMNS)
    rows.createOrReplaceTempView("invoices")
    found = session.sql(spark_sql_of(indicator_table(invoices(), period))).collect()
    return sorted((row.asDict() for row in found), key=lambda row: str(row["enterprise"]))


def spark_sql_of(expression: ir.Table) -> str:
    """Return the expression in Spark's SQL."""
    return str(ibis.to_sql(expression, dialect="pyspark"))
