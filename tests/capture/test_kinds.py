"""Kinds: what is read off words at places, and what the checks make of it; no picture is needed."""

import pytest

from tallystick.capture.draft import Draft
from tallystick.capture.kinds import KINDS
from tallystick.capture.rules import read_page
from tallystick.evidence.papers import Kind, Paper, Source, Status
from tests.capture.specimens import Maker
from tests.capture.words import Placed, page, right_of

CODE = Maker(5).credit_code()
CARD = "6228480402564890018"
NOTE = (
    ("送货单", 400, 20, 560, 60),
    right_of(100, 100, "收货单位:青岛华远有限公司"),
    right_of(600, 100, "送货单号:SH20230415001"),
    right_of(100, 200, "货物名称"),
    right_of(300, 200, "数量"),
    right_of(450, 200, "单价"),
    right_of(600, 200, "金额"),
    right_of(100, 250, "轴承"),
    right_of(310, 250, "90"),
    right_of(455, 250, "2.50"),
    right_of(600, 250, "225.00"),
    right_of(100, 350, "合计"),
    right_of(600, 350, "225.00"),
    right_of(100, 400, "合计金额(大写):贰佰贰拾伍圆整"),
)


def read(kind: Kind, words: tuple[Placed, ...], *more: tuple[str, str, Source]) -> Paper:
    rules = KINDS[kind]
    draft: Draft = rules.draft()
    read_page(rules, page(words), draft)
    for name, value, source in more:
        draft.read(name, value, source)
    draft.compare_sources()
    rules.checks(draft)
    return draft.paper(1, rules.keys(draft))


def with_cell(old: str, new: str) -> tuple[Placed, ...]:
    assert any(word[0] == old for word in NOTE)
    return tuple((new if word[0] == old else word[0], *word[1:]) for word in NOTE)


def test_a_delivery_note_that_adds_up_passes() -> None:
    paper = read(Kind.DELIVERY_NOTE, NOTE)
    assert paper.passes
    assert paper.fields["total"].status is Status.VERIFIED
    assert {name: cell.value for name, cell in paper.lines[0].fields.items()} == {
        "name": "轴承",
        "quantity": "90",
        "unit_price": "2.50",
        "amount": "225.00",
    }


@pytest.mark.parametrize(
    ("old", "new", "check"),
    [
        ("90", "06", "quantity-times-price"),  # a number that was read upside down
        ("2.50", "2.60", "quantity-times-price"),
        ("合计金额(大写):贰佰贰拾伍圆整", "合计金额(大写):贰佰贰拾陆圆整", "capitals"),
    ],
)
def test_one_wrong_figure_is_caught_by_its_check(old: str, new: str, check: str) -> None:
    paper = read(Kind.DELIVERY_NOTE, with_cell(old, new))
    failed = {
        each.name
        for field in [*paper.fields.values(), *(f for line in paper.lines for f in line.fields.values())]
        for each in field.checks
        if not each.ok
    }
    assert check in failed
    assert not paper.passes


def test_a_note_without_prices_or_totals_does_not_pass() -> None:
    without = tuple(word for word in NOTE if word[0] not in {"2.50", "225.00"} and "大写" not in word[0])
    paper = read(Kind.DELIVERY_NOTE, without)
    assert paper.lines[0].fields["quantity"].status is Status.NEEDS_REVIEW
    assert not paper.passes


def test_a_credit_code_is_verified_by_its_check_and_a_wrong_one_is_not() -> None:
    paper = read(Kind.BUSINESS_LICENCE, (right_of(100, 100, f"统一社会信用代码{CODE}"),))
    assert (paper.fields["credit_code"].value, paper.fields["credit_code"].status) == (CODE, Status.VERIFIED)
    assert paper.passes
    wrong = CODE[:9] + ("7" if CODE[9] != "7" else "8") + CODE[10:]
    paper = read(Kind.BUSINESS_LICENCE, (right_of(100, 100, f"统一社会信用代码{wrong}"),))
    assert paper.fields["credit_code"].status is Status.NEEDS_REVIEW
    assert not paper.passes


def test_an_older_registration_number_is_verified_by_its_own_check() -> None:
    paper = read(Kind.BUSINESS_LICENCE, (right_of(100, 100, "注册号:110108000000016"),))
    field = paper.fields["credit_code"]
    assert [(check.name, check.ok) for check in field.checks] == [("registration-number-check-digit", True)]


