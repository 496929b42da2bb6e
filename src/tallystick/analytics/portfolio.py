"""Judging every enterprise of a set of books at once."""

from datetime import date

from tallystick.admission.indicators import IndicatorValue, indicator_values
from tallystick.admission.judgement import Judgement, judge
from tallystick.admission.period import period_before
from tallystick.analytics.books import Books
from tallystick.policy.table import Table


def all_indicators(books: Books, as_of: date, months: int) -> dict[str, dict[str, IndicatorValue]]:
    """Return the indicators of every enterprise of the books, those without an invoice in the period too.

    Raises:
        Malformed: ``bad_period``.
    """
    rows = books.indicator_rows(as_of, months)
    return {name: indicator_values(rows.get(name), books.currency, months) for name in books.enterprises()}


def judge_all(books: Books, table: Table, as_of: date, months: int) -> dict[str, Judgement]:
    """Return what ``table`` makes of every enterprise of the books.

    Raises:
        Malformed: ``bad_period``; as ``admission.judgement.judge``.
    """
    period, qualities = period_before(as_of, months), books.qualities()
    return {
        name: judge(
            indicators,
            table,
            enterprise=name,
            as_of=as_of,
            period=period,
            data_quality=qualities[name],
        )
        for name, indicators in all_indicators(books, as_of, months).items()
    }
