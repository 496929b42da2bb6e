"""The engine: a DuckDB connection that can read one folder and nothing else, and books put into it."""

from functools import cache
from pathlib import Path

import duckdb
import ibis
import ibis.expr.types as ir

from tallystick.admission import quality
from tallystick.admission.books import SIDES
from tallystick.admission.mapping import BooksMapping
from tallystick.analytics.casting import cast_side
from tallystick.analytics.reading import literal, read_side
from tallystick.analytics.sources import Limits, Sources, stage
from tallystick.errors import Malformed

_SQL_TYPES = {"string": "VARCHAR", "date": "DATE", "int64": "BIGINT", "boolean": "BOOLEAN"}

_FIRST_CHANGES = (
    "direction VARCHAR, enterprise VARCHAR, row BIGINT, "
    "rule VARCHAR, field VARCHAR, before VARCHAR, after VARCHAR"
)


def connect(folder: Path, limits: Limits) -> duckdb.DuckDBPyConnection:
    """Return an engine in memory that sees only ``folder``, loads no extension, and stays that way."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": f"{limits.memory_mib}MiB",
            "threads": str(limits.threads),
            "temp_directory": str(folder / "spill"),
        },
    )
    # Given to ``connect`` this one would be shown but not kept to (DuckDB 2.0.0).
    connection.execute(f"SET max_temp_directory_size = '{limits.spill_mib}MiB'")
    # In this order: which folder is allowed can only be said while all of them are.
    connection.execute(f"SET allowed_directories = [{literal(str(folder))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def fill(
    connection: duckdb.DuckDBPyConnection,
    sources: Sources,
    mapping: BooksMapping,
    folder: Path,
    limits: Limits,
) -> dict[str, int]:
    """Put the sources into ``marked``, ``invoices`` and ``finding_counts``; return the rows of each side.

    Raises:
        Malformed, TooLarge: as ``tallystick.analytics.books.load``.
    """
    staged = stage(sources, folder, limits)
    columns = ", ".join(f"{name} {_SQL_TYPES[kind]}" for name, kind in quality.RECEIVED.items())
    connection.execute(f"CREATE TABLE received ({columns})")
    connection.execute(f"CREATE TABLE first_changes ({_FIRST_CHANGES})")
    for side in staged:
        cast_side(connection, read_side(connection, side, mapping, limits), side, mapping)
        side.path.unlink()
    counts = dict(connection.execute("SELECT direction, count(*) FROM received GROUP BY 1").fetchall())
    if not counts:
        raise Malformed("empty_books", "There is not a single invoice in the books.")
    for statement in _cleaning():
        connection.execute(statement)
    return {side: counts.get(direction, 0) for side, direction in SIDES.items()}


@cache
def _cleaning() -> tuple[str, ...]:
    marked = ibis.table({**quality.RECEIVED, "left_out": "string", "number_uses": "int64"}, name="marked")
    marking = quality.mark(quality.received()).order_by(["enterprise", "direction", "row"])
    return (
        f"CREATE TABLE marked AS {sql_of(marking)}",
        f"CREATE VIEW invoices AS {sql_of(quality.keep(marked))}",
        f"CREATE TABLE finding_counts AS {sql_of(quality.finding_counts(marked))}",
        "DROP TABLE received",
    )


def sql_of(expression: ir.Table) -> str:
    """Return the expression in the engine's SQL."""
    return str(ibis.to_sql(expression, dialect="duckdb"))
