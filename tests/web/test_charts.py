"""The chart: exact places, safe text, nothing inline, figures shortened as readers do."""

import re
from xml.etree import ElementTree as ET

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from tallystick.errors import Malformed, TooLarge
from tallystick.values.money import Money, currency
from tallystick.web.charts import HEIGHT, MONTHS_AT_MOST, WIDTH, Month, monthly_bars

YUAN = currency("CNY")
AMOUNTS = st.integers(min_value=-(10**15), max_value=10**15)


def _month(label: str, sales: int, purchases: int) -> Month:
    return Month(label, Money(sales, YUAN), Money(purchases, YUAN))


def _drawn(months: list[Month], title: str = "Invoices") -> ET.Element:
    return ET.fromstring(monthly_bars(title, months))  # noqa: S314 (our own text)


def _bars(drawing: ET.Element, kind: str) -> list[dict[str, str]]:
    return [dict(part.attrib) for part in drawing.iter() if part.attrib.get("class") == kind]


def test_text_is_escaped():
    svg = monthly_bars('<script>alert("x")</script>', [_month("<b>&", 1, 2)])
    assert "<script" not in svg
    assert "<b>" not in svg
    assert "&lt;b&gt;&amp;" in svg


def test_no_inline_style_and_no_colour():
    svg = monthly_bars("Invoices", [_month("2026-01", 100, 50)])
    assert not re.search(r"style=|fill=|stroke=|#[0-9a-f]{3}", svg)


def test_a_bar_is_as_high_as_its_amount():
    # Greatest 400.00 and nothing below zero: the axis runs from 0 to 400.00 in steps of 100.00, and
    # 208.0 − 14.0 = 194.0 units stand for it; 200.00 is half of that, 97.0.
    drawing = _drawn([_month("2026-01", 400_00, 200_00)])
    assert _bars(drawing, "sales")[0]["height"] == "194.0"
    assert _bars(drawing, "purchases")[0]["height"] == "97.0"
    assert _bars(drawing, "purchases")[0]["y"] == "111.0"


def test_a_negative_month_hangs_below_the_line():
    # Red-letter invoices may outweigh a month's sales.
    drawing = _drawn([_month("2026-01", -100_00, 100_00)])
    zero = _bars(drawing, "zero")[0]["y1"]
    assert _bars(drawing, "sales")[0]["y"] == zero


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=MONTHS_AT_MOST))
def test_every_bar_stays_inside_the_drawing(pairs):
    drawing = _drawn([_month(str(at), *pair) for at, pair in enumerate(pairs)])
    for bar in _bars(drawing, "sales") + _bars(drawing, "purchases"):
        x, y, width, height = (float(bar[name]) for name in ("x", "y", "width", "height"))
        assert x >= 0
        assert x + width <= WIDTH
        assert y >= 0
        assert height >= 0
        assert y + height <= HEIGHT


@given(AMOUNTS, AMOUNTS)
def test_the_axis_has_few_lines_and_one_of_them_is_zero(sales, purchases):
    drawing = _drawn([_month("2026-01", sales, purchases)])
    assert len(_bars(drawing, "zero")) == 1
    assert len(_bars(drawing, "grid")) <= 5


def test_figures_are_shortened_as_the_reader_counts():
    months = [_month("2026-01", 1_500_000_00, 0)]
    english = "".join(_drawn(months).itertext())
    with override("zh-hans"):
        chinese = "".join(_drawn(months).itertext())
    assert "500k" in english
    assert "1.5m" in english
    assert "50万" in chinese
    assert "150万" in chinese


def test_the_chart_says_its_figures_in_words():
    description = _drawn([_month("2026-01", 100_00, 50_00)])[1].text
    assert description == "2026-01: sales CNY 100.00, purchases CNY 50.00"


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(Malformed, match="at least one month") as empty:
        monthly_bars("Invoices", [])
    assert empty.value.code == "empty_chart"
    with pytest.raises(Malformed) as mixed:
        monthly_bars("Invoices", [Month("2026-01", Money(1, YUAN), Money(1, currency("USD")))])
    assert mixed.value.code == "currency_mismatch"
    with pytest.raises(TooLarge) as long:
        monthly_bars("Invoices", [_month("m", 1, 1)] * (MONTHS_AT_MOST + 1))
    assert long.value.code == "too_many_months"
