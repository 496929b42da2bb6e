"""The one division behind every share: exact on the engine wherever the measures can lie."""

from collections.abc import Iterator
from fractions import Fraction

import duckdb
import ibis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.admission.books import MAX_SIDE_TOTAL_MINOR
from tallystick.admission.shares import nearest_quotient
from tallystick.analytics.engine import sql_of
from tests.analytics.oracle import half_up

PAIR = ibis.table({"numerator": "int64", "divisor": "int64"}, name="pair")
QUERY = "WITH pair AS (SELECT CAST(? AS BIGINT) AS numerator, CAST(? AS BIGINT) AS divisor) " + sql_of(
    PAIR.select(found=nearest_quotient(PAIR.numerator, PAIR.divisor))
)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def quotient(connection: duckdb.DuckDBPyConnection, numerator: int, divisor: int) -> int | None:
    row = connection.execute(QUERY, [numerator, divisor]).fetchone()
    assert row is not None
    return row[0]


@given(
    part=st.integers(-MAX_SIDE_TOTAL_MINOR, MAX_SIDE_TOTAL_MINOR), whole=st.integers(1, MAX_SIDE_TOTAL_MINOR)
)
def test_a_share_is_the_nearest_ten_thousandth(
    connection: duckdb.DuckDBPyConnection, part: int, whole: int
) -> None:
    expected = Fraction(part * 10_000, whole)
    if abs(expected) < 2**52:
        assert quotient(connection, part * 10_000, whole) == half_up(expected)


@pytest.mark.parametrize(
    ("numerator", "divisor", "expected"),
    [
        (5, 10, 1),
        (-5, 10, -1),
        (4, 10, 0),
        (15, 10, 2),
        (-15, 10, -2),
        (1, 3, 0),
        (2, 3, 1),
        (7, 0, None),
        (7, -1, None),
    ],
)
def test_halves_go_away_from_zero_and_nothing_is_divided_by_less_than_one(
    connection: duckdb.DuckDBPyConnection, numerator: int, divisor: int, expected: int | None
) -> None:
    assert quotient(connection, numerator, divisor) == expected
