"""The picture of an effect: two bars, before and after, each divided into approved, referred and declined."""

from collections.abc import Mapping
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

_WIDTH: Final = 620
_LEFT: Final = 96
OUTCOMES: Final = ("approve", "refer", "decline")


def effect_bars(outcomes: Mapping[str, Mapping[str, int]]) -> SafeString:
    """Return an SVG element for ``outcomes``: applications by outcome before, then by outcome after."""
    before = {one: sum(outcomes.get(one, {}).values()) for one in OUTCOMES}
    after = {one: sum(each.get(one, 0) for each in outcomes.values()) for one in OUTCOMES}
    sentence = _(
        "Before: %(approve)s approved, %(refer)s referred, %(decline)s declined. "
        "After: %(approve2)s, %(refer2)s, %(decline2)s."
    ) % {**before, **{f"{one}2": count for one, count in after.items()}}
    return format_html(
        '<svg viewBox="0 0 720 100" role="img" xmlns="http://www.w3.org/2000/svg"><title>{}</title>{}{}</svg>',
        sentence,
        _bar(_("Before"), before, 8),
        _bar(_("After"), after, 56),
    )


def _bar(label: str, counts: Mapping[str, int], top: int) -> SafeString:
    total = sum(counts.values()) or 1
    parts, left = [], _LEFT
    for outcome in OUTCOMES:
        width = _WIDTH * counts[outcome] // total
        number = counts[outcome] if width > 28 else ""
        parts.append((outcome, left, top, width, left + width // 2, top + 23, number))
        left += width
    return format_html(
        '<text x="{}" y="{}" text-anchor="end">{}</text>{}',
        _LEFT - 10,
        top + 23,
        label,
        format_html_join(
            "",
            '<rect class="{}" x="{}" y="{}" width="{}" height="36"/>'
            '<text class="inside" x="{}" y="{}" text-anchor="middle">{}</text>',
            parts,
        ),
    )
