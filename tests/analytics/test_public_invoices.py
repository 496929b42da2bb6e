"""On real invoices the indicators equal SQL written by hand over the files as they were published."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest

from tallystick.admission.mapping import parse_mapping
from tallystick.analytics.books import Books, load, resolve
from tallystick.analytics.mappings import find_mapping
from tests.analytics import oracle
from tests.analytics.folders import opened, plain

pytestmark = pytest.mark.shared_data

AS_OF = date(2020, 1, 15)
MONTHS = 24
SETS = ("a1", "a2")

# Written against the published columns; yuan become fen once, on the way in.
ROWS = """
    SELECT DISTINCT * FROM (
        SELECT 企业代号 AS enterprise, 发票号码 AS number, 开票日期 AS day, {party} AS party,
               CAST(round(金额 * 100) AS BIGINT) AS net, CAST(round(税额 * 100) AS BIGINT) AS tax,
               CAST(round(价税合计 * 100) AS BIGINT) AS gross, trim(发票状态) = '有效发票' AS valid
        FROM '{file}') WHERE day >= DATE '2018-01-01' AND day < DATE '2020-01-01'
"""
TOTALS = """
    SELECT enterprise, sum(net) FILTER (valid) AS amount, count(*) FILTER (valid) AS valid_count,
           count(*) FILTER (NOT valid) AS void_count,
           count(DISTINCT party) FILTER (valid) AS parties,
           sum(net) FILTER (valid AND net > 0) AS positive, -sum(net) FILTER (valid AND net < 0) AS negative,
           sum(net) FILTER (valid AND year(day) = 2018) AS earlier,
           sum(net) FILTER (valid AND year(day) = 2019) AS later,
           count(DISTINCT strftime(day, '%Y-%m')) FILTER (valid) AS active
    FROM {rows} GROUP BY enterprise
