"""The picture of a decision graph: its tables and indices from left to right, each after what feeds it.

SVG with attributes and classes only, as ``charts``; colours come from the stylesheet.
"""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from tallystick.policy.graph import Graph, Node
from tallystick.policy.index import Index

_BOX_WIDTH: Final = 190
_BOX_HEIGHT: Final = 44
_COLUMN, _ROW, _MARGIN = 290, 64, 12
_NAME_AT_MOST: Final = 24

Places = Mapping[str, tuple[int, int]]


def graph_picture(title: str | Promise, graph: Graph) -> SafeString:
    """Return an SVG element: a box for each node, the one that answers framed, lines for what feeds what."""
    places = _places(graph)
    width = max(x for x, _y in places.values()) + _BOX_WIDTH + _MARGIN
    height = max(y for _x, y in places.values()) + _BOX_HEIGHT + _MARGIN
    return format_html(
        '<svg class="chain" width="{}" height="{}" viewBox="0 0 {} {}" role="img"'
        ' xmlns="http://www.w3.org/2000/svg"><title>{}</title><desc>{}</desc>{}{}</svg>',
        *(width, height, width, height),
        title,
        "; ".join(f"{source}.{output} → {to}.{name}" for source, output, to, name in _feeds(graph)),
        format_html_join("", "{}", ((_line(*feed, places),) for feed in _feeds(graph))),
        format_html_join("", "{}", ((_box(node, places, graph.answer),) for node in graph.nodes)),
    )


def node_words(node: Node) -> str:
    """Return what a node is, in words."""
    if isinstance(node.part, Index):
        return _("index of %(count)s figures") % {"count": len(node.part.inputs)}
    return _("table, %(hit)s, rules: %(count)s") % {"hit": node.part.hit, "count": len(node.part.rules)}


def _places(graph: Graph) -> Places:
    levels: dict[str, int] = {}
    rows: dict[int, int] = {}
    places: dict[str, tuple[int, int]] = {}
    for node in graph.nodes:  # each after what feeds it
        level = max((levels[source] + 1 for source, _output in node.feeds.values()), default=0)
        levels[node.name] = level
        places[node.name] = (_MARGIN + level * _COLUMN, _MARGIN + rows.get(level, 0) * _ROW)
        rows[level] = rows.get(level, 0) + 1
    return places


def _feeds(graph: Graph) -> list[tuple[str, str, str, str]]:
    return [(*feed, node.name, name) for node in graph.nodes for name, feed in node.feeds.items()]


def _line(source: str, output: str, to: str, name: str, places: Places) -> SafeString:
    (from_x, from_y), (to_x, to_y) = places[source], places[to]
    start, end = from_x + _BOX_WIDTH, to_x
    start_y, end_y = from_y + _BOX_HEIGHT // 2, to_y + _BOX_HEIGHT // 2
    bend = (start + end) // 2
    return format_html(
        '<g class="link"><title>{}.{} → {}.{}</title><path d="M{} {}C{} {} {} {} {} {}"/>'
        '<text x="{}" y="{}">{}</text></g>',
        *(source, output, to, name),
        *(start, start_y, bend, start_y, bend, end_y, end, end_y),
        *(start + 6, start_y - 5, output),
    )


def _box(node: Node, places: Places, answer: str) -> SafeString:
    x, y = places[node.name]
    name = node.name if len(node.name) <= _NAME_AT_MOST else f"{node.name[: _NAME_AT_MOST - 1]}…"
    return format_html(
        '<g class="{}"><title>{}</title><rect x="{}" y="{}" width="{}" height="{}" rx="6"/>'
        '<text x="{}" y="{}">{}</text><text class="note" x="{}" y="{}">{}</text></g>',
        "member core" if node.name == answer else "member",
        node.name,
        *(x, y, _BOX_WIDTH, _BOX_HEIGHT),
        *(x + 10, y + 18, name),
        *(x + 10, y + 35, node_words(node)),
    )
