"""Figures: how dates, amounts, amounts in Chinese capitals and codes are written, and their canonical form.

Each reader returns the canonical text, or the empty text when what it is given is no such thing.
"""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Final

from tallystick.errors import Malformed
from tallystick.values.identifiers import (
    parse_bank_card,
    parse_credit_code,
    parse_identity_number,
    parse_registration_number,
)

MAX_DIGITS: Final = 18

_YEAR_FIRST = re.compile(r"((?:19|20)[0-9]{2})[年/.\-]?([0-9]{1,2})[月/.\-]?([0-9]{1,2})(?![0-9])")
_DAY_FIRST = re.compile(r"(?<![0-9])([0-9]{1,2})[./\-]([0-9]{1,2})[./\-]((?:19|20)[0-9]{2})")
_MONTH_NAME = re.compile(r"([0-9]{0,2})\.?,?([A-Za-zä]{3,9})\.?([0-9]{0,2}),?((?:19|20)[0-9]{2})")
_MONTHS = {
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "may": 5,
    "jun": 6,
    "jul": 7,
    "aug": 8,
    "sep": 9,
    "oct": 10,
    "nov": 11,
    "dec": 12,
    "mär": 3,
    "mrz": 3,
    "mai": 5,
    "okt": 10,
    "dez": 12,  # German
    "maa": 3,
    "mrt": 3,
    "mei": 5,  # Dutch
}
_CHINESE_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_AMOUNT = re.compile(r"[-−(]?(?:CNY|RMB|USD|EUR|[¥$€£円元])?[-−]?[0-9](?:[0-9.,]*[0-9])?")
_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?")
# Capitals as cheques and invoices write them, and the small forms that people use instead.
_CAPITALS = {
    **dict(zip("零壹贰叁肆伍陆柒捌玖", range(10), strict=True)),
    **dict(zip("〇一二三四五六七八九", range(10), strict=True)),
    "两": 2,
    "弍": 2,
    "貳": 2,
    "參": 3,
    "陸": 6,
}
_UNITS = {"拾": 10, "十": 10, "佰": 100, "百": 100, "仟": 1000, "千": 1000}
_GROUPS = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000}
_IN_CAPITALS = re.compile(f"[负]?[{''.join([*_CAPITALS, *_UNITS, *_GROUPS])}圆元圓角分整正]+")
# Letters that a credit code never has, and those that a digit is taken for.
_CODE_REPAIRS = str.maketrans("OISZ", "0152")
_DIGIT_REPAIRS = str.maketrans("OoQDIlSZB", "000011528")


def plain(text: str) -> str:
    """Return ``text`` without the marks around it."""
    return text.strip(":;,.·、|_-()[]'\"*")


def date_text(text: str) -> str:
    """Return the first date in ``text`` as ISO 8601; year first, or day first where that can be told."""
    match = _YEAR_FIRST.search(text.translate(_CHINESE_DIGITS))
    if match:
        return _iso(match[1], match[2], match[3])
    match = _DAY_FIRST.search(text)
    if match:
        first, second = int(match[1]), int(match[2])
        if first > 12 or first == second:
            return _iso(match[3], match[2], match[1])
        return _iso(match[3], match[1], match[2]) if second > 12 else ""
    match = _MONTH_NAME.search(text)
    if match and match[2][:3].lower() in _MONTHS and (match[1] or match[3]):
        return _iso(match[4], str(_MONTHS[match[2][:3].lower()]), match[1] or match[3])
    return ""


def _iso(year: str, month: str, day: str) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return ""


def amount_text(text: str) -> str:
    """Return the first amount in ``text`` with a point and two places, and no separators."""
    value = number(text)
    return "" if value is None else f"{value.quantize(Decimal('0.01')):f}"


def number_text(text: str) -> str:
    """Return the first number in ``text``, its decimals as they stand."""
    value = number(text)
    return "" if value is None else f"{value:f}"


def number(text: str) -> Decimal | None:
    """Return the first number in ``text``, or None.

    Commas and points separate thousands, but the last of them the decimals: a point always where it stands
    alone, a comma where one or two digits follow it.
    """
    match = _AMOUNT.search(text)
    if not match:
        return None
    sign = "-" if re.search(r"[-−(]", match[0]) else ""
    digits = re.sub(r"[^0-9.,]", "", match[0])
    whole, mark, places = digits.rpartition("," if digits.rfind(",") > digits.rfind(".") else ".")
    if not mark or (mark == "," and len(places) > 2) or (mark in whole and len(places) > 2):
        whole, places = digits, ""
    plain_digits = re.sub("[.,]", "", whole) + (f".{places}" if places else "")
    return Decimal(sign + plain_digits) if len(plain_digits) <= MAX_DIGITS else None


