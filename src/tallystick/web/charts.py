"""The one chart: bars by month, drawn as SVG with attributes and classes only, for pages and for PDF.

Places are worked out in whole tenths of a drawing unit from minor units of money, so that no float
touches an amount. Colours come from the stylesheet by class.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import Final

from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tallystick.errors import Malformed, TooLarge
from tallystick.values.money import Currency, Money

WIDTH: Final = 720
HEIGHT: Final = 240
MONTHS_AT_MOST: Final = 36
_LEFT, _TOP, _FLOOR = 800, 140, 2080  # tenths: where the bars, the greatest and the least amount stand
_LINES_AT_MOST: Final = 4
_LABELS_AT_MOST: Final = 12
#: How readers shorten large figures: Chinese counts in 万 and 亿, English in thousands and millions.
_UNITS_ZH: Final = ((10**8, "亿"), (10**4, "万"), (1, ""))
_UNITS_EN: Final = ((10**6, "m"), (10**3, "k"), (1, ""))


@dataclass(frozen=True)
class Month:
    """Invoices of one month: what was sold and what was bought, without void ones."""

    label: str
    sales: Money
    purchases: Money


@dataclass(frozen=True)
class _Axis:
    """Amounts in minor units from ``least`` to ``greatest``, with a line at every ``step``."""

    least: int
    greatest: int
    step: int

    def place(self, amount_minor: int) -> int:
        """Return how far down ``amount_minor`` stands, in tenths of a drawing unit."""
        return _TOP + (_FLOOR - _TOP) * (self.greatest - amount_minor) // (self.greatest - self.least)


def monthly_bars(title: str | Promise, months: Sequence[Month]) -> SafeString:
    """Return an SVG element with two bars a month, an axis, tooltips and a description in words.

    Args:
        title: what the chart shows; also its accessible name.
        months: in order of time, all in one currency.

    Raises:
        Malformed: ``empty_chart`` without a month, ``currency_mismatch`` when currencies differ.
        TooLarge: ``too_many_months`` above ``MONTHS_AT_MOST``.
    """
    amounts = _amounts(months)
    axis = _axis(min(0, *amounts), max(0, *amounts))
    return format_html(
        '<svg viewBox="0 0 {} {}" role="img" xmlns="http://www.w3.org/2000/svg">'
        "<title>{}</title><desc>{}</desc>{}{}</svg>",
        WIDTH,
        HEIGHT,
        title,
        _described(months),
        _lines(axis, months[0].sales.currency),
        format_html_join("", "{}", ((bars,) for bars in _bars(axis, months))),
    )


def _amounts(months: Sequence[Month]) -> list[int]:
    if not months:
        raise Malformed("empty_chart", "A chart needs at least one month.")
    if len(months) > MONTHS_AT_MOST:
        raise TooLarge("too_many_months", f"A chart shows at most {MONTHS_AT_MOST} months.")
    shown = [money for month in months for money in (month.sales, month.purchases)]
    if len({money.currency for money in shown}) > 1:
        raise Malformed("currency_mismatch", "A chart shows amounts of one currency.")
    return [money.amount_minor for money in shown]


def _axis(least: int, greatest: int) -> _Axis:
    """Return the axis whose lines stand at 1, 2 or 5 times a power of ten, and are few."""
    span = max(greatest - least, 1)
    steps = (factor * 10**power for power in count() for factor in (1, 2, 5))
    step = next(step for step in steps if -(-span // step) <= _LINES_AT_MOST)
    floor = least // step * step
    return _Axis(floor, max(-(-greatest // step) * step, floor + step), step)


def _lines(axis: _Axis, currency: Currency) -> SafeString:
    rows = [
        (
            "zero" if amount == 0 else "grid",
            _units(_LEFT),
            _units(axis.place(amount)),
            _units(_LEFT - 70),
            _short(amount, currency),
        )
        for amount in range(axis.least, axis.greatest + 1, axis.step)
    ]
    return format_html_join(
        "",
        '<line class="{0}" x1="{1}" x2="720" y1="{2}" y2="{2}"/>'
        '<text x="{3}" y="{2}" dy="0.35em" text-anchor="end">{4}</text>',
        rows,
    )


def _short(amount_minor: int, currency: Currency) -> str:
    """Return an amount as readers shorten it, exactly: ``800k``, ``1.5m``, ``80万``."""
    units = _UNITS_ZH if (get_language() or "").startswith("zh") else _UNITS_EN
    major = Fraction(abs(amount_minor), 10**currency.digits)
    size, word = next((size, word) for size, word in units if major >= size or size == 1)
    whole, rest = divmod(major / size * 10**4, 10**4)
    decimals = f"{int(rest):04d}".rstrip("0")
    return f"{'−' if amount_minor < 0 else ''}{whole}{'.' if decimals else ''}{decimals}{word}"


def _bars(axis: _Axis, months: Sequence[Month]) -> Iterator[SafeString]:
    slot = (WIDTH * 10 - _LEFT) // len(months)
    every = -(-len(months) // _LABELS_AT_MOST)
    for index, month in enumerate(months):
        left, width = _LEFT + index * slot, slot * 3 // 8
        yield format_html(
            "<g><title>{}</title>{}{}"
            '<rect class="hit" x="{}" y="0" width="{}" height="{}"/>'
            '<text class="{}" x="{}" y="{}" text-anchor="middle">{}</text></g>',
            _sentence(month),
            _bar("sales", axis, month.sales, left + slot // 8, width),
            _bar("purchases", axis, month.purchases, left + slot // 8 + width, width),
            _units(left),
            _units(slot),
            HEIGHT,
            "major" if index % (3 * every) == every else "minor",
            _units(left + slot // 2),
            HEIGHT - 8,
            month.label if index % every == 0 else "",
        )


def _bar(kind: str, axis: _Axis, amount: Money, left: int, width: int) -> SafeString:
    ends = sorted((axis.place(0), axis.place(amount.amount_minor)))
    return format_html(
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>',
        kind,
        _units(left),
        _units(ends[0]),
        _units(width),
        _units(ends[1] - ends[0]),
    )


def _sentence(month: Month) -> str:
    return _("%(month)s: sales %(sales)s, purchases %(purchases)s") % {
        "month": month.label,
        "sales": month.sales,
        "purchases": month.purchases,
    }


def _described(months: Sequence[Month]) -> str:
    return "; ".join(_sentence(month) for month in months)


def _units(tenths: int) -> str:
    return f"{tenths // 10}.{tenths % 10}"
