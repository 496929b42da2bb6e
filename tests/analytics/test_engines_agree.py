"""One definition, two engines: DuckDB and Spark give the same digits for every indicator and enterprise."""

import importlib.util
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tallystick.admission.books import invoices
from tallystick.admission.indicators import INDICATORS, indicator_table
from tallystick.admission.period import period_before
from tallystick.analytics.engine import sql_of
from tallystick.analytics.spark import spark_indicators, spark_session, spark_sql_of
from tallystick.errors import Unavailable

PERIODS = [period_before(date(2026, 1, 15), months) for months in (12, 7)]
MADE_UP = """
    COPY (
        SELECT CASE WHEN hash(n, 1) % 2 = 0 THEN 'sale' ELSE 'purchase' END AS direction,
               'E' || hash(n, 2) % 60 AS enterprise, n::VARCHAR AS number,
               DATE '2024-12-01' + (hash(n, 3) % 400)::INTEGER AS issued_on,
               CASE WHEN hash(n, 9) % 50 = 0 THEN 'E' || hash(n, 2) % 60 ELSE 'C' || hash(n, 4) % 25 END
                   AS counterparty,
               net AS net_minor, (net * (hash(n, 5) % 3)::BIGINT * 6) // 100 AS tax_minor, net AS gross_minor,
               CASE WHEN hash(n, 6) % 9 = 0 THEN 'void' ELSE 'valid' END AS status
        FROM (SELECT n, CASE WHEN hash(n, 7) % 8 = 0 THEN -1 ELSE 1 END
                     * (hash(n, 8) % 10 ** (2 + n % 10)::BIGINT)::BIGINT AS net
              FROM range(6000) AS t(n))
        UNION ALL SELECT 'sale', 'ONE', '1', DATE '2025-12-31', 'B', 100, 13, 113, 'valid'
        UNION ALL SELECT 'purchase', 'VOID', '1', DATE '2025-11-30', 'B', 100, 13, 113, 'void'
    ) TO '{path}' (FORMAT parquet)
"""


def needed() -> str | None:
    if importlib.util.find_spec("pyspark") is None:
        return "Spark is not installed (extra `spark`)"
    return None if shutil.which("java") else "there is no Java"


def test_every_indicator_is_written_for_spark() -> None:
    written = spark_sql_of(indicator_table(invoices(), PERIODS[0]))
    assert all(f"AS `{each.name}`" in written for each in INDICATORS)


def test_without_the_extra_spark_is_said_to_be_missing() -> None:
    if importlib.util.find_spec("pyspark"):
        pytest.skip("Spark is installed here")
    with pytest.raises(Unavailable) as caught, spark_session():
        pass
    assert caught.value.code == "spark_missing"


@pytest.mark.slow
def test_duckdb_and_spark_agree_to_the_last_digit(tmp_path: Path) -> None:
    # Spark is an extra of a gigabyte; where it is left out this is a skip even where nothing may be missing.
    if reason := needed():
        pytest.skip(reason)
    path = tmp_path / "invoices.parquet"
    with duckdb.connect() as connection, spark_session() as session:
        connection.execute(MADE_UP.format(path=path))
        connection.execute(f"CREATE VIEW invoices AS FROM '{path}'")
        for period in PERIODS:
            cursor = connection.execute(sql_of(indicator_table(invoices(), period)))
            names = [column[0] for column in cursor.description]
            expected = sorted(
                (dict(zip(names, row, strict=True)) for row in cursor.fetchall()),
                key=lambda row: row["enterprise"],
            )
            assert len(expected) == 62
            assert spark_indicators(session, [path], period) == expected