"""
PARTIES = "SELECT sum(net) FROM {} WHERE enterprise = ? AND valid GROUP BY party HAVING sum(net) > 0"
PARTIES_OF = {side: PARTIES.format(side) for side in ("sales", "purchases")}
CELLS = "SELECT number, CAST(day AS DATE), party, net, tax, gross, valid FROM {} WHERE enterprise = ?"
ROWS_OF = {side: CELLS.format(side) for side in ("sales", "purchases")}
TOTALS_OF = {side: f"FROM {side}_totals WHERE enterprise = ?" for side in ("sales", "purchases")}


@pytest.fixture(scope="module", params=SETS)
def data_set(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    return shared_data / "cumcm2020c"


@pytest.fixture(scope="module")
def books(data_set: str, folder: Path) -> Iterator[Books]:
    mapping = parse_mapping(find_mapping(f"cumcm2020c-{data_set}"))
    with load(resolve(folder, mapping), mapping) as books:
        yield books


@pytest.fixture(scope="module")
def by_hand(data_set: str, folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for side, file, party in (
            ("sales", "output", "购方单位代号"),
            ("purchases", "input", "销方单位代号"),
        ):
            rows = ROWS.format(party=party, file=folder / f"{data_set}_{file}_invoices.parquet")
            connection.execute(f"CREATE TABLE {side} AS {rows}")
            connection.execute(f"CREATE TABLE {side}_totals AS {TOTALS.format(rows=side)}")
        yield connection


def totals(connection: duckdb.DuckDBPyConnection, side: str, enterprise: str) -> dict[str, int]:
    cursor = connection.execute(TOTALS_OF[side], [enterprise])
    row = cursor.fetchone()
    names = [column[0] for column in cursor.description]
    return {name: value or 0 for name, value in zip(names, row or [0] * len(names), strict=True)}


def concentration(connection: duckdb.DuckDBPyConnection, side: str, enterprise: str) -> list[int]:
    found = connection.execute(PARTIES_OF[side], [enterprise]).fetchall()
    return sorted((net for (net,) in found), reverse=True)


def test_every_enterprise_is_there_and_nothing_is_lost(books: Books, data_set: str) -> None:
    expected = {
        "a1": (86, {"sales": 113198, "purchases": 132012}),
        "a2": (151, {"sales": 120585, "purchases": 148615}),
    }
    assert (len(books.enterprises()), books.row_counts) == expected[data_set]


def test_sums_counts_and_shares_equal_sql_written_by_hand(
    books: Books, by_hand: duckdb.DuckDBPyConnection
) -> None:
    for enterprise in books.enterprises()[::12]:
        found = plain(books.indicators(enterprise, AS_OF, MONTHS))
        sold, bought = (totals(by_hand, side, enterprise) for side in ("sales", "purchases"))
        buyers, suppliers = (concentration(by_hand, side, enterprise) for side in ("sales", "purchases"))
        worked = {
            "sales_amount": oracle.yuan(sold["amount"]),
            "purchase_amount": oracle.yuan(bought["amount"]),
            "sales_count": sold["valid_count"],
            "purchase_count": bought["valid_count"],
            "void_sales_share": oracle.four_places(
                sold["void_count"], sold["valid_count"] + sold["void_count"]
            ),
            "red_letter_sales_share": oracle.four_places(sold["negative"], sold["positive"]),
            "buyer_count": sold["parties"],
            "supplier_count": bought["parties"],
            "top5_buyer_share": oracle.four_places(sum(buyers[:5]), sum(buyers)),
            "buyer_hhi": oracle.stated_hhi(buyers),
            "supplier_hhi": oracle.stated_hhi(suppliers),
            "active_sales_months": sold["active"],
            "purchase_to_sales_ratio": oracle.four_places(bought["amount"], sold["amount"]),
            "sales_growth": oracle.four_places(sold["later"] - sold["earlier"], sold["earlier"]),
        }
        assert {name: found[name] for name in worked} == worked, enterprise


def test_every_indicator_equals_the_plain_computation(
    books: Books, by_hand: duckdb.DuckDBPyConnection
) -> None:
    for enterprise in books.enterprises()[1::30]:
        rows = [
            oracle.Invoice(direction, *row, "valid" if valid else "void")
            for direction, side in (("sale", "sales"), ("purchase", "purchases"))
            for *row, valid in by_hand.execute(ROWS_OF[side], [enterprise]).fetchall()
        ]
        found = plain(books.indicators(enterprise, AS_OF, MONTHS))
        assert found == oracle.indicators(rows, AS_OF, MONTHS), enterprise


def test_gaps_equal_a_walk_over_the_months(books: Books, by_hand: duckdb.DuckDBPyConnection) -> None:
    calendar = oracle.period_months(AS_OF, MONTHS)
    for enterprise in books.enterprises()[:8]:
        query = "SELECT DISTINCT year(day), month(day) FROM sales WHERE enterprise = ? AND valid"
        active = set(by_hand.execute(query, [enterprise]).fetchall())
        found = books.indicators(enterprise, AS_OF, MONTHS)["longest_sales_gap_months"].value
        assert found == oracle.longest_gap(calendar, active), enterprise


def test_the_stated_concentration_is_the_exact_one(books: Books, by_hand: duckdb.DuckDBPyConnection) -> None:
    for enterprise in books.enterprises()[:8]:
        exact = oracle.exact_hhi(concentration(by_hand, "sales", enterprise))
        found = books.indicators(enterprise, AS_OF, MONTHS)["buyer_hhi"].value
        assert (found is None) == (exact is None)
        assert exact is None or abs(Fraction(str(found)) - exact) <= Fraction(6, 10**5)


def test_the_known_blemishes_of_the_first_set_are_found(books: Books, data_set: str) -> None:
    if data_set == "a1":
        counts = {finding.code: finding.count for finding in books.quality("E27")}
        assert counts["does_not_add_up"] == 1  # net −4.64, tax 0.46, gross −5.10
        found = [books.quality(name) for name in books.enterprises()]
        blanks = sum(f.count for findings in found for f in findings if f.code == "stray_blanks")
        assert blanks == 47


def test_one_enterprise_extracted_answers_the_same(books: Books, tmp_path: Path) -> None:
    enterprise = books.enterprises()[0]
    books.extract(enterprise, tmp_path)
    with opened(tmp_path) as again:
        assert again.indicators(enterprise, AS_OF, MONTHS) == books.indicators(enterprise, AS_OF, MONTHS)
        codes = {f.code: f.count for f in again.quality(enterprise) if f.code != "stray_blanks"}
        assert codes == {f.code: f.count for f in books.quality(enterprise) if f.code != "stray_blanks"}
