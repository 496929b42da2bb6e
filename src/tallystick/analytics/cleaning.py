"""The cleaning rules carried out on one enterprise's books, in the engine: cleaned rows, log and report."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from tallystick.admission.books import COLUMNS, MAX_AMOUNT_DIGITS, VALID, VOID
from tallystick.admission.cleaning import (
    CORRECT,
    KEEP,
    OUTLIER_ROWS,
    OUTLIER_SCORE_TENTHS,
    RULES,
    SET_ASIDE,
    Change,
    Row,
    actions,
    report,
)
from tallystick.admission.quality import EARLIEST, LATEST
from tallystick.analytics.engine import connect
from tallystick.analytics.reading import literal
from tallystick.analytics.sources import Limits
from tallystick.errors import TooLarge

MAX_CLEANED_BYTES = 32 * 1024 * 1024
"""Of the cleaned books of one enterprise, and of its log, each as compressed Parquet."""

_FIELDS = ", ".join(COLUMNS)
_LOG_FIELDS = "step, direction, row, rule, action, field, before, after"
_FIELD_OF = {
    "future_date": "issued_on",
    "before_registration": "issued_on",
    "does_not_add_up": "tax_minor",
    "exact_duplicate": "number",
    "repeated_number": "number",
    "void_invoice": "status",
    "red_letter_invoice": "net_minor",
    "outlier": "net_minor",
}
"""The field that a rule's line in the log speaks of when the row stays."""


@dataclass(frozen=True)
class Cleaned:
    """What cleaning came to.

    Attributes:
        rows: the cleaned books, Parquet (zstd): ``row`` and the canonical columns.
        log: what was done, Parquet (zstd), a ``Change`` a row.
        report: one entry a rule.
    """

    rows: bytes
    log: bytes
    report: list[dict[str, object]]


def clean(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    enterprise: str,
    as_of: date,
    established_on: date | None,
    choices: Mapping[str, str] | None,
) -> Cleaned:
    """Clean the rows of one enterprise in ``marked``; the tables are temporary to ``connection``.

    Raises:
        Malformed: ``unknown_rule``, ``unknown_action``.
        TooLarge: ``cleaned_books_too_large`` above ``MAX_CLEANED_BYTES``.
    """
    chosen = actions(choices)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE work AS SELECT row, {_FIELDS}, impossible_date, "
        "NULL::VARCHAR AS reason FROM marked WHERE enterprise = ?",
        [enterprise],
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE log (step INTEGER, direction VARCHAR, row BIGINT, rule VARCHAR, "
        "action VARCHAR, field VARCHAR, before VARCHAR, after VARCHAR)"
    )
    # Blanks were taken first, then days that do not exist; ``casting`` kept what stood there.
    connection.execute(
        "INSERT INTO log SELECT CASE rule WHEN 'stray_blanks' THEN 0 ELSE 1 END, direction, row, rule, "
        f"'{CORRECT}', field, before, after FROM first_changes WHERE enterprise = ?",
        [enterprise],
    )
    conditions = _conditions(as_of, established_on)
    for step, rule in enumerate(RULES, 2):
        if rule.code in conditions:
            _apply(connection, rule.code, conditions[rule.code], chosen[rule.code], step)
    counted = "SELECT rule, count(DISTINCT (direction, row)) FROM log GROUP BY rule"
    counts = dict(connection.execute(counted).fetchall())
    rows = f"SELECT row, {_FIELDS} FROM work WHERE reason IS NULL ORDER BY direction DESC, row"
    log = f"SELECT {_LOG_FIELDS} FROM log ORDER BY step, direction, row, field"
    cleaned = Cleaned(
        _parquet(connection, rows, folder), _parquet(connection, log, folder), report(counts, chosen)
    )
    connection.execute("DROP TABLE work; DROP TABLE log")
    return cleaned


def _conditions(as_of: date, established_on: date | None) -> dict[str, str]:
    """An SQL condition for each rule that looks at rows, over ``work`` and its windows."""
    absent = " OR ".join(f"{column} IS NULL" for column in COLUMNS)
    score = f"0.6745 * abs(ln(abs(net_minor)) - median) > {OUTLIER_SCORE_TENTHS} * spread / 10"
    same = ", ".join(COLUMNS)
    return {
        "impossible_date": f"impossible_date OR issued_on NOT BETWEEN DATE '{EARLIEST}' AND DATE '{LATEST}'",
        "missing_value": absent,
        "future_date": f"issued_on > DATE '{as_of}'",
        "before_registration": f"issued_on < DATE '{established_on}'" if established_on else "false",
        "does_not_add_up": "net_minor + tax_minor != gross_minor",
        "exact_duplicate": f"row_number() OVER (PARTITION BY {same} ORDER BY row) > 1",
        "repeated_number": f"count(*) OVER (PARTITION BY direction, number) > "
        f"count(*) OVER (PARTITION BY {same})",
        "void_invoice": f"status = '{VOID}'",
        "red_letter_invoice": f"status = '{VALID}' AND net_minor < 0",
        "outlier": f"status = '{VALID}' AND net_minor != 0 AND spread > 0 AND valid_rows >= {OUTLIER_ROWS} "
        f"AND {score}",
    }


