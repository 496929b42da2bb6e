"""The identity number of a resident of China: region, date of birth, sequence, check character."""

import re
from datetime import date

from tallystick.errors import Malformed
from tallystick.values.identifiers.reading import read

_BODY = re.compile(r"[0-9]{17}")
_NUMBER = re.compile(r"[0-9]{17}[0-9Xx]")
_FORM = "A resident identity number has 17 digits and a digit or X."
_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
_CHECK_CHARACTERS = "0123456789X"
_EARLIEST_YEAR_OF_BIRTH = 1900

# GB/T 2260, first two digits: provinces, autonomous regions, municipalities; 71, 81 to 83 for the
# residence permits of people from Taiwan, Hong Kong and Macao.
_PROVINCES = frozenset(
    str(region)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
    for region in range(first, last + 1)
)


def identity_number_check_digit(first17: str) -> str:
    """Return the 18th character of a resident identity number (GB 11643-1999; ISO 7064 MOD 11-2).

    Raises:
        Malformed: ``bad_identity_number``.
    """
    body = read(first17, _BODY, "bad_identity_number", _FORM)
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, body, strict=True))
    return _CHECK_CHARACTERS[(1 - total) % 11]


def parse_identity_number(text: str) -> str:
    """Return the resident identity number (公民身份号码) in ``text``, its last letter as capital X.

    One wrong digit and two exchanged neighbours are always found: 11 is prime and above 9, and no
    two neighbouring weights are equal. The region must be one of China, the date of birth must exist.

    Raises:
        Malformed: ``bad_identity_number``.
    """
    number = read(text, _NUMBER, "bad_identity_number", _FORM).upper()
    if identity_number_check_digit(number[:17]) != number[17]:
        raise Malformed("bad_identity_number", "The check character of the identity number does not fit.")
    if number[:2] not in _PROVINCES:
        raise Malformed("bad_identity_number", "The region in the identity number does not exist.")
    if not _is_date_of_birth(number[6:14]):
        raise Malformed("bad_identity_number", "The date of birth in the identity number does not exist.")
    return number


def _is_date_of_birth(text: str) -> bool:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])).year >= _EARLIEST_YEAR_OF_BIRTH
    except ValueError:
        return False
