"""Reading an identifier's text: strip blanks around it, then it must match its pattern in full."""

import re

from tallystick.errors import Malformed

_BLANKS = " \t\r\n"


def read(text: str, pattern: re.Pattern[str], code: str, expected: str) -> str:
    """Return ``text`` without blanks around it, if all of it matches ``pattern``.

    The text itself stays out of the error: an identity or card number must not reach a log.

    Raises:
        Malformed: with ``code`` and the sentence ``expected``.
    """
    stripped = text.strip(_BLANKS) if isinstance(text, str) else ""
    if not pattern.fullmatch(stripped):
        raise Malformed(code, expected)
    return stripped
