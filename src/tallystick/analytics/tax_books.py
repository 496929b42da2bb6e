"""Tax books loaded: each table staged, read and cast like invoices, and what is wrong in it left out.

with load_tax(resolve_tax(folder, mapping), mapping) as books:
    books.rows("declarations", "E12")
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import ibis.expr.types as ir

from tallystick.admission.indicators import IndicatorValue, tax_indicator_table, tax_indicator_values
from tallystick.admission.layout import AMOUNT, DATE
from tallystick.admission.mapping import nearest
from tallystick.admission.period import Period, period_before
from tallystick.admission.quality import Finding
from tallystick.admission.tax_books import TAX_FINDINGS, TAX_TABLES, TaxTable, tax_tables
from tallystick.admission.tax_mapping import TaxMapping
from tallystick.admission.tax_measures import INVOICED, sold
from tallystick.admission.tax_quality import left_out
from tallystick.analytics.casting import cast_table
from tallystick.analytics.engine import sql_of
from tallystick.analytics.loaded import Loaded, Opened, opened
from tallystick.analytics.reading import read_table
from tallystick.analytics.sources import Limits, Sources, only_file, stage
from tallystick.errors import Malformed, NotFound
from tallystick.values.money import Currency

_EARLIEST = "1949-10-01"
_LATEST = "2099-12-31"


def resolve_tax(directory: Path, mapping: TaxMapping) -> Sources:
    """Return the file of each table that the mapping brings and the folder has; a table may be missing.

    Raises:
        NotFound: ``no_such_file`` when the folder has none of them.
        Malformed: ``ambiguous_source`` when it has more than one for a table.
    """
    there = {
        name: only_file(directory, name, names)
        for name, names in mapping.files.items()
        if any((directory / each).is_file() for each in names)
    }
    if not there:
        raise NotFound(
            "no_such_file", f"The folder {directory.name!r:.80} has none of the files of {mapping.name}."
        )
    return there


def load_tax(
    sources: Sources, mapping: TaxMapping, limits: Limits | None = None, *, may_be_empty: bool = False
) -> "TaxBooks":
    """Return the tax books in the sources, by table; a context manager.

    Args:
        sources: by table; one that is not among them was not received.
        mapping: what reads them.
        limits: of the load.
        may_be_empty: whether there may be no row at all: then what was received says "none of it".

    Raises:
        Malformed, TooLarge, Unavailable: as ``tallystick.analytics.books.load``.
    """

    def filled(connection: duckdb.DuckDBPyConnection, folder: Path, limits: Limits) -> None:
        _fill(connection, sources, mapping, folder, limits, may_be_empty)

    return TaxBooks(opened(filled, limits or Limits()), mapping.currency, tuple(sources))


class TaxBooks(Loaded):
    """Loaded tax books; every table is there, an empty one where none was received. Must be closed.

    Attributes:
        currency: of every amount.
        received: names of the tables that were received.
    """

    def __init__(self, opened: Opened, currency: Currency, received: tuple[str, ...]) -> None:
        super().__init__(opened)
        self.currency = currency
        self.received = received

    def enterprises(self, table: str | None = None) -> tuple[str, ...]:
        """Return every enterprise of one table or of any, in order of its text."""
        names = TAX_TABLES if table is None else (table,)
        union = " UNION ".join(f"SELECT enterprise FROM all_{name}" for name in names)
        return tuple(name for (name,) in self._ask(f"{union} ORDER BY enterprise"))

    def rows(self, table: str, enterprise: str) -> list[dict[str, Any]]:
        """Return the rows of one enterprise that take part, in the order of the file; amounts in minor units.

        Raises:
            NotFound: ``unknown_table``.
        """
        if table not in TAX_TABLES:
            raise NotFound("unknown_table", f"The tax books have no table {table!r:.60}.")
        columns = ", ".join(TAX_TABLES[table].kinds)
        query = f"SELECT {columns} FROM all_{table} WHERE enterprise = ? AND left_out IS NULL ORDER BY row"
        return self._ask_named(query, [enterprise])

    def findings(self, enterprise: str) -> dict[str, dict[str, int]]:
        """Return, for each table, how many rows were left out for each reason, zeros included."""
        found = {}
        for name in TAX_TABLES:
            query = f"SELECT left_out, count(*) FROM all_{name} WHERE enterprise = ? GROUP BY left_out"
            counts = dict(self._ask(query, [enterprise]))
            found[name] = {code: counts.get(code, 0) for code in TAX_FINDINGS}
        return found

    def quality(self, enterprise: str) -> tuple[Finding, ...]:
        """Return how many of the enterprise's rows were left out for each reason."""
        return left_out(self.findings(enterprise))

    def indicators(
        self, enterprise: str, as_of: date, months: int, invoiced_minor: int | None
    ) -> dict[str, IndicatorValue]:
        """Return the tax indicators of one enterprise over the ``months`` whole months before ``as_of``'s.

        Args:
            enterprise: whose; of a table that was received without a row of it there is none.
            as_of: the day to look back from.
            months: length of the period.
            invoiced_minor: net sales by its invoices in the period; None where they are not known.

        Raises:
            Malformed: ``bad_period``.
        """
        rows = self._indicator_rows((enterprise,), as_of, months, {enterprise: invoiced_minor})
        return tax_indicator_values(rows.get(enterprise), self.currency)

    def indicator_rows(
        self, as_of: date, months: int, invoiced: Mapping[str, int | None]
    ) -> dict[str, dict[str, int | None]]:
        """Return the tax indicators of every enterprise with a row of any table, as whole numbers.

        Args:
            as_of: the day to look back from.
            months: length of the period.
            invoiced: net sales by the invoices of the period, in minor units, by enterprise.

        Raises:
            Malformed: ``bad_period``.
        """
        return self._indicator_rows(self.enterprises(), as_of, months, invoiced)

    def _indicator_rows(
        self, names: Sequence[str], as_of: date, months: int, invoiced: Mapping[str, int | None]
    ) -> dict[str, dict[str, int | None]]:
        lists = [list(names), list(self.received), list(invoiced), list(invoiced.values())]
        rows = self._ask_named(_indicator_sql(period_before(as_of, months)), lists)
        return {row.pop("enterprise"): row for row in rows}

    def require(self, enterprise: str) -> None:
        """Refuse an enterprise that no table knows: to take its silence for a clean record would be wrong.

        Raises:
            NotFound: ``unknown_enterprise``, with the nearest name.
        """
        if enterprise not in (present := self.enterprises()):
            hint = nearest(enterprise, present)
            raise NotFound(
                "unknown_enterprise",
                f"The tax books hold no row of {enterprise!r:.80}"
                + (f"; did you mean {hint!r:.80}?" if hint else "."),
                enterprise=enterprise[:80],
                nearest=hint,
            )

    def select(self, expression: ir.Table) -> list[dict[str, Any]]:
        """Return the rows of an expression over ``tax_table(...)`` leaves."""
        return self._ask_named(sql_of(expression))


@lru_cache(maxsize=64)
def _indicator_sql(period: Period) -> str:
    table = sql_of(tax_indicator_table(tax_tables(), sold(), period))
    return (
        "WITH named AS (SELECT unnest(?::VARCHAR[]) AS enterprise), "
        "brought AS (SELECT unnest(?::VARCHAR[]) AS source), "
        "tax_received AS (SELECT enterprise, source FROM named, brought), "
        f"sold AS (SELECT unnest(?::VARCHAR[]) AS enterprise, unnest(?::BIGINT[]) AS {INVOICED}) "
        f"SELECT * FROM ({table})"
    )


def _fill(
    connection: duckdb.DuckDBPyConnection,
    sources: Sources,
    mapping: TaxMapping,
    folder: Path,
    limits: Limits,
    may_be_empty: bool,
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
    if not received and not may_be_empty:
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