def test_a_birth_date_that_the_number_contradicts_needs_review() -> None:
    words = (right_of(100, 100, "出生1990年1月2日"), right_of(100, 200, "公民身份号码11010519491231002X"))
    paper = read(Kind.IDENTITY_CARD, words)
    assert paper.fields["identity_number"].status is Status.VERIFIED
    assert paper.fields["born_on"].status is Status.NEEDS_REVIEW
    assert not paper.passes


def test_a_bank_card_is_never_verified() -> None:
    paper = read(Kind.BANK_CARD, (right_of(100, 300, " ".join(CARD[at : at + 4] for at in range(0, 19, 4))),))
    field = paper.fields["card_number"]
    assert field.value == CARD
    assert field.checks[0].ok
    assert field.status is Status.NEEDS_REVIEW


INVOICE = (
    right_of(400, 20, "电子发票(增值税专用发票)"),
    right_of(600, 60, "发票号码:26372000000012345678"),
    right_of(600, 90, "开票日期:2023年04月15日"),
    right_of(600, 500, "(小写)¥113.00"),
    right_of(100, 500, "价税合计(大写)壹佰壹拾叁圆整"),
)
QR = (("number", "26372000000012345678"), ("date", "2023-04-15"), ("total", "113.00"))


def test_a_code_that_agrees_with_the_text_verifies_number_date_and_total() -> None:
    paper = read(Kind.VAT_INVOICE, INVOICE, *((name, value, Source.CODE) for name, value in QR))
    assert all(paper.fields[name].status is Status.VERIFIED for name, _ in QR)
    assert paper.passes


def test_without_a_second_witness_the_number_of_an_invoice_needs_review() -> None:
    paper = read(Kind.VAT_INVOICE, INVOICE)
    assert paper.fields["number"].status is Status.NEEDS_REVIEW
    assert paper.fields["total"].status is Status.VERIFIED
    assert not paper.passes


def test_a_code_that_contradicts_the_text_is_a_failed_check() -> None:
    paper = read(Kind.VAT_INVOICE, INVOICE, ("number", "26372000000012345679", Source.CODE))
    check = next(each for each in paper.fields["number"].checks if each.name == "sources-agree")
    assert not check.ok
    assert "26372000000012345679" in check.detail


def test_a_red_letter_invoice_names_the_one_it_takes_back() -> None:
    words = (
        right_of(400, 20, "增值税专用发票"),
        right_of(100, 60, "对应正数发票代码:3702174130"),
        right_of(500, 60, "号码:06054321"),
        right_of(600, 500, "(小写)¥-113.00"),
    )
    paper = read(Kind.VAT_INVOICE, words)
    assert (paper.fields["red_code"].value, paper.fields["total"].value) == ("3702174130", "-113.00")
    assert any(check.name == "red-letter-is-negative" and check.ok for check in paper.fields["total"].checks)


@pytest.mark.parametrize(
    ("name", "number"), [("number", "06054321"), ("code", "3702174130"), ("code", "037021741301")]
)
def test_a_number_without_a_label_counts_only_beside_the_labels_of_a_chinese_invoice(
    name: str, number: str
) -> None:
    stray = right_of(600, 100, number)
    foreign = read(Kind.VAT_INVOICE, (right_of(100, 20, "Invoice"), stray))
    assert foreign.fields[name].status is Status.MISSING
    chinese = read(Kind.VAT_INVOICE, (right_of(100, 20, "增值税普通发票"), stray))
    assert chinese.fields[name].value == number


JAPANESE = (
    right_of(400, 20, "納品書"),
    right_of(600, 20, "伝票No.00000569"),
    right_of(100, 60, "株式会社青木御中"),
    right_of(100, 100, "商品名"),
    right_of(300, 100, "数量"),
    right_of(600, 100, "金額"),
    right_of(100, 150, "合計10,620"),
)


@pytest.mark.parametrize("kind", Kind)
def test_a_japanese_note_has_the_labels_of_no_kind(kind: Kind) -> None:
    rules = KINDS[kind]
    assert rules.signs_on([page(JAPANESE)]) < rules.least


@pytest.mark.parametrize("kind", Kind)
def test_words_without_a_label_are_of_no_kind(kind: Kind) -> None:
    rules = KINDS[kind]
    assert (
        rules.signs_on([page((right_of(100, 20, "06054321"), right_of(100, 60, "3702174130")))]) < rules.least
    )
