"""Identifiers of members, organisations, persons and cards; each parser returns the normalised text."""

from tallystick.values.identifiers.account import account_address, account_address_of, parse_account_address
from tallystick.values.identifiers.bank_card import bank_card_check_digit, parse_bank_card
from tallystick.values.identifiers.organisation import (
    credit_code_check_digit,
    parse_credit_code,
    parse_registration_number,
    registration_number_check_digit,
)
from tallystick.values.identifiers.person import identity_number_check_digit, parse_identity_number

__all__ = [
    "account_address",
    "account_address_of",
    "bank_card_check_digit",
    "credit_code_check_digit",
    "identity_number_check_digit",
    "parse_account_address",
    "parse_bank_card",
    "parse_credit_code",
    "parse_identity_number",
    "parse_registration_number",
    "registration_number_check_digit",
]
