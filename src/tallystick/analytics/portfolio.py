"""Indicators and judgement of one enterprise or of all, by invoices and, where there are any, tax books."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from tallystick.admission.indicators import (
    ALL_INDICATORS,
    INDICATORS,
    Indicator,
    IndicatorValue,
    indicator_values,
    tax_indicator_values,
)
from tallystick.admission.judgement import Judgement, judge
from tallystick.admission.period import period_before
from tallystick.admission.quality import Finding
from tallystick.admission.tax_quality import not_received
from tallystick.analytics.books import Books
from tallystick.analytics.spark import spark_indicators, spark_session
from tallystick.analytics.tax_books import TaxBooks
from tallystick.errors import Malformed
from tallystick.policy.table import Table
from tallystick.values.money import Money

Engine = Literal["duckdb", "spark"]
DUCKDB: Final = "duckdb"
SPARK: Final = "spark"

Values = dict[str, IndicatorValue]


@dataclass(frozen=True)
class Evidence:
    """The books that a judgement rests on.

    Attributes:
        books: of invoices.
        tax: tax books of the same enterprises under the same names, where they were handed in.
        tax_name: of the enterprise that is asked about, where the tax books have another one for it.
        engine: what works out the indicators of the invoices; both come to the same digits.
    """

    books: Books
    tax: TaxBooks | None = None
    engine: Engine = DUCKDB
    tax_name: str = ""

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """The indicators that these books can give, in the order in which they are shown."""
        return INDICATORS if self.tax is None else ALL_INDICATORS

    def of_one(self, enterprise: str, as_of: date, months: int) -> Values:
        """Return the indicators of one enterprise.

        Raises:
            NotFound: ``unknown_enterprise``, in the invoice books.
            Malformed: ``bad_period``; ``mixed_currencies``.
            Unavailable: ``spark_missing``.
        """
        if self.engine == SPARK:
            self.books.quality(enterprise)  # refuses an enterprise that is not in the books
            row = _spark_rows(self.books, as_of, months, enterprise).get(enterprise)
            values = indicator_values(row, self.books.currency, months)
        else:
            values = self.books.indicators(enterprise, as_of, months)
        if self.tax is None:
            return values
        self._require_one_currency(self.tax)
        sold = Money.parse(str(values["sales_amount"].value), self.books.currency.code).amount_minor
        return _in_order(values | self.tax.indicators(self.tax_name or enterprise, as_of, months, sold))

    def of_all(self, as_of: date, months: int) -> dict[str, Values]:
        """Return the indicators of every enterprise of the invoice books, also of one that invoiced nothing.

        An enterprise without a row in the tax books has no tax figure.

        Raises:
            Malformed: ``bad_period``; ``mixed_currencies``.
            Unavailable: ``spark_missing``.
        """
        if self.engine == SPARK:
            rows = _spark_rows(self.books, as_of, months)
        else:
            rows = self.books.indicator_rows(as_of, months)
        unit = self.books.currency
        found = {name: indicator_values(rows.get(name), unit, months) for name in self.books.enterprises()}
        if self.tax is None:
            return found
        self._require_one_currency(self.tax)
        sold = {name: row["sales_amount"] for name, row in rows.items()}
        taxed = self.tax.indicator_rows(as_of, months, sold)
        return {
            name: _in_order(values | tax_indicator_values(taxed.get(name), unit))
            for name, values in found.items()
        }

    def quality(self, enterprise: str, table: Table) -> tuple[Finding, ...]:
        """Return what was found in one enterprise's books, and which tax tables ``table`` reads in vain.

        Raises:
            NotFound: ``unknown_enterprise``.
        """
        return self.books.quality(enterprise) + self._tax_quality(enterprise, table)

    def _tax_quality(self, enterprise: str, table: Table) -> tuple[Finding, ...]:
        reads = {part.name for part in table.inputs}
        if self.tax is None:
            return not_received(reads, ())
        return self.tax.quality(self.tax_name or enterprise) + not_received(reads, self.tax.received)

    def _require_one_currency(self, tax: TaxBooks) -> None:
        if tax.currency != self.books.currency:
            raise Malformed(
                "mixed_currencies",
                f"The invoices are in {self.books.currency.code} and the tax books in {tax.currency.code}.",
            )

    def judge(self, enterprise: str, table: Table, as_of: date, months: int) -> Judgement:
        """Return what ``table`` makes of one enterprise.

        Raises:
            NotFound, Malformed, Unavailable: as ``of_one`` and ``admission.judgement.judge``.
        """
        return judge(
            self.of_one(enterprise, as_of, months),
            table,
            enterprise=enterprise,
            as_of=as_of,
            period=period_before(as_of, months),
            data_quality=self.quality(enterprise, table),
        )


def judge_all(books: Books, table: Table, as_of: date, months: int) -> dict[str, Judgement]:
    """Return what ``table`` makes of every enterprise of the invoice books.

    Raises:
        Malformed: ``bad_period``; as ``admission.judgement.judge``.
    """
    period, qualities = period_before(as_of, months), books.qualities()
    return {
        name: judge(
            indicators, table, enterprise=name, as_of=as_of, period=period, data_quality=qualities[name]
        )
        for name, indicators in Evidence(books).of_all(as_of, months).items()
    }


def _in_order(values: Mapping[str, IndicatorValue]) -> Values:
    return {each.name: values[each.name] for each in ALL_INDICATORS}


def _spark_rows(
    books: Books, as_of: date, months: int, enterprise: str | None = None
) -> dict[str, dict[str, int | None]]:
    period, path = period_before(as_of, months), books.canonical_file(enterprise)
    with spark_session() as session:
        return {row.pop("enterprise"): row for row in spark_indicators(session, [path], period)}
