"""Indicators of all enterprises: ours against SQL, pandas and Polars written by hand, and their growth."""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import by_hand
import duckdb
from report import note, spread, table

from tallystick.admission.books import invoices
from tallystick.admission.indicators import INDICATORS, indicator_table
from tallystick.admission.period import period_before
from tallystick.analytics.engine import sql_of

AIM = 1.3
ROWS_A_COMPANY = 250
THREADS = 2
MEMORY = "4GiB"
AS_OF, MONTHS = date(2026, 1, 15), 12
PERIOD = period_before(AS_OF, MONTHS)

GENERATED = """
COPY (
    SELECT CASE WHEN h % 100 < 55 THEN 'sale' ELSE 'purchase' END AS direction,
           'E' || (n % {companies}) AS enterprise, n::VARCHAR AS number,
           DATE '2024-11-01' + (hash(n, 1) % 440)::INTEGER AS issued_on,
           'C' || (n % {companies}) || '-'
               || CAST(floor(40 * pow((hash(n, 2) % 10000) / 10000.0, 2)) AS INTEGER) AS counterparty,
           net AS net_minor, CAST(round(net * 0.13) AS BIGINT) AS tax_minor,
           net + CAST(round(net * 0.13) AS BIGINT) AS gross_minor,
           CASE WHEN hash(n, 4) % 100 < 4 THEN 'void' ELSE 'valid' END AS status
    FROM (SELECT n, hash(n) AS h, CASE WHEN hash(n, 5) % 100 < 3 THEN -1 ELSE 1 END
                 * CAST(1000 + hash(n, 3) % 5000000 AS BIGINT) AS net
          FROM range({rows}) AS t(n))
) TO '{path}' (FORMAT parquet)
"""


