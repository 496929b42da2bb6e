"""A mapping file says everything, once, in words that are known."""

import re

import pytest

from tallystick.admission.mapping import MAX_MAPPING_BYTES, nearest, parse_mapping, require_columns
from tallystick.errors import Malformed

COLUMNS = """enterprise = "a"
number = "b"
issued_on = "c"
counterparty = "d"
net = "e"
tax = "f"
gross = "g"
status = "h"
"""
TEXT = """
name = "outside"
currency = "CNY"
unit = "major"
date_format = "%Y-%m-%d"

[status]
" ok " = "valid"
"cancelled" = "void"

[sales]
files = ["out.csv", "out.parquet"]
[sales.columns]
{columns}[purchases]
files = ["in.csv"]
[purchases.columns]
{columns}""".replace("{columns}", COLUMNS)


def parsed(text: str) -> object:
    return parse_mapping(text.encode())


def test_a_mapping_is_read() -> None:
    mapping = parse_mapping(TEXT.encode())
    assert mapping.name == "outside"
    assert mapping.amount_digits == 2
    assert mapping.enterprise is None
    assert mapping.status_codes == {"ok": "valid", "cancelled": "void"}
    assert mapping.sides["sales"].files == ("out.csv", "out.parquet")
    assert mapping.sides["purchases"].columns["net_minor"] == "e"


def test_amounts_follow_the_currency_and_the_unit() -> None:
    assert parse_mapping(TEXT.replace("CNY", "JPY").encode()).amount_digits == 0
    assert parse_mapping(TEXT.replace("major", "minor").encode()).amount_digits == 0


BAD = {
    "no TOML": ("name =", "name"),
    "a key is missing": ('unit = "major"', ""),
    "an unknown key": ('unit = "major"', 'unit = "major"\nunits = "major"'),
    "an unknown unit": ('"major"', '"thousands"'),
    "a number for a text": ('name = "outside"', "name = 3"),
    "an empty name": ('name = "outside"', 'name = " "'),
    "a date without a day": ("%Y-%m-%d", "%Y-%m"),
    "a date part twice": ("%Y-%m-%d", "%Y-%m-%d %Y"),
    "an unknown date part": ("%Y-%m-%d", "%Y-%b-%d"),
    "a status that is none": ('"void"', '"cancelled"'),
    "no word for valid": ('" ok " = "valid"', '" ok " = "void"'),
    "one status word twice": ('"cancelled" =', '"ok" ='),
    "no file": ('["in.csv"]', "[]"),
    "a path": ('["in.csv"]', '["../in.csv"]'),
    "a pattern": ('["in.csv"]', '["*.csv"]'),
    "a hidden file": ('["in.csv"]', '[".csv"]'),
    "no list": ('["in.csv"]', '"in.csv"'),
    "one column for two": ('net = "e"', 'net = "f"'),
    "a column is missing": ('gross = "g"\n', ""),
    "an unknown column of ours": ("gross =", "total ="),
    "columns are no table": ("[status]", "[status]\n[status.ok]"),
}


@pytest.mark.parametrize(("old", "new"), BAD.values(), ids=BAD)
def test_what_cannot_be_meant_is_a_bad_mapping(old: str, new: str) -> None:
    assert old in TEXT
    with pytest.raises(Malformed) as caught:
        parsed(TEXT.replace(old, new))
    assert caught.value.code == "bad_mapping"
    assert re.fullmatch(r"[^\n]+[.?]", caught.value.message)


def test_no_toml_at_all_and_too_much_of_it_are_bad_mappings() -> None:
    for data in (b"\xff\xfe", b"PAR1", b"#" * (MAX_MAPPING_BYTES + 1), b"a=" + b"[" * 30000):
        with pytest.raises(Malformed) as caught:
            parse_mapping(data)
        assert caught.value.code == "bad_mapping"


def test_a_fixed_enterprise_takes_the_place_of_the_column() -> None:
    with pytest.raises(Malformed, match="enterprise"):
        parsed('enterprise = "E1"' + TEXT)
    fixed = parse_mapping(('enterprise = "E1"' + TEXT.replace('enterprise = "a"\n', "")).encode())
    assert fixed.enterprise == "E1"
    assert "enterprise" not in fixed.sides["sales"].columns


def test_an_unknown_key_comes_with_the_nearest_one() -> None:
    with pytest.raises(Malformed, match="did you mean 'counterparty'"):
        parsed(TEXT.replace("counterparty =", "counter_party ="))


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(Malformed) as caught:
        parsed(TEXT.replace("CNY", "XXQ"))
    assert caught.value.code == "unknown_currency"


def test_a_column_that_is_not_there_is_named_with_the_nearest() -> None:
    require_columns(["金额"], ["金额", "税额"], "books.csv")
    with pytest.raises(Malformed) as caught:
        require_columns(["金额"], ["金额（元）", "开票日期"], "books.csv")
    assert caught.value.code == "unknown_column"
    assert caught.value.details == {"file": "books.csv", "column": "金额", "nearest": "金额（元）"}


@pytest.mark.parametrize(
    ("word", "expected"), [("Net ", "net"), ("sttaus", "status"), ("zzz", None), ("", None)]
)
def test_the_nearest_word_ignores_case_and_blanks(word: str, expected: str | None) -> None:
    assert nearest(word, ["net", "status"]) == expected


@pytest.mark.parametrize(
    ("date_format", "text", "fits"),
    [
        ("%Y-%m-%d", "2025-10-05", True),
        ("%Y/%m/%d", "2025/1/5", True),
        ("%Y%m%d", "20251005", True),
        ("%Y%m%d", "2025105", False),
        ("%Y年%m月%d日", "2025年1月5日", True),
        ("%Y.%m.%d", "2025-10-05", False),
    ],
)
def test_dates_are_recognised_by_their_shape(date_format: str, text: str, fits: bool) -> None:
    mapping = parse_mapping(TEXT.replace("%Y-%m-%d", date_format).encode())
    assert (re.fullmatch(mapping.date_pattern, text) is not None) == fits
