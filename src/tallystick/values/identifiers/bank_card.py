"""Bank card numbers: primary account numbers of ISO/IEC 7812-1 with the Luhn check digit."""

import re

from tallystick.errors import Malformed
from tallystick.values.identifiers.reading import read

_BODY = re.compile(r"[1-9][0-9]{10,17}")
_NUMBER = re.compile(r"[1-9][0-9]{11,18}")
_FORM = "A bank card number has 12 to 19 digits and does not begin with 0."


def bank_card_check_digit(digits: str) -> str:
    """Return the last digit of a bank card number from the 11 to 18 before it (ISO/IEC 7812-1, annex B).

    Raises:
        Malformed: ``bad_bank_card``.
    """
    body = read(digits, _BODY, "bad_bank_card", _FORM)
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in body[-1::-2])
    plain = sum(int(digit) for digit in body[-2::-2])
    return str(-(doubled + plain) % 10)


def parse_bank_card(text: str) -> str:
    """Return the bank card number in ``text``: digits only, no blanks between groups.

    One wrong digit is always found, and so are two exchanged neighbours, unless they are 0 and 9.

    Raises:
        Malformed: ``bad_bank_card``.
    """
    number = read(text, _NUMBER, "bad_bank_card", _FORM)
    if bank_card_check_digit(number[:-1]) != number[-1]:
        raise Malformed("bad_bank_card", "The check digit of the bank card number does not fit.")
    return number