def generate(path: Path, rows: int) -> None:
    """Write ``rows`` invoices, the same in every run, of companies with a few hundred each."""
    with duckdb.connect() as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'; SET threads = {THREADS}")
        companies = max(rows // ROWS_A_COMPANY, 1)
        connection.execute(GENERATED.format(rows=rows, companies=companies, path=path))


def connected(path: Path, folder: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(f"SET memory_limit = '{MEMORY}'; SET threads = {THREADS}")
    connection.execute(f"SET temp_directory = '{folder / 'spill'}'")
    connection.execute(f"CREATE VIEW invoices AS FROM '{path}'")
    return connection


def ours_on(connection: duckdb.DuckDBPyConnection, names: tuple[str, ...]) -> list[tuple]:
    sql = sql_of(indicator_table(invoices(), PERIOD, names))
    return connection.execute(f"SELECT enterprise, {', '.join(names)} FROM ({sql})").fetchall()  # noqa: S608


def engine_run(engine: str, path: Path, folder: Path) -> list[tuple]:
    """Return one row per enterprise: its name and the indicators of ``by_hand.NAMES``, whole numbers."""
    if engine == "pandas":
        return by_hand.with_pandas(path, PERIOD)
    if engine == "polars":
        return by_hand.with_polars(path, PERIOD)
    with connected(path, folder) as connection:
        if engine == "sql":
            return connection.execute(by_hand.sql(PERIOD)).fetchall()
        if engine == "ours":
            return ours_on(connection, by_hand.NAMES)
        return ours_on(connection, tuple(each.name for each in INDICATORS))


def child(engine: str, path: Path, folder: Path) -> None:
    """Run one engine once in this process and print seconds, peak memory and a digest of the answer."""
    began = time.perf_counter()
    rows = engine_run(engine, path, folder)
    seconds = time.perf_counter() - began
    status = Path("/proc/self/status").read_text()
    peak_kib = int(status.partition("VmHWM:")[2].split()[0])
    if engine != "all":
        (folder / f"{engine}.json").write_text(json.dumps(sorted(rows)))
    print(json.dumps({"seconds": seconds, "peak_mib": peak_kib / 1024, "rows": len(rows)}))


def measured(engine: str, path: Path, folder: Path) -> dict[str, float]:
    arguments = [sys.executable, __file__, "--child", engine, "--path", str(path), "--folder", str(folder)]
    done = subprocess.run(arguments, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def equal(folder: Path, engine: str, than: str = "sql") -> bool:
    """Say whether two answers agree: to the last digit, an index of concentration within 0.0001.

    By hand it is summed in floats, which may round a tie to the other side.
    """
    mine, theirs = (json.loads((folder / f"{name}.json").read_text()) for name in (engine, than))
    loose = [name.endswith("_hhi") for name in ("enterprise", *by_hand.NAMES)]
    return len(mine) == len(theirs) and all(
        a == b or (free and None not in (a, b) and abs(a - b) <= 1)
        for one, other in zip(mine, theirs, strict=True)
        for a, b, free in zip(one, other, loose, strict=True)
    )


def compared(rows: int, repeats: int, folder: Path) -> str:
    path = folder / "invoices.parquet"
    generate(path, rows)
    engines = {
        "ours": "ours",
        "sql": "DuckDB, SQL by hand",
        "polars": "Polars by hand",
        "pandas": "pandas by hand",
    }
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in (*engines, "all")}
    for at in range(repeats):
        for name, taken in runs.items():
            note(f"indicators: {name}, round {at + 1}")
            taken.append(measured(name, path, folder))
    for name in ("ours", "polars", "pandas"):
        assert equal(folder, name), name
    base = [run["seconds"] for run in runs["sql"]]
    lines = []
    for name, label in {**engines, "all": f"ours, all {len(INDICATORS)} indicators"}.items():
        ratios = [run["seconds"] / hand for run, hand in zip(runs[name], base, strict=True)]
        seconds = [run["seconds"] for run in runs[name]]
        peak = max(run["peak_mib"] for run in runs[name])
        lines.append((label, spread(seconds), spread(ratios), f"{peak:,.0f}"))
    path.unlink()
    return table(("engine", "seconds", "times the SQL by hand", "peak MiB"), lines)


def growth(sizes: list[int], folder: Path) -> str:
    lines = []
    for rows in sizes:
        note(f"indicators: {rows:,} invoices")
        path = folder / "growth.parquet"
        generate(path, rows)
        run = measured("all", path, folder)
        lines.append(
            (f"{rows:,}", f"{run['rows']:,.0f}", f"{run['seconds']:.2f}", f"{rows / run['seconds']:,.0f}",
             f"{run['peak_mib']:,.0f}")
        )  # fmt: skip
        path.unlink()
    return table(("invoices", "companies", "seconds", "invoices/s", "peak MiB"), lines)


PAGE = """## Indicators

Indicators of every company over {rows:,} made-up invoices in a Parquet file, {months} months, {threads}
threads; DuckDB is allowed {memory}. {count} core indicators were written by hand in SQL, Polars and pandas;
medians of {repeats} rounds, each engine in a process of its own, the time from opening the file to the rows
in Python, the building of our query included. All four answers are equal in every company and every
figure (an index of concentration, which is summed in floats by hand, to 0.0001). The aim is {aim} times
the SQL by hand.
"""
GROWING = "\nAll {count} indicators as the books grow, once each, the same limits:\n"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=5_000_000)
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--grow", type=int, nargs="*", default=[500_000, 5_000_000, 50_000_000])
    options.add_argument("--child", help=argparse.SUPPRESS)
    options.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    options.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.child:
        child(given.child, given.path, given.folder)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        facts = {"rows": given.rows, "months": MONTHS, "threads": THREADS, "memory": MEMORY, "aim": AIM}
        print(PAGE.format(**facts, repeats=given.repeats, count=len(by_hand.NAMES)))
        print(compared(given.rows, given.repeats, folder))
        if given.grow:
            print(GROWING.format(count=len(INDICATORS)))
            print(growth(given.grow, folder))


if __name__ == "__main__":
    main()
