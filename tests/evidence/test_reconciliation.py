"""What counts is what contract, delivery note and invoice bear out together."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.errors import TooLarge
from tallystick.evidence.papers import Check, Kind, Line, Paper
from tallystick.evidence.reconciliation import KINDS, MAX_LINES, MAX_PAPERS, invoice_key, reconcile
from tests.evidence.papers import contract, field, invoice, line, note

BOLT = ("螺栓", "M8", "件", "100", "2.50")


def totals(*papers: Paper, **more: object) -> tuple[str | None, str | None]:
    found = reconcile(papers, **more)
    return found.quantity, found.value


def bolts(quantity: str, price: str = "2.50") -> tuple[str, str, str, str, str]:
    return ("螺栓", "M8", "件", quantity, price)


def test_three_documents_that_agree_verify_the_whole_line() -> None:
    """100 at 2.50 is 250.00."""
    found = reconcile([contract(BOLT), note(BOLT), invoice(BOLT)])
    assert (found.quantity, found.value, found.all_conflicts) == ("100", "250.00", ())
    assert found.lines[0].agree == KINDS


def test_the_least_of_three_quantities_counts() -> None:
    """Ordered 100, delivered 90, invoiced 95: 90 at 2.50 is 225.00, and there is a conflict."""
    found = reconcile([contract(BOLT), note(bolts("90")), invoice(bolts("95"))])
    assert (found.quantity, found.value) == ("90", "225.00")
    assert any("other quantities" in one for one in found.all_conflicts)


def test_a_part_delivery_that_is_invoiced_as_such_is_no_conflict() -> None:
    found = reconcile([contract(BOLT), note(bolts("40")), invoice(bolts("40"))])
    assert (found.quantity, found.value, found.all_conflicts) == ("40", "100.00", ())


def test_deliveries_and_invoices_in_parts_add_up() -> None:
    """60 and 30 delivered, 50 and 50 invoiced, 100 ordered: 90."""
    papers = [
        contract(BOLT),
        *(note(bolts(q), number=n) for q, n in (("60", "L1"), ("30", "L2"))),
        *(invoice(bolts("50"), number=n) for n in ("11111111", "22222222")),
    ]
    assert totals(*papers) == ("90", "225.00")


def test_each_line_is_rounded_down() -> None:
    """3 at 0.333 is 0.999, so 0.99; 7 at 0.1429 is 1.0003, so 1.00: 1.99 and not 2.00."""
    rows = [("油", "", "升", "3", "0.333"), ("布", "", "升", "7", "0.1429")]
    assert totals(contract(*rows), note(*rows), invoice(*rows)) == ("10", "1.99")


@pytest.mark.parametrize("absent", KINDS)
def test_without_one_of_the_three_nothing_is_verified(absent: Kind) -> None:
    papers = [one for one in (contract(BOLT), note(BOLT), invoice(BOLT)) if one.kind != absent]
    found = reconcile(papers)
    assert (found.quantity, found.value) == (None, None)
    assert any(one.startswith("There is no") for one in found.conflicts)


@pytest.mark.parametrize(
    ("price", "rate", "agrees"),
    [
        ("2.50", "13%", True),  # as the contract states it
        ("2.21", "13%", True),  # 2.21 net is 2.4973 with 13 % on top
        ("2.21", "", False),
        ("2.52", "0%", False),
        ("2.49", "", True),
        ("2.21", "0.13", True),
    ],
)
def test_an_invoice_price_is_the_contracts_or_that_without_tax(price: str, rate: str, agrees: bool) -> None:
    said = Paper(Kind.VAT_INVOICE, {"number": field("12345678")}, (line(bolts("100", price), tax_rate=rate),))
    assert totals(contract(BOLT), note(BOLT), said) == (("100", "250.00") if agrees else (None, None))


def test_of_two_contract_prices_the_lowest_counts() -> None:
    """60 at 2.50 and 40 at 2.00; all 100 count at 2.00."""
    found = reconcile([contract(bolts("60"), bolts("40", "2.00")), note(BOLT), invoice(BOLT)])
    assert (found.quantity, found.value) == ("100", "200.00")
    assert any("several prices" in one for one in found.all_conflicts)


def test_figures_in_a_name_must_be_equal_and_the_rest_only_alike() -> None:
    other = ("*紧固件*镀锌六角螺栓Ｍ8", "", "件", "100", "2.50")
    assert (
        totals(contract(("镀锌六角螺栓M8", "", "件", "100", "2.50")), note(other), invoice(other))[0] == "100"
    )
    ten = ("镀锌六角螺栓M10", "", "件", "100", "2.50")
    assert totals(contract(("镀锌六角螺栓M8", "", "件", "100", "2.50")), note(ten), invoice(ten))[0] is None


def test_a_line_that_fits_two_contract_lines_equally_counts_nothing() -> None:
    rows = [("螺栓", "M8", "件", "100", "2.50"), ("螺栓", "M10", "件", "100", "2.50")]
    bare = ("螺栓", "", "件", "100", "2.50")
    found = reconcile([contract(*rows), note(bare), invoice(bare)])
    assert found.value is None
    assert any("several lines" in one for one in found.conflicts)


def test_another_unit_counts_nothing() -> None:
    found = reconcile([contract(BOLT), note(("螺栓", "M8", "箱", "100", "2.50")), invoice(BOLT)])
    assert found.value is None
    assert any("is in 箱" in one for one in found.all_conflicts)


def test_amounts_that_do_not_close_count_nothing() -> None:
    """100 at 2.50 is 250.00: 250.02 is within the tolerance, 250.03 is not."""
    for amount, quantity in (("250.02", "100"), ("250.03", None)):
        said = Paper(Kind.DELIVERY_NOTE, {"number": field("L1")}, (line(BOLT, amount=amount),))
        assert totals(contract(BOLT), said, invoice(BOLT))[0] == quantity


def test_a_failed_check_of_the_document_or_the_line_counts_nothing() -> None:
    bad = Check("sum", False)
    whole = msgspec.structs.replace(note(BOLT), checks=(bad,))
    header = msgspec.structs.replace(note(BOLT), fields={"number": field("L1", bad)})
    row = msgspec.structs.replace(
        note(BOLT), lines=(Line({**line(BOLT).fields, "quantity": field("100", bad)}),)
    )
    for said in (whole, header, row):
        found = reconcile([contract(BOLT), said, invoice(BOLT)])
        assert found.value is None
        assert any("check sum" in one for one in found.all_conflicts)


@pytest.mark.parametrize("kind", KINDS)
def test_a_paper_or_line_that_is_there_twice_counts_once(kind: Kind) -> None:
    more = {Kind.CONTRACT: bolts("300"), Kind.DELIVERY_NOTE: bolts("300"), Kind.VAT_INVOICE: bolts("300")}
    made = {Kind.CONTRACT: contract, Kind.DELIVERY_NOTE: note, Kind.VAT_INVOICE: invoice}
    rest = [made[other](more[other]) for other in KINDS if other != kind]
    for twice in ([made[kind](BOLT)] * 2, [made[kind](BOLT, BOLT)]):
        found = reconcile([*rest, *twice])
        assert found.quantity == "100"
        assert any("counts once" in one for one in found.conflicts)


def test_of_two_readings_of_one_number_the_lesser_counts() -> None:
    assert totals(contract(BOLT), note(bolts("90")), note(bolts("80")), invoice(BOLT))[0] == "80"


def test_an_invoice_that_was_used_or_has_no_number_counts_nothing() -> None:
    used = invoice(BOLT)
    assert totals(contract(BOLT), note(BOLT), used, used_invoices=[invoice_key(used)]) == (None, None)
    assert totals(contract(BOLT), note(BOLT), invoice(BOLT, number="")) == (None, None)
    assert totals(contract(BOLT), note(BOLT), used, used_invoices=["87654321"]) == ("100", "250.00")


def test_a_red_letter_invoice_cancels_the_one_it_names() -> None:
    red = invoice(
        ("螺栓", "M8", "件", "-100", "2.50"), number="99999999", red_number="12345678", total="-250.00"
    )
    assert totals(contract(BOLT), note(BOLT), invoice(BOLT), red) == (None, None)


def test_a_delivery_for_another_contract_counts_nothing() -> None:
    assert totals(contract(BOLT), note(BOLT, contract_number="K2"), invoice(BOLT)) == (None, None)
    assert totals(contract(BOLT), note(BOLT, contract_number="K1"), invoice(BOLT))[0] == "100"


def test_quantities_in_two_units_have_no_sum_but_a_value() -> None:
    """100 pieces at 2.50 and 2.5 kg at 4.00: 260.00."""
    rows = [BOLT, ("焊丝", "", "kg", "2.5", "4.00")]
    found = reconcile([contract(*rows), note(*rows), invoice(*rows)])
    assert (found.quantity, found.value) == (None, "260.00")
    assert [one.quantity for one in found.lines] == ["100", "2.5"]


def test_limits_are_kept() -> None:
    with pytest.raises(TooLarge, match="papers"):
        reconcile([note(BOLT)] * (MAX_PAPERS + 1))
    with pytest.raises(TooLarge, match="lines"):
        reconcile([note(*(bolts(str(at)) for at in range(1, MAX_LINES + 2)))])


NAMES = st.sampled_from(["螺栓", "螺母", "六角螺栓M8", "六角螺栓M10", "六角螺帽M8", "垫圈"])
ROWS = st.lists(
    st.tuples(
        NAMES,
        st.sampled_from(["", "M8"]),
        st.sampled_from(["", "件", "箱"]),
        st.integers(1, 20).map(str),
        st.sampled_from(["1.00", "2.50"]),
    ),
    min_size=1,
    max_size=4,
)


@given(ROWS, ROWS, ROWS, st.randoms(use_true_random=False))
def test_neither_the_order_of_lines_nor_that_of_papers_matters(ordered, sent, billed, chance) -> None:
    plain = reconcile([contract(*ordered), note(*sent), invoice(*billed)])
    shuffled = [chance.sample(rows, len(rows)) for rows in (ordered, sent, billed)]
    papers = [contract(*shuffled[0]), note(*shuffled[1]), invoice(*shuffled[2])]
    other = reconcile(chance.sample(papers, 3))
    assert (plain.quantity, plain.value, plain.conflicts) == (other.quantity, other.value, other.conflicts)
    assert sorted(map(repr, plain.lines)) == sorted(map(repr, other.lines))


@given(ROWS, ROWS, ROWS)
def test_no_more_is_verified_than_each_document_states(ordered, sent, billed) -> None:
    found = reconcile([contract(*ordered), note(*sent), invoice(*billed)])
    verified = sum(int(one.quantity) for one in found.lines)
    assert verified <= min(sum(int(row[3]) for row in rows) for rows in (ordered, sent, billed))


@given(ROWS)
def test_identical_documents_without_ties_verify_everything(rows) -> None:
    unique = list({(row[0], row[1]): (row[0], row[1] or "M8", "件", row[3], row[4]) for row in rows}.values())
    unique = list({row[:2]: row for row in unique}.values())
    found = reconcile([contract(*unique), note(*unique), invoice(*unique)])
    assert found.quantity == str(sum(int(row[3]) for row in unique))
