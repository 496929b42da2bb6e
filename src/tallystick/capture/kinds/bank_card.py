"""Bank card: a number with a Luhn digit and little else; a person always has to look at it.

Embossed and decorated digits are the weak spot of every reader, and Luhn lets one wrong reading in ten
pass: so no field of a card is ever verified.
"""

import re
from typing import Final

from tallystick.capture.draft import Draft
from tallystick.capture.figures import card_number_text, is_bank_card
from tallystick.capture.rules import FieldRule, KindRules
from tallystick.evidence.papers import Kind

_NUMBER: Final = re.compile(r"(?<![0-9A-Za-z])[0-9OIlSBZ]{13,19}(?![0-9A-Za-z])")
_GROUPS: Final = r"(?<![0-9])[3-9][0-9]{3}(?=[0-9]{9,15}(?![0-9]))"
_MONTH: Final = re.compile(r"(?<![0-9])(0[1-9]|1[0-2])/([2-4][0-9])(?![0-9])")


def _month(text: str) -> str:
    match = _MONTH.search(text)
    return f"20{match[2]}-{match[1]}" if match else ""


def _bank(text: str) -> str:
    found = re.search("[\u4e00-\u9fff]{2,12}银行|[\u4e00-\u9fff]{2,10}信用社", text)
    return found[0] if found else ""


def _check(draft: Draft) -> None:
    number = draft.value("card_number")
    if number:
        draft.check("luhn", is_bank_card(number), ["card_number"], "The check digit does not fit")


RULES: Final = KindRules(
    kind=Kind.BANK_CARD,
    signs=(
        r"[0-9]{16,19}",
        "银行|BANK|Bank|信用社",
        "银联|UnionPay|VISA|MasterCard",
        "VALID|THRU|有效期|DEBIT|CREDIT|储蓄|借记|信用卡",
    ),
    least=2,
    keys=lambda draft: ("card_number",),
    checks=_check,
    unsure=True,
    fields=(
        # The groups of four stand in boxes of their own, or in one: the row's text has no blanks either way.
        FieldRule("card_number", (_GROUPS, "卡号"), card_number_text, is_bank_card, _NUMBER),
        FieldRule("bank", (), _bank, pattern=re.compile(r".*(?:银行|信用社).*")),
        FieldRule("valid_until", ("VALIDTHRU", "MONTH/YEAR", "有效期"), _month, pattern=_MONTH, below=True),
    ),
)
