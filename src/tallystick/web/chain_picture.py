"""The picture of a traced chain: members level by level from left to right, deliveries as lines between them.

SVG with attributes and classes only, as ``charts``; colours come from the stylesheet. What does not fit the
picture is said in words, and stands in the table beside it.
"""

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Final
from unicodedata import east_asian_width

from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from tallystick.evidence.chain import Chain, Link, Sight

#: Members that one level shows; the table has them all.
ROWS_AT_MOST: Final = 12
#: Widths of a Latin letter that a name may have; a Chinese one is two wide.
NAME_AT_MOST: Final = 19
_BOX_WIDTH, _BOX_HEIGHT = 180, 44
_COLUMN, _ROW, _MARGIN, _BEND = 280, 68, 12, 24

Places = dict[str, tuple[int, int]]


def chain_picture(title: str | Promise, chain: Chain, names: Mapping[str, str]) -> SafeString:
    """Return an SVG element: the supplier on the left, core enterprises framed, cycles and gaps marked.

    Args:
        title: what the picture shows; also its accessible name.
        chain: as it was traced.
        names: of members by account address; one that is not there is shown by its address.
    """
    places = _places(chain)
    width = max(x for x, _y in places.values()) + _BOX_WIDTH + _MARGIN
    height = max(y for _x, y in places.values()) + _BOX_HEIGHT + 2 * _MARGIN
    links = [link for link in chain.links if link.supplier in places and link.buyer in places]
    return format_html(
        '<svg class="chain" width="{}" height="{}" viewBox="0 0 {} {}" role="img" xmlns="http://www.w3.org/2000/svg">'
        "<title>{}</title><desc>{}</desc>{}{}</svg>",
        width,
        height,
        width,
        height,
        title,
        "; ".join(_sentence(link, names) for link in links),
        format_html_join("", "{}", ((_line(link, places, names),) for link in links)),
        format_html_join("", "{}", ((box,) for box in _boxes(chain, places, names))),
    )


def hidden_members(chain: Chain) -> int:
    """Return how many members of the chain its picture leaves out."""
    return len(chain.members) - len(_places(chain))


def _places(chain: Chain) -> Places:
    """Return where the box of each member stands that the picture shows."""
    places: Places = {}
    rows: dict[int, int] = {}
    for address, level in chain.members.items():
        row = rows.get(level, 0)
        if row < ROWS_AT_MOST:
            places[address] = (_MARGIN + level * _COLUMN, _MARGIN + row * _ROW)
            rows[level] = row + 1
    return places


def _line(link: Link, places: Places, names: Mapping[str, str]) -> SafeString:
    (from_x, from_y), (to_x, to_y) = places[link.supplier], places[link.buyer]
    kind = "link cycle" if link.closes_cycle else "link"
    start_y, end_y = from_y + _BOX_HEIGHT // 2, to_y + _BOX_HEIGHT // 2
    side = 1 if to_y >= from_y else -1
    if to_x > from_x:
        start, end = from_x + _BOX_WIDTH, to_x
        bend = (start + end) // 2
    elif to_x < from_x:
        start, end = from_x, to_x + _BOX_WIDTH
        bend = (start + end) // 2
        start_y, end_y = start_y + _BOX_HEIGHT // 4, end_y + _BOX_HEIGHT // 4
    else:  # within a level: down on the right of the boxes, up on their left, so that both are seen
        start = end = from_x + (_BOX_WIDTH if side > 0 else 0)
        bend = start + side * _BEND
        start_y, end_y = start_y + side * _BOX_HEIGHT // 4, end_y - side * _BOX_HEIGHT // 4
    path = f"M{start} {start_y}C{bend} {start_y} {bend} {end_y} {end} {end_y}"
    # The middle of such a curve: an eighth of each end, three eighths of each bend.
    text_x, text_y = (start + end + 6 * bend) // 8, (start_y + end_y) // 2 - 4
    if to_x == from_x:  # in the gap beside the box that it leaves
        text_x = start - side * 2 * _MARGIN
        text_y = from_y + _BOX_HEIGHT // 2 + side * _ROW // 2 + 4
    return format_html(
        '<g class="{}"><title>{}</title><path d="{}"/>'
        '<text x="{}" y="{}" text-anchor="middle">{} %</text></g>',
        kind,
        _sentence(link, names),
        path,
        text_x,
        text_y,
        link.share_of_deliveries * 100 // 1,
    )


def _boxes(chain: Chain, places: Places, names: Mapping[str, str]) -> Iterator[SafeString]:
    for address, (x, y) in places.items():
        name = names.get(address, address)
        yield format_html(
            '<g class="{}"><title>{}</title><rect x="{}" y="{}" width="{}" height="{}" rx="6"/>'
            '<text x="{}" y="{}">{}</text><text class="note" x="{}" y="{}">{}</text></g>',
            _kind(chain, address),
            name,
            x,
            y,
            _BOX_WIDTH,
            _BOX_HEIGHT,
            x + 10,
            y + 18,
            shortened(name),
            x + 10,
            y + 35,
            _note(chain, address),
        )


def shortened(name: str, at_most: int = NAME_AT_MOST) -> str:
    """Return ``name``, cut to so many letters; a Chinese one counts as two."""
    widths = accumulate(2 if east_asian_width(letter) in "FW" else 1 for letter in name)
    fitting = sum(1 for width in widths if width <= at_most)
    return name if fitting == len(name) else name[: fitting - 1] + "…"


def _kind(chain: Chain, address: str) -> str:
    if address == chain.supplier:
        return "member start"
    if address in chain.cores:
        return "member core"
    return "member gap" if address in chain.missing else "member"


def _note(chain: Chain, address: str) -> str:
    if address == chain.supplier:
        return _("Supplier")
    if address in chain.cores:
        return _("Core enterprise")
    missing = chain.missing.get(address)
    if missing is Sight.NO_CONSENT:
        return _("No consent to look further")
    return _("No deliveries further down") if missing is Sight.NO_RECORDS else ""


def _sentence(link: Link, names: Mapping[str, str]) -> str:
    return _("%(supplier)s to %(buyer)s: %(count)s deliveries, %(share)s %% of its deliveries") % {
        "supplier": names.get(link.supplier, link.supplier),
        "buyer": names.get(link.buyer, link.buyer),
        "count": link.deliveries,
        "share": link.share_of_deliveries * 100 // 1,
    }
