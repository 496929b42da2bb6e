"""Twelve rows, worked by hand: what they come to and what is found in them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tallystick.analytics.books import Books
from tests.analytics.folders import AS_OF, opened, plain, write

# As of 2026-01-15, four months: September to December 2025. Amounts in fen.
SALES = [
    "E1,10000001,2025-09-05,A,100000,13000,113000,valid",
    "E1,10000002,2025-09-20,B,50000,6500,56500,valid",
    "E1,10000003,2025-09-25,A,70000,9100,79100,void",
    "E1,10000004,2025-12-01,A,200000,26000,226000,valid",
    "E1,10000005,2025-12-02,A,-40000,-5200,-45200,valid",  # red-letter
    "E1,10000004,2025-12-01,A,200000,26000,226000,valid",  # the row before last again
    "E1,10000006,2025-12-31,C,30000,3900,34000, valid",  # 300 + 39 is not 340; a blank
    "E1,10000007,2026-01-02,D,999900,129987,1129887,valid",  # the month of the as-of date
]
PURCHASES = [
    "E1,20000001,2025-09-30,X,80000,10400,90400,valid",
    "E1,20000002,2025-11-11,Y,20000,2600,22600,valid",
    "E1,20000003,2025-11-12,,60000,7800,67800,valid",  # no supplier
    "E1,20000004,2025-02-30,X,60000,7800,67800,valid",  # no such day
]


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with opened(write(tmp_path, SALES, PURCHASES)) as books:
        yield books


def test_the_indicators_are_those_worked_by_hand(books: Books) -> None:
    assert plain(books.indicators("E1", AS_OF, 4)) == {
        "sales_amount": "3400.00",  # 1000 + 500 + 2000 − 400 + 300
        "purchase_amount": "1000.00",  # 800 + 200
        "sales_count": 5,
        "purchase_count": 2,
        "void_sales_share": "0.1667",  # 1 / (5 + 1)
        "red_letter_sales_share": "0.1053",  # 400 / (1000 + 500 + 2000 + 300)
        "buyer_count": 3,
        "supplier_count": 2,
        "top5_buyer_share": "1.0000",
        "buyer_hhi": "0.6142",  # (2600² + 500² + 300²) / 3400² = 7,100,000 / 11,560,000
        "supplier_hhi": "0.6800",  # 0.8² + 0.2²
        "active_sales_months": 2,  # September, December
        "longest_sales_gap_months": 2,  # October, November
        "purchase_to_sales_ratio": "0.2941",  # 1000 / 3400
        "sales_growth": "0.2667",  # (1900 − 1500) / 1500
        "average_sale_amount": "950.00",  # 3800 / 4
        "largest_sale_share": "0.5263",  # 2000 / 3800
        "top1_buyer_share": "0.7647",  # A: 2600 / 3400
        "new_buyer_share": "0.5000",  # C, of A and C
        "lost_buyer_share": "0.5000",  # B, of A and B
        "lasting_buyer_share": "0.7647",  # A
        "repeat_buyer_share": "0.3333",  # A, of three
        "sales_volatility": "1.0137",  # mean 850; √((650² + 850² + 850² + 1050²) / 4) = 861.68
        "sales_trend": "0.1412",  # slope 6 × (3 × 1900 − 3 × 1500) / (4 × 15) = 120, of 850
        "sales_seasonality": None,  # four months are no year
        "peak_month_share": "0.5588",  # 1900 / 3400
        "recent_sales_ratio": "0.7451",  # 1900 / 3 against 850
        "month_end_sales_share": "0.0789",  # 300 on the 31st, of 3800
        "weekend_sales_share": "0.2000",  # 20 September was a Saturday
        "average_purchase_amount": "500.00",
        "largest_purchase_share": "0.8000",
        "top1_supplier_share": "0.8000",
        "top5_supplier_share": "1.0000",
        "new_supplier_share": "1.0000",  # Y
        "lost_supplier_share": "1.0000",  # X
        "lasting_supplier_share": "0.0000",
        "repeat_supplier_share": "0.0000",
        "purchase_growth": "-0.7500",  # (200 − 800) / 800
        "purchase_volatility": "1.3115",  # mean 250; √((550² + 250² + 50² + 250²) / 4) = 327.87
        "purchase_lead_days": 24,  # 231,800 / 3800 = 61 against 37,400 / 1000 = 37.4
        "effective_sales_vat_rate": "0.1300",  # 442 / 3400
        "effective_purchase_vat_rate": "0.1300",  # 130 / 1000
        "vat_burden": "0.0918",  # (442 − 130) / 3400
        "untaxed_sales_share": "0.0000",
        "value_added_amount": "2400.00",
        "value_added_ratio": "0.7059",  # 1 − 0.2941
        "negative_sales_months": 0,
        "purchases_above_sales_months": 1,  # November
        "void_purchase_share": "0.0000",
        "red_letter_purchase_share": "0.0000",
        "circular_party_count": 0,
        "circular_sales_share": "0.0000",
        "circular_purchase_share": "0.0000",
        "circular_trade_share": "0.0000",
        "self_invoice_count": 0,
        "active_purchase_months": 2,
        "longest_purchase_gap_months": 1,  # October; December
        "days_since_last_sale": 0,  # 31 December
        "days_since_last_purchase": 50,  # 11 November
    }


def test_trade_that_goes_round_is_found(tmp_path: Path) -> None:
    sales = [
        "E1,1,2025-10-05,A,1000,0,1000,valid",
        "E1,2,2025-10-06,B,3000,390,3390,valid",
        "E1,3,2025-11-06,E1,1000,130,1130,valid",  # to itself
        "E1,4,2025-12-06,B,-3500,-455,-3955,valid",  # a month below nothing
        "E1,5,2025-12-07,C,2000,260,2260,valid",
    ]
    purchases = [
        "E1,6,2025-10-07,A,4000,520,4520,valid",
        "E1,7,2025-10-08,C,500,65,565,valid",
        "E1,8,2025-10-09,X,500,65,565,void",
    ]
    with opened(write(tmp_path, sales, purchases)) as books:
        values = plain(books.indicators("E1", AS_OF, 3))
    expected = {
        "circular_party_count": 2,  # A and C; B's and the enterprise's own sales go one way
        "circular_sales_share": "0.7500",  # A 1000 and C 2000, of 4000: B's −500 has no share
        "circular_purchase_share": "1.0000",
        "circular_trade_share": "0.3750",  # 1000 with A, 500 with C, of 4000
        "self_invoice_count": 1,
        "negative_sales_months": 1,  # December: −1500
        "purchases_above_sales_months": 2,  # October: 4500 against 4000; December: 0 against −1500
        "void_purchase_share": "0.3333",
        "untaxed_sales_share": "0.1429",  # 1000 / 7000
        "sales_trend": "-1.2000",  # 4000, 1000, 0 (not −1500): slope −2000, of 5000 / 3
    }
    assert {name: values[name] for name in expected} == expected


def test_a_year_has_a_season(tmp_path: Path) -> None:
    # Of 1000: 600 in the third quarter, 100 in the first, 300 in the second.
    rows = [
        f"E1,{month},2025-{month:02}-05,A,{net},0,{net},valid"
        for month, net in ((7, 300), (8, 300), (1, 100), (5, 300))
    ]
    with opened(write(tmp_path, rows)) as books:
        assert books.indicators("E1", AS_OF, 12)["sales_seasonality"].value == "0.6000"
        assert books.indicators("E1", AS_OF, 9)["sales_seasonality"].value is None


def test_what_has_no_value_says_why(tmp_path: Path) -> None:
    with opened(write(tmp_path, ["E1,1,2025-12-05,A,100,13,113,valid"])) as books:
        values = books.indicators("E1", AS_OF, 4)
        late = books.indicators("E1", AS_OF.replace(year=2030), 4)
    missing = values["supplier_hhi"].missing
    assert (values["supplier_hhi"].value, missing is not None and missing.en) == (
        None,
        "There are no positive purchases in the period.",
    )
    assert all(
        (each.value is None) == (each.missing is not None) for each in (*values.values(), *late.values())
    )


def test_units_are_named(books: Books) -> None:
    units = {name: value.unit for name, value in books.indicators("E1", AS_OF, 4).items()}
    assert units["sales_amount"] == "CNY"
    assert units["buyer_hhi"] == "index"
    assert units["longest_sales_gap_months"] == "months"


def test_what_is_found_is_counted_and_named(books: Books) -> None:
    assert {finding.code: finding.count for finding in books.quality("E1")} == {
        "missing_value": 1,
        "impossible_date": 1,
        "exact_duplicate": 1,
        "repeated_number": 0,
        "void_invoice": 1,
        "red_letter_invoice": 1,
        "does_not_add_up": 1,
        "stray_blanks": 1,
        "formula_like_text": 0,
    }


def test_a_text_that_begins_like_a_formula_is_counted_and_kept(tmp_path: Path) -> None:
    # Four of the six: a plain text with a mark inside it and a dash for "none" run nothing.
    texts = ["=1+1", " +861234", "@SUM(A1)", "－1", "B-1", "-"]
    rows = [f"E1,{n},2025-10-05,{text},100,0,100,valid" for n, text in enumerate(texts)]
    with opened(write(tmp_path, rows)) as books:
        assert {finding.code: finding.count for finding in books.quality("E1")}["formula_like_text"] == 4
        assert books.indicators("E1", AS_OF, 4)["sales_amount"].value == "6.00"
        kept = books.extract("E1", tmp_path)["sales"].read_text(encoding="utf-8")
    assert "=1+1" in kept


def test_a_row_with_several_formula_like_texts_counts_once(tmp_path: Path) -> None:
    with opened(write(tmp_path, ["=E1,=1,2025-10-05,=B1,100,0,100,valid"])) as books:
        assert {finding.code: finding.count for finding in books.quality("=E1")}["formula_like_text"] == 1


def test_rows_are_counted_as_they_were_received(books: Books) -> None:
    assert books.row_counts == {"sales": 8, "purchases": 4}


def test_a_chart_has_every_month_of_the_period(books: Books) -> None:
    assert books.monthly("E1", AS_OF, 4) == [
        ("2025-09", 150000, 80000),
        ("2025-10", 0, 0),
        ("2025-11", 0, 20000),
        ("2025-12", 190000, 0),
    ]


def test_an_odd_period_leaves_its_middle_month_out_of_growth(books: Books) -> None:
    # Three months: October 0 against December 1900.00; November is neither. No growth from nothing.
    assert books.indicators("E1", AS_OF, 3)["sales_growth"].value is None


def test_the_growth_of_an_odd_period_compares_its_two_ends(tmp_path: Path) -> None:
    # October 100, November 900, December 150: (150 − 100) / 100; November belongs to neither half.
    rows = [
        f"E1,{month},2025-{month}-05,A,{net},0,{net},valid"
        for month, net in ((10, 100), (11, 900), (12, 150))
    ]
    with opened(write(tmp_path, rows)) as books:
        assert books.indicators("E1", AS_OF, 3)["sales_growth"].value == "0.5000"


def test_the_five_largest_buyers_are_five_and_one_taken_back_has_no_share(tmp_path: Path) -> None:
    # Seven buyers with 700, 600 … 100 fen, and one with −500: 2500 of 2800; squares 1,400,000 of 7,840,000.
    nets = [700, 600, 500, 400, 300, 200, 100, -500]
    rows = [f"E1,{n},2025-10-05,B{n},{net},0,{net},valid" for n, net in enumerate(nets)]
    with opened(write(tmp_path, rows)) as books:
        values = plain(books.indicators("E1", AS_OF, 4))
    assert (values["top5_buyer_share"], values["buyer_hhi"]) == ("0.8929", "0.1786")
    assert (values["buyer_count"], values["sales_amount"]) == (8, "23.00")


def test_a_sign_belongs_to_the_whole_amount(tmp_path: Path) -> None:
    rows = [f"E1,{n},2025-10-05,B,{net},0,0,valid" for n, net in enumerate(("+7", "-0", "-2", "007.00"))]
    with opened(write(tmp_path, rows)) as books:
        assert books.indicators("E1", AS_OF, 4)["sales_amount"].value == "0.12"


def test_an_enterprise_without_invoices_in_the_period_sold_nothing_for_all_of_it(books: Books) -> None:
    values = plain(books.indicators("E1", AS_OF.replace(year=2030), 6))
    assert values["sales_amount"] == "0.00"
    assert values["longest_sales_gap_months"] == 6
    assert values["buyer_hhi"] is None
    assert values["purchase_to_sales_ratio"] is None


def test_the_same_number_with_other_values_is_kept_and_counted(tmp_path: Path) -> None:
    rows = ["E1,1,2025-10-05,A,100,13,113,valid", "E1,1,2025-10-05,B,100,13,113,valid"]
    with opened(write(tmp_path, rows)) as books:
        counts = {finding.code: finding.count for finding in books.quality("E1")}
        assert counts["repeated_number"] == 2
        assert counts["exact_duplicate"] == 0
        assert books.indicators("E1", AS_OF, 4)["sales_amount"].value == "2.00"


def test_one_buyers_name_with_a_blank_is_one_buyer(tmp_path: Path) -> None:
    rows = ["E1,1,2025-10-05,A,100,13,113,valid", "E1,2,2025-10-05,A\u3000,100,13,113,valid"]
    with opened(write(tmp_path, rows)) as books:
        assert books.indicators("E1", AS_OF, 4)["buyer_count"].value == 1


def test_a_row_is_enough(tmp_path: Path) -> None:
    with opened(write(tmp_path, ["E1,1,2025-12-05,A,100,13,113,valid"])) as books:
        values = plain(books.indicators("E1", AS_OF, 1))
        assert (values["sales_amount"], values["buyer_hhi"], values["sales_growth"]) == (
            "1.00",
            "1.0000",
            None,
        )
