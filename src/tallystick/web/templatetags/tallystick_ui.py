"""How values look on a page: money, rates, addresses, digests, dates, stages, fields, menu."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from django import template
from django.contrib.messages.storage.base import Message
from django.forms import BoundField
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from tallystick.policy.wording import Wording
from tallystick.records.models import Member
from tallystick.values.money import Money
from tallystick.values.rates import Rate
from tallystick.web import navigation, wording
from tallystick.web.figures import NONE, per_mille_as_percent
from tallystick.web.stages import stage_label

register = template.Library()

_NO_BREAK_SPACE: Final = "\N{NO-BREAK SPACE}"
_MINUS: Final = "\N{MINUS SIGN}"
_TONES: Final[Mapping[str, str]] = MappingProxyType(
    {"success": "good", "warning": "warn", "error": "bad", "info": "info", "debug": "quiet"}
)


@register.filter
def money(value: Money | None) -> str:
    """Return ``CNY 500,000.00`` that does not break across lines."""
    if value is None:
        return NONE
    code, _space, figure = str(value).partition(" ")
    return format_html(
        '<span class="money"><span class="unit">{}</span>{}{}</span>',
        code,
        _NO_BREAK_SPACE,
        figure.replace("-", _MINUS),
    )


@register.filter
def figure(value: Money | None) -> str:
    """Return ``500,000.00``, for a column whose heading names the currency."""
    return NONE if value is None else str(value).partition(" ")[2].replace("-", _MINUS)


@register.filter
def percent(value: Rate | None) -> str:
    """Return a rate as ``5.15%``: exact, with at least two decimals."""
    if value is None:
        return NONE
    whole, _point, decimals = value.percent.partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}%"


@register.filter
def address(value: str | None) -> str:
    """Return an account address shortened to its ends, with the whole of it on hover."""
    return _shortened(value, "address", 6, 3)


@register.filter
def digest(value: str | None) -> str:
    """Return a digest shortened to its ends, with the whole of it on hover."""
    return _shortened(value, "digest", 8, 4)


def _shortened(value: str | None, kind: str, head: int, tail: int) -> str:
    if not value:
        return NONE
    short = value if len(value) <= head + tail + 1 else f"{value[:head]}…{value[-tail:]}"
    return format_html('<span class="{}" title="{}">{}</span>', kind, value, short)


@register.filter
def storage_address(value: str | None) -> str:
    """Return a ledger address such as ``18402-3`` as ``block 18402 · 3``."""
    if not value:
        return NONE
    height, _dash, index = value.partition("-")
    words = _("block %(height)s · %(index)s") % {"height": height, "index": index}
    return format_html('<span class="address">{}</span>', words)


@register.filter
def iso(value: date | datetime | None) -> str:
    """Return a date as ``2026-10-30``, a moment as ``2026-10-30 09:14 UTC`` in the site's time zone."""
    if value is None:
        return NONE
    if isinstance(value, datetime):
        value = timezone.localtime(value)
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), _minute(value))
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), value.isoformat())


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M %Z}"


@register.filter
def from_now(span: timedelta) -> str:
    """Return the moment ``span`` from now, to the minute in the site's time zone."""
    return _minute(timezone.localtime() + span)


@register.filter
def tone(message: Message) -> str:
    """Return the tone in which one of Django's messages is shown."""
    return _TONES.get(message.level_tag, "info")


@register.filter
def words(text: Wording) -> str:
    """Return words that a document carries in both languages, in the reader's."""
    return wording.words(text)


@register.filter
def called(member: Member | None) -> str:
    """Return a member's name as the reader says it; nothing for nobody."""
    return "" if member is None else wording.called(member)


@register.filter
def also_called(member: Member) -> str:
    """Return the member's name in the other language, or nothing where there is none."""
    return next((name for name in (member.name_zh, member.name) if name and name != called(member)), "")


@register.filter
def per_mille(value: int) -> str:
    """Return ``125`` as ``12.5%``."""
    return per_mille_as_percent(value)


@register.filter
def left_of(value: int, whole: int) -> int:
    """Return what is left of ``whole`` without ``value``."""
    return whole - value


@register.filter
def in_words(value: object) -> object:
    """Return an item's value as a page shows it: money with its currency, dates in ISO form."""
    if isinstance(value, Money):
        return money(value)
    return iso(value) if isinstance(value, date) else value


@register.filter
def block_time(time_ms: int) -> datetime:
    """Return a block's time, milliseconds since 1970, as a moment."""
    return datetime.fromtimestamp(time_ms // 1000, UTC)


@register.filter
def stage_word(stage: str) -> str:
    """Return the word for a stage."""
    return str(stage_label(stage).word)


@register.inclusion_tag("web/components/tag.html")
def stage_tag(stage: str) -> Mapping[str, Any]:
    """Return a stage as word, colour and dot."""
    label = stage_label(stage)
    return {"tone": label.tone, "word": label.word}


@register.inclusion_tag("web/components/field.html")
def form_field(field: BoundField, after: str = "") -> Mapping[str, Any]:
    """Return a form's field with its label, help and errors tied to it.

    Args:
        field: the bound field.
        after: what stands beside the label, such as a unit (``CNY``) or where the value was read.
    """
    # A placeholder that repeats the label vanishes while one types and helps nobody.
    return {"field": field, "after": after, "widget": field.as_widget(attrs={"placeholder": False})}


@register.simple_tag(takes_context=True)
def menu_links(context: template.Context) -> list[navigation.Link]:
    """Return the main menu for who asks; empty where there is no request to judge by."""
    request: HttpRequest | None = context.get("request")
    return [] if request is None or not hasattr(request, "user") else navigation.links(request)


@register.simple_tag
def level_bar(value: int, tone: str = "good") -> SafeString:
    """Return a bar for ``value`` out of 100, drawn with attributes only."""
    width = min(max(value, 0), 100)
    return format_html(
        '<svg aria-hidden="true"><rect class="track" width="100%" height="10" rx="5"/>'
        '<rect class="fill {}" width="{}%" height="10" rx="5"/></svg>',
        tone,
        width,
    )
