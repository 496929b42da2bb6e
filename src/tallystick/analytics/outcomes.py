"""Files of outcomes, and files of indicators: tables of an analyst's own, read and written by DuckDB."""

import csv
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import duckdb

from tallystick.admission.indicators import FRACTIONS, INDICATORS, Indicator, IndicatorValue
from tallystick.admission.outcomes import MAX_OUTCOMES, Outcome, columns_of, is_rating, read_outcomes
from tallystick.analytics.sources import unreadable
from tallystick.errors import Malformed, TooLarge

MAX_BYTES: Final = 64 << 20
_READERS: Final = {
    ".csv": "read_csv(?, all_varchar = true, header = true, auto_detect = true)",
    ".parquet": "read_parquet(?)",
    ".jsonl": "read_json(?)",
    ".ndjson": "read_json(?)",
}


def load_outcomes(
    path: Path, asked: Mapping[str, str] | None = None
) -> tuple[dict[str, Outcome], tuple[str, ...]]:
    """Return the outcomes in a CSV, Parquet or JSON-lines file, and the rating columns that were not read.

    Args:
        path: the file.
        asked: its names for our columns, where they are not the usual ones (``admission.outcomes``).

    Raises:
        Malformed: ``unreadable_file``; ``leaking_column``, ``unknown_column``, ``bad_outcome``,
            ``repeated_outcome``, ``no_outcomes`` as ``admission.outcomes``.
        TooLarge: ``file_too_large``, ``too_many_rows``.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise unreadable(path.name, f"its name must end in one of {', '.join(_READERS)}")
    try:
        size = path.stat().st_size
    except OSError as error:
        raise unreadable(path.name, error.strerror or "it cannot be opened") from error
    if size > MAX_BYTES:
        raise TooLarge("file_too_large", f"{path.name} is larger than {MAX_BYTES:,} bytes.", file=path.name)
    # The name is taken as a pattern by the engine; brackets stand for themselves inside brackets.
    pattern = "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))
    try:
        with closing(_engine()) as engine:
            header = [
                row[0] for row in engine.execute(f"DESCRIBE SELECT * FROM {reader}", [pattern]).fetchall()
            ]
            columns = columns_of(header, asked)
            wanted = ", ".join(f"CAST({_quoted(theirs)} AS VARCHAR)" for theirs in columns.values())
            query = f"SELECT {wanted} FROM {reader} LIMIT {MAX_OUTCOMES + 1}"
            rows = engine.execute(query, [pattern]).fetchall()
    except duckdb.Error as error:
        raise unreadable(path.name, "it is not a table of the kind that its name says") from error
    if len(rows) > MAX_OUTCOMES:
        raise TooLarge("too_many_rows", f"{path.name} has more than {MAX_OUTCOMES:,} rows.", file=path.name)
    outcomes = read_outcomes(dict(zip(columns, row, strict=True)) for row in rows)
    return outcomes, tuple(name for name in header if is_rating(name))


def write_indicators(
    path: Path,
    rows: Mapping[str, Mapping[str, IndicatorValue]],
    indicators: Sequence[Indicator] = INDICATORS,
) -> None:
    """Write one row for each enterprise: CSV or Parquet, by the end of the file's name.

    Amounts and fractions keep their decimals; an indicator without a meaning is empty.

    Raises:
        Malformed: ``unknown_format``; ``cannot_write``.
    """
    ending = path.suffix.lower()
    if ending not in (".csv", ".parquet"):
        raise Malformed("unknown_format", f"{path.name}: indicators are written as .csv or .parquet.")
    lines = [(name, *(values[each.name].value for each in indicators)) for name, values in rows.items()]
    try:
        if ending == ".csv":
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(("enterprise", *(each.name for each in indicators)))
                writer.writerows(lines)
        else:
            _write_parquet(path, lines, indicators)
    except (OSError, duckdb.IOException) as error:
        raise Malformed("cannot_write", f"{path.name} cannot be written.") from error


def _write_parquet(path: Path, lines: Sequence[Sequence[object]], indicators: Sequence[Indicator]) -> None:
    columns = ", ".join(f"{each.name} {_sql_type(each.unit)}" for each in indicators)
    with closing(_engine()) as engine:
        engine.execute(f"CREATE TABLE indicators (enterprise VARCHAR, {columns})")
        places = ", ".join("?" * (len(indicators) + 1))
        engine.executemany(f"INSERT INTO indicators VALUES ({places})", lines)
        target = str(path).replace("'", "''")
        engine.execute(f"COPY (SELECT * FROM indicators ORDER BY enterprise) TO '{target}' (FORMAT parquet)")


def _sql_type(unit: str) -> str:
    if unit == "amount":
        return "DECIMAL(18, 2)"
    return "DECIMAL(18, 4)" if unit in FRACTIONS else "BIGINT"


def _engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        ":memory:", config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
