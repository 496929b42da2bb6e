"""Tax books loaded: each table staged, read and cast like invoices, and what is wrong in it left out.

with load_tax(resolve_tax(folder, mapping), mapping) as books:
    books.rows("declarations", "E12")
"""

import shutil
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import ibis.expr.types as ir

from tallystick.admission.layout import AMOUNT, DATE
from tallystick.admission.tax_books import TAX_FINDINGS, TAX_TABLES, TaxTable
from tallystick.admission.tax_mapping import TaxMapping
from tallystick.analytics.casting import cast_table
from tallystick.analytics.engine import connect, sql_of
from tallystick.analytics.patience import time_limit, turn
from tallystick.analytics.reading import read_table
from tallystick.analytics.sources import Limits, Sources, only_file, stage
from tallystick.errors import Malformed, NotFound, TooLarge

_EARLIEST = "1949-10-01"
_LATEST = "2099-12-31"


def resolve_tax(directory: Path, mapping: TaxMapping) -> Sources:
    """Return the file of each table that the mapping brings. Raises as ``sources.resolve``."""
    return {name: only_file(directory, name, names) for name, names in mapping.files.items()}


def load_tax(sources: Sources, mapping: TaxMapping, limits: Limits | None = None) -> "TaxBooks":
    """Return the tax books in the sources, by table; a context manager.

    Raises:
        Malformed, TooLarge, Unavailable: as ``tallystick.analytics.books.load``.
    """
    limits = limits or Limits()
    with ExitStack() as undo:
        undo.enter_context(turn(limits.wait_s))
        folder = Path(tempfile.mkdtemp(prefix="tallystick-tax-"))
        undo.callback(shutil.rmtree, folder, ignore_errors=True)
        connection = undo.enter_context(connect(folder, limits))
        with time_limit(connection, limits.seconds):
            try:
                _fill(connection, sources, mapping, folder, limits)
            except duckdb.OutOfMemoryException as error:
                raise TooLarge("books_too_large", "The books need more memory than allowed.") from error
        return TaxBooks(connection, undo.pop_all())


class TaxBooks:
    """Loaded tax books; every table is there, an empty one where the mapping brings none. Must be closed."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, held: ExitStack) -> None:
        self._connection = connection
        self._held = held

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the memory and the staging folder."""
        self._held.close()

    def enterprises(self) -> tuple[str, ...]:
        """Return every enterprise of any table, in order of its text."""
        union = " UNION ".join(f"SELECT enterprise FROM all_{name}" for name in TAX_TABLES)
        return tuple(row["enterprise"] for row in self._ask(f"{union} ORDER BY enterprise"))

    def rows(self, table: str, enterprise: str) -> list[dict[str, Any]]:
        """Return the rows of one enterprise that take part, in the order of the file; amounts in minor units.

        Raises:
            NotFound: ``unknown_table``.
        """
        if table not in TAX_TABLES:
            raise NotFound("unknown_table", f"The tax books have no table {table!r:.60}.")
        columns = ", ".join(TAX_TABLES[table].kinds)
        query = f"SELECT {columns} FROM all_{table} WHERE enterprise = ? AND left_out IS NULL ORDER BY row"
        return self._ask(query, enterprise)

    def findings(self, enterprise: str) -> dict[str, dict[str, int]]:
        """Return, for each table, how many rows were left out for each reason, zeros included."""
        found = {}
        for name in TAX_TABLES:
            query = f"SELECT left_out, count(*) AS n FROM all_{name} WHERE enterprise = ? GROUP BY left_out"
            counts = {row["left_out"]: row["n"] for row in self._ask(query, enterprise)}
            found[name] = {code: counts.get(code, 0) for code in TAX_FINDINGS}
        return found

    def select(self, expression: ir.Table) -> list[dict[str, Any]]:
        """Return the rows of an expression over ``tax_table(...)`` leaves."""
        return self._ask(sql_of(expression))

    def _ask(self, sql: str, *parameters: object) -> list[dict[str, Any]]:
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(sql, list(parameters))
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _fill(
    connection: duckdb.DuckDBPyConnection,
    sources: Sources,
    mapping: TaxMapping,
    folder: Path,
    limits: Limits,
) -> None:
    received = 0
    for staged in stage(sources, folder, limits):
        layout = mapping.layouts[staged.side]
        cast = cast_table(connection, read_table(connection, staged, layout, limits), staged, layout)
        staged.path.unlink()
        connection.execute(f"CREATE TABLE all_{staged.side} AS {_marked(cast, TAX_TABLES[staged.side])}")
        ((rows,),) = connection.execute(f"SELECT count(*) FROM {cast}").fetchall()
        connection.execute(f"DROP TABLE {cast}")
        received += rows
    if not received:
        raise Malformed("empty_books", "There is not a single row in the tax books.")
    for name, table in TAX_TABLES.items():
        columns = ", ".join(f"{column} {_sql_type(kind)}" for column, kind in table.kinds.items())
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS all_{name} "
            f"(row BIGINT, {columns}, stray_blanks BOOLEAN, left_out VARCHAR)"
        )
        connection.execute(
            f"CREATE VIEW tax_{name} AS SELECT {', '.join(table.kinds)} "
            f"FROM all_{name} WHERE left_out IS NULL"
        )


def _sql_type(kind: str) -> str:
    return {AMOUNT: "BIGINT", DATE: "DATE"}.get(kind, "VARCHAR")


def _marked(cast: str, table: TaxTable) -> str:
    columns = ", ".join(table.kinds)
    days = [column for column, kind in table.kinds.items() if kind == DATE]
    missing = " OR ".join(f"{column} IS NULL" for column in sorted(table.required))
    outside = " OR ".join(f"{day} NOT BETWEEN DATE '{_EARLIEST}' AND DATE '{_LATEST}'" for day in days)
    backwards = f"{table.period[1]} < {table.period[0]}" if table.period else "false"
    reasons: Mapping[str, str] = {
        f"no_such_day OR {outside}": "impossible_date",
        missing: "missing_value",
        backwards: "period_backwards",
    }
    cases = " ".join(f"WHEN {condition} THEN '{code}'" for condition, code in reasons.items())
    return (
        f"WITH judged AS (SELECT row, {columns}, stray_blanks, CASE {cases} END AS reason FROM {cast}) "
        f"SELECT row, {columns}, stray_blanks, CASE WHEN reason IS NULL AND row_number() OVER "
        f"(PARTITION BY reason, {columns} ORDER BY row) > 1 THEN 'exact_duplicate' ELSE reason END "
        "AS left_out FROM judged"
    )
