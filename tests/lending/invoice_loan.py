"""The shipped invoice loan and an applicant's papers for it, for the tests of this room."""

import datetime
from typing import Any

import msgspec

from tallystick.lending.programme import Programme, parse_programme
from tallystick.policy.table import Table, parse
from tallystick.services import catalogue
from tallystick.values.identifiers import (
    bank_card_check_digit,
    credit_code_check_digit,
    identity_number_check_digit,
)

TODAY = datetime.date(2026, 6, 15)
PROGRAMME = parse_programme(catalogue.programme_document("invoice-loan"))
TABLES = {name: parse(catalogue.policy_document(name)) for name in catalogue.POLICIES}

_CREDIT_CODE, _CARD, _PERSON = "91440300MA5F00001", "622202000000000001", "11010119900101001"
CREDIT_CODE = _CREDIT_CODE + credit_code_check_digit(_CREDIT_CODE)
ACCOUNT = _CARD + bank_card_check_digit(_CARD)

PAPERS = {
    "enterprise_name": "Example Rubber Co., Ltd.",
    "credit_code": CREDIT_CODE,
    "founded_on": "2018-03-05",
    "legal_representative": "法定代表人",
    "representative_identity_number": _PERSON + identity_number_check_digit(_PERSON),
    "staff_count": "42",
    "use_of_funds": "materials",
    "amount": "500000.00",
    "term_months": "12",
    "repayment_method": "equal-instalments",
    "account": ACCOUNT,
    "sales_book": "ab" * 32,
    "purchase_book": "cd" * 32,
}

FIGURES: dict[str, object] = {
    "sales_amount": "12300000.00",
    "void_sales_share": "0.1000",
    "red_letter_sales_share": "0.0400",
    "active_sales_months": 9,
    "longest_sales_gap_months": 2,
    "buyer_hhi": "0.5000",
    "top5_buyer_share": "0.9000",
    "buyer_count": 3,
    "purchase_to_sales_ratio": "1.0000",
    "sales_growth": "-0.2000",
}


def programme_parts() -> dict[str, Any]:
    """Return the shipped programme as parts that a test may change."""
    parts: dict[str, Any] = msgspec.json.decode(catalogue.programme_document("invoice-loan"))
    return parts


def programme_of(parts: dict[str, Any]) -> Programme:
    """Return the programme that changed parts state."""
    return parse_programme(msgspec.json.encode(parts))


def table_of(name: str, change: dict[str, Any]) -> Table:
    """Return a shipped policy table with some of its top-level parts replaced."""
    parts = msgspec.json.decode(catalogue.policy_document(name)) | change
    return parse(msgspec.json.encode({part: value for part, value in parts.items() if value is not None}))
