"""Both engines answer the same from the same evidence; one very large company is no special case."""

import time
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tallystick.analytics.portfolio import SPARK, Evidence
from tests.analytics.folders import AS_OF, opened
from tests.analytics.test_engines_agree import needed

ROWS = 1_000_000
LARGE = """
    COPY (
        SELECT 'E1' AS enterprise, n::VARCHAR AS number, DATE '2024-01-01' + (n % 700)::INTEGER AS issued_on,
               'C' || n % 5000 AS counterparty, n % 10007 + 1 AS net_minor, 0 AS tax_minor,
               n % 10007 + 1 AS gross_minor, 'valid' AS status
        FROM range({begin}, {end}) AS t(n)
    ) TO '{path}' (FORMAT parquet)
"""


def large(folder: Path, rows: int) -> Path:
    with duckdb.connect() as connection:
        half = rows // 2
        for name, begin in (("sales", 0), ("purchases", half)):
            connection.execute(LARGE.format(begin=begin, end=begin + half, path=folder / f"{name}.parquet"))
    return folder


@pytest.mark.slow
def test_a_million_rows_of_one_company_are_read_and_counted_exactly(tmp_path: Path) -> None:
    began = time.monotonic()
    with opened(large(tmp_path, ROWS)) as books:
        found = books.indicators("E1", date(2025, 12, 1), 24)
    first, last = date(2024, 1, 1), date(2025, 11, 30)
    inside = [n for n in range(ROWS // 2) if n % 700 <= (last - first).days]
    assert found["sales_count"].value == len(inside)
    assert found["sales_amount"].value == f"{sum(n % 10007 + 1 for n in inside) / 100:.2f}"
    assert found["buyer_count"].value == 5000
    assert time.monotonic() - began < 60


@pytest.mark.slow
def test_evidence_gives_the_same_on_spark(tmp_path: Path) -> None:
    if reason := needed():
        pytest.skip(reason)
    with opened(large(tmp_path, 20_000)) as books:
        on_spark, here = Evidence(books, engine=SPARK), Evidence(books)
        assert on_spark.of_all(AS_OF, 12) == here.of_all(AS_OF, 12)
        assert on_spark.of_one("E1", AS_OF, 6) == here.of_one("E1", AS_OF, 6)
