"""Books: one set of invoice files, loaded, cleaned and ready to be asked; DuckDB behind it.

    with load(resolve(folder, mapping), mapping) as books:
        books.indicators("E12", date(2020, 1, 15), 12)

The engine sees a private folder and nothing else, loads no extension, and is locked once the books are
in. Everything lives in memory (what does not fit spills into that folder) and is gone with ``close``.
"""

import csv
from collections.abc import Mapping
from contextlib import closing
from datetime import date
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb
import ibis.expr.types as ir

from tallystick.admission import quality
from tallystick.admission.books import FILE_COLUMNS, PURCHASE, SALE, SIDES, VALID, invoices
from tallystick.admission.indicators import IndicatorValue, indicator_table, indicator_values
from tallystick.admission.mapping import BooksMapping, nearest
from tallystick.admission.period import Period, period_before
from tallystick.admission.quality import Finding, findings
from tallystick.analytics.cleaning import Cleaned, clean
from tallystick.analytics.engine import fill, sql_of
from tallystick.analytics.loaded import Loaded, Opened, opened
from tallystick.analytics.reading import literal
from tallystick.analytics.sources import UPLOAD_LIMITS, Limits, Sources, resolve
from tallystick.errors import Malformed, NotFound, TooLarge
from tallystick.values.money import Currency

__all__ = ["UPLOAD_LIMITS", "Books", "Limits", "Sources", "load", "resolve"]

_ONE = "books_of_one"  # the invoices of the enterprise that a question is about


def load(sources: Sources, mapping: BooksMapping, limits: Limits | None = None) -> "Books":
    """Return the books in the sources, read by the mapping; a context manager.

    Raises:
        Malformed: ``unreadable_file``, ``unknown_column``, ``wrong_type``, ``bad_amount_in_column``,
            ``bad_date``, ``unknown_status``, ``missing_enterprise``, ``bad_text``, ``empty_books``.
        TooLarge: ``file_too_large``, ``too_many_rows``, ``too_many_columns``, ``books_too_large``,
            ``amounts_too_large``.
        Unavailable: ``books_busy``, ``books_too_slow``; only where the limits bound waiting and time.
    """
    row_counts: dict[str, int] = {}

    def filled(connection: duckdb.DuckDBPyConnection, folder: Path, limits: Limits) -> None:
        row_counts.update(fill(connection, sources, mapping, folder, limits))

    return Books(opened(filled, limits or Limits()), mapping.currency, row_counts)


