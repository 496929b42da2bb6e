"""On any small books the engine agrees with plain Python, and reading is stable."""

import tempfile
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analytics import oracle
from tests.analytics.folders import AS_OF, opened, plain, write_invoices
from tests.analytics.oracle import Invoice

AMOUNTS = st.one_of(st.integers(-500, 500), st.integers(-(10**11), 10**11), st.just(10**12 - 1))
INVOICES = st.lists(
    st.builds(
        Invoice,
        direction=st.sampled_from(["sale", "purchase"]),
        number=st.integers(1, 30).map(str),
        issued_on=st.integers(0, 400).map(lambda days: date(2025, 1, 1) + timedelta(days=days)),
        counterparty=st.sampled_from(["甲", "乙", "丙", "D", "E", "E1", "G'", 'H"']),
        net_minor=AMOUNTS,
        tax_minor=st.one_of(st.just(0), AMOUNTS),
        status=st.sampled_from(["valid", "valid", "valid", "void"]),
    ),
    min_size=1,
    max_size=25,
)


def quoted(invoice: Invoice) -> Invoice:
    """As the file has it: a quote inside a CSV cell is written twice, in quotes."""
    name = invoice.counterparty
    written = '"' + name.replace('"', '""') + '"' if '"' in name else name
    return Invoice(**{**vars(invoice), "counterparty": written})


@settings(max_examples=25, deadline=None)
@given(INVOICES, st.sampled_from([1, 2, 5, 12]))
def test_indicators_equal_a_plain_computation_to_the_last_digit(rows: list[Invoice], months: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = write_invoices(Path(name), map(quoted, rows))
        with opened(folder) as books:
            found = plain(books.indicators("E1", AS_OF, months))
    assert found == oracle.indicators(rows, AS_OF, months)


@settings(max_examples=10, deadline=None)
@given(INVOICES)
def test_books_survive_being_extracted_and_read_again(rows: list[Invoice]) -> None:
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as target:
        with opened(write_invoices(Path(name), map(quoted, rows))) as books:
            before = books.indicators("E1", AS_OF, 12), books.quality("E1"), books.row_counts
            books.extract("E1", Path(target))
        with opened(Path(target)) as again:
            assert (again.indicators("E1", AS_OF, 12), again.quality("E1"), again.row_counts) == before


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=40))
def test_the_stated_concentration_is_the_exact_one_to_four_places(amounts: list[int]) -> None:
    stated = oracle.stated_hhi(amounts)
    exact = oracle.exact_hhi(amounts)
    assert stated is not None
    assert exact is not None
    assert abs(Fraction(stated) - exact) <= Fraction(1, 20_000) + Fraction(1, 10**7)
