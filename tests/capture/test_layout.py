"""Layout: rows, labels and columns are found however the page was held."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.capture.finding import Sheet
from tallystick.capture.kinds.delivery_note import END, GOODS
from tallystick.capture.layout import Page, Word, standing
from tallystick.errors import TooLarge
from tallystick.evidence.papers import Source
from tests.capture.words import page, right_of

LABELS = ("收货单位", "送货单号", "送货日期")
NOTE = (
    right_of(100, 100, "收货单位:青岛华远有限公司"),
    right_of(600, 100, "送货单号"),
    right_of(720, 100, "SH20230415001"),
    right_of(100, 200, "货物名称"),
    right_of(300, 200, "数量"),
    right_of(450, 200, "单价"),
    right_of(600, 200, "金额"),
    right_of(100, 250, "轴承"),
    right_of(310, 250, "90"),
    right_of(455, 250, "2.50"),
    right_of(600, 250, "225.00"),
    right_of(100, 300, "水泥"),
    right_of(310, 300, "7"),
    right_of(455, 300, "10.00"),
    right_of(600, 300, "70.00"),
    right_of(100, 350, "合计"),
    right_of(600, 350, "295.00"),
)


@given(st.floats(-15, 15))
def test_labels_and_cells_are_found_at_any_tilt(degrees: float) -> None:
    sheet = Sheet(page(NOTE, degrees), LABELS)
    buyer, number = (sheet.right(sheet.find(label)[0]) for label in LABELS[:2])
    assert buyer is not None
    assert number is not None
    assert (buyer.text, number.text) == ("青岛华远有限公司", "SH20230415001")
    table = sheet.table(GOODS, END)
    assert table is not None
    rows = [{name: cell.text for name, cell in row.items()} for row in table.rows()]
    assert rows == [
        {"name": "轴承", "quantity": "90", "unit_price": "2.50", "amount": "225.00"},
        {"name": "水泥", "quantity": "7", "unit_price": "10.00", "amount": "70.00"},
    ]


def test_a_label_that_is_set_wide_is_found_across_its_boxes() -> None:
    sheet = Sheet(page((right_of(100, 100, "名"), right_of(220, 100, "称济南优度有限公司"))), ("名称",))
    found = sheet.right(sheet.find("名称")[0])
    assert found is not None
    assert found.text == "济南优度有限公司"


def test_a_value_ends_at_the_next_label_and_at_a_gap() -> None:
    words = (right_of(100, 100, "收货单位:甲公司送货单号:SH1234"), right_of(700, 100, "白联"))
    sheet = Sheet(page(words), LABELS)
    texts = [span.text for label in LABELS[:2] if (span := sheet.right(sheet.find(label)[0]))]
    assert texts == ["甲公司", "SH1234"]


def test_a_value_under_its_label_is_found() -> None:
    sheet = Sheet(
        page((right_of(400, 100, "统一社会信用代码"), right_of(390, 130, "91370203MA3C1234XX"))),
        ("统一社会信用代码",),
    )
    place = sheet.find("统一社会信用代码")[0]
    assert sheet.right(place) is None
    below = sheet.below(place)
    assert below is not None
    assert below.text == "91370203MA3C1234XX"


def test_a_label_inside_other_text_is_no_label() -> None:
    assert not Sheet(page((right_of(100, 100, "商品送货日期另定"),)), LABELS).find("送货日期")


def test_a_box_says_where_the_value_stands_and_not_its_label() -> None:
    sheet = Sheet(page((("收货单位:甲乙丙丁", 100, 100, 275, 120),)), LABELS)
    found = sheet.right(sheet.find("收货单位")[0])
    assert found is not None
    assert 1900 < found.box.left < 2000
    assert (found.box.top, found.box.right, found.box.bottom) == (1000, 2750, 1200)


def test_a_box_of_a_turned_page_is_given_on_the_page_as_handed_in() -> None:
    upright = Page(0, 400, 200, (), Source.OCR, quarter_turns=1)
    # Turned left once: what is now at the top left was at the top right.
    box = upright.box([(0, 0), (40, 0), (40, 20), (0, 20)])
    assert (box.left, box.top, box.right, box.bottom) == (9000, 0, 10000, 1000)


def test_a_page_on_its_side_is_noticed() -> None:
    lying = Word("送货单", ((0, 0), (20, 0), (20, 90), (0, 90)))
    assert standing((lying,))
    assert not standing(page(NOTE).words)


def test_a_page_with_too_many_words_is_refused() -> None:
    word = page((right_of(0, 0, "字"),)).words[0]
    with pytest.raises(TooLarge, match="6000 words"):
        _ = Page(0, 1000, 1000, (word,) * 6001, Source.OCR).rows


def test_figures_of_two_columns_are_not_joined_when_a_heading_was_missed() -> None:
    without = tuple(word for word in NOTE if word[0] != "单价")
    sheet = Sheet(page((*without, right_of(230, 200, "规格"))), LABELS)
    table = sheet.table(GOODS, END)
    assert table is not None
    said = {word[0] for word in NOTE}
    assert all(cell.text in said for row in table.rows() for cell in row.values())