def decimal(text: str) -> Decimal | None:
    """Return canonical number text as a decimal; None for text that is none."""
    return Decimal(text) if _PLAIN.fullmatch(text) else None


def capitals_text(text: str) -> str:
    """Return the amount that is written in Chinese capitals in ``text``, with two places."""
    found = [match[0] for match in _IN_CAPITALS.finditer(text) if len(match[0]) > 1]
    return _capitals(max(found, key=len)) if found else ""


def _capitals(text: str) -> str:
    total = group = digit = cents = 0
    whole = not re.search("[圆元圓角分]", text)
    for letter in text.lstrip("负"):
        if letter in _CAPITALS:
            digit = _CAPITALS[letter]
        elif letter in _UNITS:
            group += (digit or (letter in "拾十" and not group)) * _UNITS[letter]
            digit = 0
        elif letter in _GROUPS:
            below = group + digit  # ten thousands count their own group, hundred millions all before them
            total = total + below * 10_000 if letter in "万萬" else (total + below) * _GROUPS[letter]
            group = digit = 0
        elif letter in "圆元圓":
            total, group, digit, whole = total + group + digit, 0, 0, True
        elif letter in "角分":
            cents, digit = cents + digit * (10 if letter == "角" else 1), 0
    if whole:
        total, group, digit = total + group + digit, 0, 0
    value = Decimal(total * 100 + cents).scaleb(-2)
    return f"{-value if text.startswith('负') else value:.2f}"


def _checked(parse: Callable[[str], str], text: str) -> str:
    try:
        return parse(text)
    except Malformed:
        return ""


def is_credit_code(text: str) -> bool:
    """Return whether the check character of a credit code fits."""
    return bool(_checked(parse_credit_code, text))


def is_registration_number(text: str) -> bool:
    """Return whether the check digit of a 15-digit registration number fits."""
    return bool(_checked(parse_registration_number, text))


def is_identity_number(text: str) -> bool:
    """Return whether the check character of an identity number fits."""
    return bool(_checked(parse_identity_number, text))


def is_bank_card(text: str) -> bool:
    """Return whether the check digit of a card number fits."""
    return bool(_checked(parse_bank_card, text))


def credit_code_text(text: str) -> str:
    """Return the 18 characters of a credit code; letters it never has are repaired if the check then fits.

    Fifteen digits are an older registration number; neither needs to pass its check to be returned.
    """
    letters = re.sub("[^0-9A-Z]", "", text.upper())
    if len(letters) == 15 and letters.translate(_DIGIT_REPAIRS).isdigit():
        return letters.translate(_DIGIT_REPAIRS)
    if len(letters) != 18:
        return ""
    if is_credit_code(letters):
        return letters
    repaired = letters.translate(_CODE_REPAIRS)
    repaired = repaired[:2] + repaired[2:8].translate(_DIGIT_REPAIRS) + repaired[8:]
    return repaired if is_credit_code(repaired) else letters


def identity_number_text(text: str) -> str:
    """Return the 18 characters of an identity number; letters that stand for digits are repaired."""
    letters = re.sub("[^0-9A-Za-z]", "", text).upper()
    if len(letters) != 18:
        return ""
    repaired = letters[:17].translate(_DIGIT_REPAIRS) + letters[17]
    return repaired if re.fullmatch("[0-9]{17}[0-9X]", repaired) else ""


def card_number_text(text: str) -> str:
    """Return the 13 to 19 digits of a card number; letters that stand for digits are repaired."""
    digits = re.sub("[^0-9A-Za-z]", "", text).translate(_DIGIT_REPAIRS)
    return digits if re.fullmatch("[1-9][0-9]{12,18}", digits) else ""


def digits_text(*lengths: int) -> Callable[[str], str]:
    """Return a reader of a number with so many digits."""

    def read(text: str) -> str:
        found = re.findall("[0-9]+", text)
        return next((each for each in found if len(each) in lengths), "")

    return read
