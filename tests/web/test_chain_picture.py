"""The picture of a chain: safe text, nothing inline, cycles and gaps marked, members within the frame."""

import re
from xml.etree import ElementTree as ET

from tallystick.evidence.chain import Downstream, Sales, Sight, trace
from tallystick.web.chain_picture import ROWS_AT_MOST, chain_picture, hidden_members


def sold(**buyers):
    return Downstream(Sight.KNOWN, tuple(Sales(buyer, count, None) for buyer, count in buyers.items()))


KNOWN = {
    "s": sold(a=3, b=1, gone=1),
    "a": sold(b=1, C=2),
    "b": sold(a=1, C=1),
    "gone": Downstream(Sight.NO_CONSENT),
}
CHAIN = trace("s", KNOWN, {"C"})
NAMES = {"s": "Example Rubber <Co.>", "a": "A" * 60, "C": "示例汽车零部件制造股份有限公司"}


def drawn(chain=CHAIN):
    return ET.fromstring(chain_picture("Chain", chain, NAMES))  # noqa: S314 (our own text)


def kinds(drawing):
    return [part.attrib["class"] for part in drawing.iter() if part.tag.endswith("}g")]


def test_text_is_escaped_and_nothing_is_inline():
    svg = chain_picture("<script>", CHAIN, NAMES)
    assert "<script" not in svg
    assert "Example Rubber &lt;Co.&gt;" in svg
    assert not re.search(r"style=|fill=|stroke=|#[0-9a-f]{3}", svg)


def test_every_member_and_link_is_drawn_once_with_its_kind():
    found = kinds(drawn())
    assert sorted(kind for kind in found if kind.startswith("member")) == [
        "member", "member", "member core", "member gap", "member start",
    ]  # fmt: skip
    assert found.count("link") + found.count("link cycle") == len(CHAIN.links)
    assert found.count("link cycle") == len([link for link in CHAIN.links if link.closes_cycle]) > 0


def test_boxes_lie_within_the_frame_and_long_names_are_shortened():
    drawing = drawn()
    _, _, width, height = map(int, drawing.attrib["viewBox"].split())
    boxes = [part.attrib for part in drawing.iter() if part.tag.endswith("}rect")]
    assert len({(box["x"], box["y"]) for box in boxes}) == len(CHAIN.members)
    for box in boxes:
        assert int(box["x"]) + int(box["width"]) <= width
        assert int(box["y"]) + int(box["height"]) <= height
    assert max(len(part.text or "") for part in drawing.iter() if part.tag.endswith("}text")) < 30


def test_what_the_picture_leaves_out_is_counted():
    wide = trace("s", {"s": sold(**{f"b{at:02}": 1 for at in range(ROWS_AT_MOST + 5)})})
    assert hidden_members(wide) == 5
    assert hidden_members(CHAIN) == 0
    assert len([kind for kind in kinds(drawn(wide)) if kind.startswith("member")]) == ROWS_AT_MOST + 1


def test_no_two_shares_stand_on_the_same_spot():
    places = [
        (part.attrib["x"], part.attrib["y"])
        for group in drawn().iter()
        if group.attrib.get("class", "").startswith("link")
        for part in group
        if part.tag.endswith("}text")
    ]
    assert len(set(places)) == len(places) == len(CHAIN.links)
