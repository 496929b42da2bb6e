"""Values on a page: money, rates, addresses, digests, dates, stages, fields."""

from datetime import UTC, date, datetime

import pytest
from django import forms
from django.template import Context, Template
from django.utils.translation import override

from tallystick.lending.application import Stage
from tallystick.values.money import Money
from tallystick.values.rates import Rate
from tallystick.web.stages import STAGES
from tallystick.web.templatetags import tallystick_ui as ui


class OneField(forms.Form):
    name = forms.CharField(
        label="Name", help_text="As on the licence.", widget=forms.TextInput({"placeholder": "Name"})
    )


def _field(form: forms.Form) -> str:
    return Template("{% load tallystick_ui %}{% form_field form.name %}").render(Context({"form": form}))


def test_money_shows_its_currency_and_does_not_break():
    html = ui.money(Money.parse("-1234567.50", "CNY"))
    assert html == '<span class="money"><span class="unit">CNY</span>\N{NO-BREAK SPACE}−1,234,567.50</span>'
    assert ui.figure(Money.parse("1234567.50", "CNY")) == "1,234,567.50"


@pytest.mark.parametrize(
    ("rate", "shown"), [("0.0515", "5.15%"), ("0.05", "5.00%"), ("0.048765", "4.8765%"), ("0", "0.00%")]
)
def test_a_rate_is_shown_exactly(rate, shown):
    assert ui.percent(Rate.parse(rate)) == shown


@pytest.mark.parametrize(
    "show", [ui.money, ui.figure, ui.percent, ui.address, ui.digest, ui.storage_address, ui.iso]
)
def test_what_is_not_there_is_a_dash(show):
    assert show(None) == "—"


def test_an_address_keeps_its_ends_and_its_whole():
    html = ui.address("tly1q8d4xk2m7hs0vwe5r9tny3jz6c8f2glpa7u4v4k")
    assert html.endswith(">tly1q8…v4k</span>")
    assert 'title="tly1q8d4xk2m7hs0vwe5r9tny3jz6c8f2glpa7u4v4k"' in html


def test_shown_text_is_escaped():
    assert "<script" not in ui.address("<script>alert(1)</script>")
    assert "<script" not in ui.storage_address("<script>-1")


def test_dates_are_iso():
    assert ui.iso(date(2026, 12, 22)) == '<time datetime="2026-12-22">2026-12-22</time>'
    assert ">2026-10-31 09:14 UTC<" in ui.iso(datetime(2026, 10, 31, 9, 14, tzinfo=UTC))


def test_a_storage_address_names_block_and_index():
    assert "block 18402 · 3" in ui.storage_address("18402-3")
    with override("zh-hans"):
        assert "区块 18402 · 3" in ui.storage_address("18402-3")


def test_every_stage_has_a_word_and_a_tone():
    assert set(STAGES) == set(Stage)
    with pytest.raises(ValueError, match="not a valid Stage"):
        ui.stage_tag("lost")


def test_a_field_ties_help_and_error_to_the_control():
    html = _field(OneField({"name": ""}))
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_name_helptext"' in html
    assert 'id="id_name_error"' in html
    assert '<label for="id_name">' in html


def test_a_placeholder_never_stands_in_for_a_label():
    assert "placeholder" not in _field(OneField())


@pytest.mark.parametrize(("value", "width"), [(-5, "0%"), (41, "41%"), (150, "100%")])
def test_a_level_stays_inside_its_track(value, width):
    assert f'width="{width}"' in ui.level_bar(value)
