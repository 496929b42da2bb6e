"""Figures: dates, amounts, capitals and codes come out in canonical form, or not at all."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.capture import figures
from tests.capture.specimens import Maker, capitals


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2013年8月8日", "2013-08-08"),
        ("2025 / 10 / 15".replace(" ", ""), "2025-10-15"),
        ("20230415", "2023-04-15"),
        ("二〇一七年四月五日", "2017-04-05"),
        ("August3,2014", "2014-08-03"),
        ("20.03.2023", "2023-03-20"),
        ("03/20/2023", "2023-03-20"),
        ("03/04/2023", ""),  # the third of April or the fourth of March
        ("2023-02-30", ""),
        ("长期", ""),
    ],
)
def test_a_date_is_read_only_where_it_can_be_told(text: str, expected: str) -> None:
    assert figures.date_text(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("¥5,999.00", "5999.00"),
        ("34,73€", "34.73"),
        ("1.234,56", "1234.56"),
        ("1,234", "1234.00"),
        ("-¥1,019.8", "-1019.80"),
        ("壹佰", ""),
    ],
)
def test_an_amount_is_read_with_the_separators_of_its_country(text: str, expected: str) -> None:
    assert figures.amount_text(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("柒仟零壹拾捌圆捌角叁分", "7018.83"),
        ("人民币壹拾万元整", "100000.00"),
        ("壹亿零叁万零伍圆零柒分", "100030005.07"),
        ("伍角", "0.50"),
        ("贰仟", "2000.00"),
        ("有限公司", ""),
    ],
)
def test_capitals_are_read(text: str, expected: str) -> None:
    assert figures.capitals_text(text) == expected


@given(st.integers(100, 9_999_999_999))
def test_every_amount_that_is_written_in_capitals_is_read_back(cents: int) -> None:
    amount = Decimal(cents).scaleb(-2)
    assert figures.capitals_text(capitals(amount)) == f"{amount:.2f}"


@given(st.integers(0, 10_000))
def test_a_credit_code_is_repaired_only_where_its_check_then_fits(seed: int) -> None:
    code = Maker(seed).credit_code()
    misread = code.replace("0", "O").replace("1", "I").replace("5", "S").replace("2", "Z")
    assert figures.credit_code_text(misread) == code
    wrong = ("9" if code[-1] != "9" else "8").join((misread[:-1], ""))
    assert not figures.is_credit_code(figures.credit_code_text(wrong))
