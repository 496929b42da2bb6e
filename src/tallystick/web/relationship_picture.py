"""The picture of one indicator: on its left what goes into it, on its right what follows or moves with it.

SVG with attributes and classes only, as ``charts``; colours come from the stylesheet.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from tallystick.web.cards.relationships import Neighbour, Row
from tallystick.web.chain_picture import shortened

_BOX_WIDTH: Final = 210
_BOX_HEIGHT: Final = 44
_COLUMN, _ROW, _MARGIN = 290, 60, 12
_LABEL_AT_MOST: Final = 30
#: Neighbours on one side of the picture; the table has all of them.
AT_MOST: Final = 10


def relationship_picture(row: Row) -> SafeString:
    """Return an SVG element; full lines say what derives from what, broken ones what moves together."""
    left, right = list(row.parts[:AT_MOST]), list((*row.wholes, *row.together)[:AT_MOST])
    column = _COLUMN if left else 0
    height = max(len(left), len(right), 1) * _ROW + _MARGIN
    middle = (height - _BOX_HEIGHT) // 2
    width = column + (_COLUMN if right else 0) + _BOX_WIDTH + 2 * _MARGIN
    return format_html(
        '<svg class="chain" width="{}" height="{}" viewBox="0 0 {} {}" role="img"'
        ' xmlns="http://www.w3.org/2000/svg"><title>{}</title>{}{}{}</svg>',
        *(width, height, width, height),
        row.label,
        format_html_join("", "{}", ((one,) for one in _side(left, 0, column, middle, is_left=True))),
        format_html_join("", "{}", ((one,) for one in _side(right, column + _COLUMN, column, middle))),
        _box(column + _MARGIN, middle, row.label, row.shown, "member core"),
    )


def hidden_neighbours(row: Row) -> int:
    """Return how many neighbours the picture leaves out."""
    return max(len(row.parts) - AT_MOST, 0) + max(len(row.wholes) + len(row.together) - AT_MOST, 0)


def _side(
    neighbours: Sequence[Neighbour], x: int, column: int, middle: int, *, is_left: bool = False
) -> Iterator[SafeString]:
    for place, each in enumerate(neighbours):
        y = _MARGIN // 2 + place * _ROW
        centre, here = middle + _BOX_HEIGHT // 2, y + _BOX_HEIGHT // 2
        if is_left:
            start, start_y, end, end_y = x + _MARGIN + _BOX_WIDTH, here, column + _MARGIN, centre
        else:
            start, start_y, end, end_y = column + _MARGIN + _BOX_WIDTH, centre, x + _MARGIN, here
        bend = (start + end) // 2
        yield format_html(
            '<g class="{}"><path d="M{} {}C{} {} {} {} {} {}"/></g>',
            "link cycle" if each.correlation else "link",
            *(start, start_y, bend, start_y, bend, end_y, end, end_y),
        )
        if each.correlation:
            note = _("moves together, %(rank)s") % {"rank": each.correlation}
        else:
            note = _("goes into it") if is_left else _("derives from it")
        yield _box(x + _MARGIN, y, each.label, note, "member")


def _box(x: int, y: int, label: str, note: str, kind: str) -> SafeString:
    return format_html(
        '<g class="{}"><title>{}</title><rect x="{}" y="{}" width="{}" height="{}" rx="6"/>'
        '<text x="{}" y="{}">{}</text><text class="note" x="{}" y="{}">{}</text></g>',
        kind,
        label,
        *(x, y, _BOX_WIDTH, _BOX_HEIGHT),
        *(x + 10, y + 18, shortened(label, _LABEL_AT_MOST)),
        *(x + 10, y + 35, note),
    )
