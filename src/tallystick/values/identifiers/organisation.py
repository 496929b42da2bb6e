"""Identifiers of Chinese organisations: unified social credit code and the older registration number."""

import re

from tallystick.errors import Malformed
from tallystick.values.identifiers.reading import read

# GB 32100-2015, table 1: digits and capitals without I, O, S, V, Z.
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))

_CREDIT_CODE_BODY = re.compile(rf"[{_ALPHABET}]{{2}}[0-9]{{6}}[{_ALPHABET}]{{9}}")
_CREDIT_CODE = re.compile(rf"{_CREDIT_CODE_BODY.pattern}[{_ALPHABET}]")
_REGISTRATION_BODY = re.compile(r"[0-9]{14}")
_REGISTRATION = re.compile(r"[0-9]{15}")

_CREDIT_CODE_FORM = (
    "A unified social credit code has 18 digits or capitals, never I, O, S, V or Z, and its third to "
    "eighth are digits."
)
_REGISTRATION_FORM = "A registration number has 15 digits."


def credit_code_check_digit(first17: str) -> str:
    """Return the 18th character of a unified social credit code (GB 32100-2015, 4.5 and appendix A).

    The weighted sum of all 18 values, weights 3^0 … 3^16 mod 31 and 1, is a multiple of 31.

    Raises:
        Malformed: ``bad_credit_code``.
    """
    body = read(first17, _CREDIT_CODE_BODY, "bad_credit_code", _CREDIT_CODE_FORM)
    total = sum(weight * _VALUES[letter] for weight, letter in zip(_WEIGHTS, body, strict=True))
    return _ALPHABET[-total % 31]


def parse_credit_code(text: str) -> str:
    """Return the unified social credit code (统一社会信用代码) in ``text``; capitals only.

    One wrong character and two exchanged neighbours are always found: 31 is prime, and no two
    neighbouring weights are equal.

    Raises:
        Malformed: ``bad_credit_code``.
    """
    code = read(text, _CREDIT_CODE, "bad_credit_code", _CREDIT_CODE_FORM)
    if credit_code_check_digit(code[:17]) != code[17]:
        raise Malformed("bad_credit_code", "The check character of the social credit code does not fit.")
    return code


def registration_number_check_digit(first14: str) -> str:
    """Return the 15th digit of a business registration number (GS 15-2006; ISO 7064 MOD 11,10).

    Raises:
        Malformed: ``bad_registration_number``.
    """
    product = 10
    for digit in read(first14, _REGISTRATION_BODY, "bad_registration_number", _REGISTRATION_FORM):
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((1 - product) % 10)


def parse_registration_number(text: str) -> str:
    """Return the 15-digit business registration number (工商注册号) in ``text``.

    One wrong digit is always found (ISO 7064, hybrid systems); most exchanged neighbours are too.

    Raises:
        Malformed: ``bad_registration_number``.
    """
    number = read(text, _REGISTRATION, "bad_registration_number", _REGISTRATION_FORM)
    if registration_number_check_digit(number[:14]) != number[14]:
        raise Malformed("bad_registration_number", "The check digit of the registration number does not fit.")
    return number