class Books(Loaded):
    """A loaded set of books; may be asked from any thread, and must be closed.

    Attributes:
        currency: of every amount.
        row_counts: rows received, for ``sales`` and ``purchases``, before anything was left out.
    """

    def __init__(self, opened: Opened, currency: Currency, row_counts: Mapping[str, int]) -> None:
        super().__init__(opened)
        self._cleaning = Lock()
        self.currency = currency
        self.row_counts = row_counts

    def enterprises(self) -> tuple[str, ...]:
        """Return every enterprise of the books, in order of its text."""
        return tuple(
            name for (name,) in self._ask("SELECT enterprise FROM finding_counts ORDER BY enterprise")
        )

    def quality(self, enterprise: str) -> tuple[quality.Finding, ...]:
        """Return what was found in one enterprise's books, over all their rows.

        Raises:
            NotFound: ``unknown_enterprise``.
        """
        return quality.findings(self._counts(enterprise))

    def indicators(self, enterprise: str, as_of: date, months: int) -> dict[str, IndicatorValue]:
        """Return the indicators of one enterprise over the ``months`` whole months before ``as_of``'s.

        Raises:
            NotFound: ``unknown_enterprise``.
            Malformed: ``bad_period``.
        """
        period = period_before(as_of, months)
        self._counts(enterprise)
        rows = self._ask_named(_indicator_sql(period), [enterprise])
        return indicator_values(rows[0] if rows else None, self.currency, months)

    def indicator_rows(self, as_of: date, months: int) -> dict[str, dict[str, int | None]]:
        """Return the indicators of every enterprise with an invoice in the period, as whole numbers.

        The rows are those of ``admission.indicators.indicator_table``, by enterprise.

        Raises:
            Malformed: ``bad_period``.
        """
        rows = self._ask_named(_all_indicators_sql(period_before(as_of, months)))
        return {row.pop("enterprise"): row for row in rows}

    def qualities(self) -> dict[str, tuple[Finding, ...]]:
        """Return what was found in every enterprise's books, in order of the enterprises."""
        rows = self._ask_named("SELECT * FROM finding_counts ORDER BY enterprise")
        return {row["enterprise"]: findings(row) for row in rows}

    def days(self) -> tuple[date, date]:
        """Return the days of the first and of the last invoice of all.

        Raises:
            Malformed: ``empty_books`` when no row has a date.
        """
        ((first, last),) = self._ask("SELECT min(issued_on), max(issued_on) FROM invoices")
        if first is None:
            raise Malformed("empty_books", "The books hold no dated invoice.")
        return first, last

    def monthly(self, enterprise: str, as_of: date, months: int) -> list[tuple[str, int, int]]:
        """Return (``YYYY-MM``, net sales, net purchases) in minor units for every month of the period.

        Raises:
            NotFound: ``unknown_enterprise``.
            Malformed: ``bad_period``.
        """
        period = period_before(as_of, months)
        self._counts(enterprise)
        totals = {
            month: (int(sales), int(purchases))
            for month, sales, purchases in self._ask(_monthly_sql(period), [enterprise])
        }
        return [(name, *totals.get(month, (0, 0))) for month, name in enumerate(period.month_names())]

    def last_issued_on(self, enterprise: str) -> date:
        """Return the day of the enterprise's last invoice.

        Raises:
            NotFound: ``unknown_enterprise``.
        """
        self._counts(enterprise)
        ((last,),) = self._ask("SELECT max(issued_on) FROM marked WHERE enterprise = ?", [enterprise])
        if last is None:
            raise NotFound("unknown_enterprise", f"The books hold no dated invoice of {enterprise!r:.80}.")
        day: date = last
        return day

    def extract(self, enterprise: str, folder: Path) -> Sources:
        """Write the books of one enterprise as two canonical CSV files and return their paths.

        Every row is written, the left-out ones too, so that the files show the same findings when the
        ``tallystick`` mapping reads them; only blanks stay trimmed, and a date that does not exist is
        missing. ``folder`` must exist.

        Raises:
            NotFound: ``unknown_enterprise``.
        """
        self._counts(enterprise)
        query = (
            f"SELECT {', '.join(FILE_COLUMNS)} FROM marked "
            "WHERE enterprise = ? AND direction = ? ORDER BY row"
        )
        written = {}
        for side, direction in SIDES.items():
            path = folder / f"{side}.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(FILE_COLUMNS)
                writer.writerows(self._ask(query, [enterprise, direction]))
            written[side] = path
        return written

    def canonical_file(self, enterprise: str | None = None) -> Path:
        """Write the invoices that take part as Parquet, of one enterprise or of all; gone with ``close``.

        Raises:
            NotFound: ``unknown_enterprise``.
        """
        path = self._opened.folder / "canonical.parquet"
        where = ""
        if enterprise is not None:
            self._counts(enterprise)
            where = f" WHERE enterprise = {literal(enterprise)}"
        self._ask(f"COPY (SELECT * FROM invoices{where}) TO {literal(str(path))} (FORMAT parquet)")
        return path

    def clean(
        self,
        enterprise: str,
        as_of: date,
        established_on: date | None = None,
        choices: Mapping[str, str] | None = None,
    ) -> Cleaned:
        """Return the cleaned books of one enterprise, the log of what was done, and the report.

        Args:
            enterprise: whose.
            as_of: no invoice may be dated later.
            established_on: when the enterprise began, if known.
            choices: rule → action, where it is not to be the default (``admission.cleaning.RULES``).

        Raises:
            NotFound: ``unknown_enterprise``.
            Malformed: ``unknown_rule``, ``unknown_action``.
            TooLarge: ``cleaned_books_too_large``, ``books_too_large``.
        """
        self._counts(enterprise)
        # One at a time: the Parquet files on the way have one name.
        with self._cleaning, closing(self._opened.connection.cursor()) as cursor:
            try:
                return clean(cursor, self._opened.folder, enterprise, as_of, established_on, choices)
            except duckdb.OutOfMemoryException as error:
                raise TooLarge("books_too_large", "The books need more memory than allowed.") from error

    def _counts(self, enterprise: str) -> Mapping[str, Any]:
        rows = self._ask_named("SELECT * FROM finding_counts WHERE enterprise = ?", [enterprise])
        if not rows:
            hint = nearest(enterprise, self.enterprises())
            raise NotFound(
                "unknown_enterprise",
                f"The books hold no invoice of {enterprise!r:.80}"
                + (f"; did you mean {hint!r:.80}?" if hint else "."),
                enterprise=enterprise[:80],
                nearest=hint,
            )
        counts: Mapping[str, Any] = rows[0]
        return counts


@lru_cache(maxsize=64)
def _indicator_sql(period: Period) -> str:
    return _scoped(indicator_table(invoices(_ONE), period))


@lru_cache(maxsize=64)
def _all_indicators_sql(period: Period) -> str:
    return sql_of(indicator_table(invoices(), period))


@lru_cache(maxsize=64)
def _monthly_sql(period: Period) -> str:
    books = invoices(_ONE)
    inside = books.filter(books.issued_on.between(period.first_day, period.last_day), books.status == VALID)
    month = inside.issued_on.year() * 12 + inside.issued_on.month() - 1 - period.first_month
    return _scoped(
        inside.group_by(month=month).aggregate(
            sales_minor=inside.net_minor.sum(where=inside.direction == SALE).fill_null(0),
            purchases_minor=inside.net_minor.sum(where=inside.direction == PURCHASE).fill_null(0),
        )
    )


def _scoped(expression: ir.Table) -> str:
    """The expression over the invoices of one enterprise, the query's one parameter."""
    one = "SELECT * FROM invoices WHERE enterprise = ?"
    return f"WITH {_ONE} AS ({one}) SELECT * FROM ({sql_of(expression)})"