_SPREAD = f"""
    WITH sizes AS (SELECT direction, ln(abs(net_minor)) AS size FROM work
                   WHERE reason IS NULL AND status = '{VALID}' AND net_minor != 0),
    medians AS (SELECT direction, median(size) AS median, count(*) AS valid_rows FROM sizes
                GROUP BY direction),
    spreads AS (SELECT direction, median(abs(size - median)) AS spread
                FROM sizes JOIN medians USING (direction) GROUP BY direction)
    SELECT work.* EXCLUDE (reason, impossible_date), median, spread, valid_rows
    FROM work JOIN medians USING (direction) JOIN spreads USING (direction) WHERE reason IS NULL
"""


def _apply(connection: duckdb.DuckDBPyConnection, code: str, condition: str, action: str, step: int) -> None:
    source = _SPREAD if code == "outlier" else "SELECT * FROM work WHERE reason IS NULL"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE hits AS SELECT direction, row FROM "
        f"(SELECT direction, row, {condition} AS hit FROM ({source})) WHERE hit"
    )
    if action == SET_ASIDE:
        _log(connection, code, action, step, list(COLUMNS), "NULL")
        connection.execute(
            f"UPDATE work SET reason = {literal(code)} FROM hits "
            "WHERE work.direction = hits.direction AND work.row = hits.row"
        )
    elif action == CORRECT and code == "does_not_add_up":
        # A difference that is no amount stays as it is.
        safe = f"abs(gross_minor - net_minor) < {10**MAX_AMOUNT_DIGITS}"
        _log(connection, code, action, step, ["tax_minor"], "gross_minor - net_minor", safe)
        _log(connection, code, KEEP, step, ["tax_minor"], "tax_minor", f"NOT ({safe})")
        connection.execute(
            f"UPDATE work SET tax_minor = gross_minor - net_minor FROM hits "
            f"WHERE work.direction = hits.direction AND work.row = hits.row AND {safe}"
        )
    else:
        field = _FIELD_OF[code]
        _log(connection, code, action, step, [field], field)
    connection.execute("DROP TABLE hits")


def _log(
    connection: duckdb.DuckDBPyConnection,
    code: str,
    action: str,
    step: int,
    fields: list[str],
    after: str,
    where: str = "true",
) -> None:
    for field in fields:
        connection.execute(
            f"INSERT INTO log SELECT {step}, direction, row, {literal(code)}, {literal(action)}, "
            f"{literal(field)}, CAST({field} AS VARCHAR), CAST({after} AS VARCHAR) "
            f"FROM work JOIN hits USING (direction, row) WHERE {where}"
        )


def _parquet(connection: duckdb.DuckDBPyConnection, query: str, folder: Path) -> bytes:
    path = folder / "cleaned.parquet"
    connection.execute(f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)")
    try:
        if path.stat().st_size > MAX_CLEANED_BYTES:
            raise TooLarge(
                "cleaned_books_too_large",
                f"Cleaned books may take {MAX_CLEANED_BYTES:,} bytes, and their log as much.",
            )
        return path.read_bytes()
    finally:
        path.unlink()


def read_cleaned(data: bytes, folder: Path) -> list[tuple[int, Row]]:
    """Return the rows of cleaned books, each with its number in its file and every value as text."""
    texts = ", ".join(f"CAST({column} AS VARCHAR)" for column in COLUMNS)
    return [
        (number, dict(zip(COLUMNS, values, strict=True)))
        for number, *values in _select(data, folder, f"row, {texts}")
    ]


def read_log(data: bytes, folder: Path) -> list[Change]:
    """Return the log of a cleaning."""
    return [Change(*values) for values in _select(data, folder, _LOG_FIELDS)]


def _select(data: bytes, folder: Path, columns: str) -> list[tuple[Any, ...]]:
    path = folder / "read.parquet"
    path.write_bytes(data)
    try:
        with connect(folder, Limits()) as connection:
            rows: list[tuple[Any, ...]] = connection.execute(
                f"SELECT {columns} FROM read_parquet(?)", [str(path)]
            ).fetchall()
            return rows
    finally:
        path.unlink()
