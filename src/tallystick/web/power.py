"""The share of power that signed a block, as a picture: one part a validator, and the two-thirds line.

Drawn with attributes and classes only; places are whole thousandths of the width, so no float is near.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tallystick.ledger.answers import Assent
from tallystick.web.figures import per_mille_as_percent

_HEIGHT: Final = 18
_TWO_THIRDS: Final = "66.67%"


def per_mille(part: int, whole: int) -> int:
    """Return how many thousandths of ``whole`` are ``part``, rounded down; of nothing, none."""
    return part * 1000 // whole if whole else 0


def share(part: int, whole: int) -> str:
    """Return ``part`` of ``whole`` in per cent, rounded down to one decimal: 3 of 4 as 75.0%."""
    return per_mille_as_percent(per_mille(part, whole))


def power_bar(words: str, assents: Sequence[Assent]) -> SafeString:
    """Return an SVG element: who has signed first, then who has not; ``words`` is what it says."""
    ordered = sorted(assents, key=lambda each: not each.signature)
    return format_html(
        '<svg class="power" role="img" aria-label="{}" height="{}">{}'
        '<line class="threshold" x1="{}" x2="{}" y1="0" y2="{}"/></svg>',
        words,
        _HEIGHT,
        format_html_join("", '<rect class="{}" x="{}" width="{}" y="3" height="12"/>', _parts(ordered)),
        _TWO_THIRDS,
        _TWO_THIRDS,
        _HEIGHT,
    )


def _parts(ordered: Sequence[Assent]) -> Iterator[tuple[str, str, str]]:
    total, before = sum(each.power for each in ordered), 0
    for each in ordered:
        left, right = per_mille(before, total), per_mille(before + each.power, total)
        kind = "signed" if each.signature else "unsigned"
        yield kind, per_mille_as_percent(left), per_mille_as_percent(right - left)
        before += each.power
