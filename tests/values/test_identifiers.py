"""Identifiers: each check finds what its standard promises, and only the exact form is read.

Golden rows are made-up numbers whose check is worked here by hand, or the standards' own examples.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tallystick.errors import Malformed
from tallystick.values.identifiers import (
    account_address,
    bank_card_check_digit,
    bech32m,
    credit_code_check_digit,
    identity_number_check_digit,
    parse_account_address,
    parse_bank_card,
    parse_credit_code,
    parse_identity_number,
    parse_registration_number,
    registration_number_check_digit,
)

DIGITS = "0123456789"
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def digits(count):
    return st.text(DIGITS, min_size=count, max_size=count)


def credit_letters(count):
    return st.text(CREDIT_ALPHABET, min_size=count, max_size=count)


credit_codes = st.builds("{}{}{}".format, credit_letters(2), digits(6), credit_letters(9)).map(
    lambda body: body + credit_code_check_digit(body)
)
registration_numbers = digits(14).map(lambda body: body + registration_number_check_digit(body))
identity_numbers = st.builds(
    lambda region, born, sequence: f"{region}{born:%Y%m%d}{sequence}",
    st.builds("{}{}".format, st.sampled_from(["11", "35", "44", "65", "81"]), digits(4)),
    st.dates(date(1900, 1, 1), date(2100, 12, 31)),
    digits(3),
).map(lambda body: body + identity_number_check_digit(body))
bank_cards = st.builds("{}{}".format, st.sampled_from("123456789"), st.integers(10, 17).flatmap(digits)).map(
    lambda body: body + bank_card_check_digit(body)
)
addresses = st.binary(min_size=32, max_size=32).map(account_address)


@dataclass(frozen=True)
class Kind:
    parse: Callable[[str], str]
    numbers: st.SearchStrategy[str]
    alphabet: str
    code: str


KINDS = {
    "credit code": Kind(parse_credit_code, credit_codes, CREDIT_ALPHABET, "bad_credit_code"),
    "registration": Kind(parse_registration_number, registration_numbers, DIGITS, "bad_registration_number"),
    "identity": Kind(parse_identity_number, identity_numbers, DIGITS + "X", "bad_identity_number"),
    "bank card": Kind(parse_bank_card, bank_cards, DIGITS, "bad_bank_card"),
    "account": Kind(
        parse_account_address, addresses, "qpzry9x8gf2tvdw0s3jn54khce6mua7l", "bad_account_address"
    ),
}
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def refused(kind, text):
    with pytest.raises(Malformed) as caught:
        kind.parse(text)
    assert caught.value.code == kind.code
    return True


@every_kind
@given(data=st.data())
def test_a_valid_number_is_returned_as_it_is_and_blanks_around_it_are_dropped(kind, data):
    number = data.draw(kind.numbers)
    assert kind.parse(number) == number
    assert kind.parse(f" \t{number}\r\n") == number


@every_kind
@given(data=st.data())
def test_one_wrong_character_is_always_found(kind, data):
    number = data.draw(kind.numbers)
    place = data.draw(st.integers(0, len(number) - 1))
    letter = data.draw(st.sampled_from(kind.alphabet))
    assume(letter != number[place])
    assert refused(kind, number[:place] + letter + number[place + 1 :])


@pytest.mark.parametrize("name", ["credit code", "identity", "bank card", "account"])
@given(data=st.data())
def test_two_exchanged_neighbours_are_found_where_the_check_promises_it(name, data):
    kind = KINDS[name]
    number = data.draw(kind.numbers)
    place = data.draw(st.integers(0, len(number) - 2))
    one, other = number[place : place + 2]
    assume(one != other)
    # Luhn cannot tell 09 from 90: both add 9.
    assume(name != "bank card" or {one, other} != {"0", "9"})
    assert refused(kind, number[:place] + other + one + number[place + 2 :])


@every_kind
@given(data=st.data())
def test_a_missing_or_added_character_and_blanks_inside_are_refused(kind, data):
    number = data.draw(kind.numbers)
    place = data.draw(st.integers(1, len(number) - 1))
    assert refused(kind, number[:place] + " " + number[place:])
    if kind.parse is not parse_bank_card:  # card numbers differ in length; about one in ten still checks
        assert refused(kind, number[:place] + number[place + 1 :])
        assert refused(kind, number[:place] + kind.alphabet[0] + number[place:])


@every_kind
@given(data=st.data())
def test_full_width_digits_are_refused(kind, data):
    number = data.draw(kind.numbers)
    assume(any(letter in DIGITS for letter in number))
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter in DIGITS else letter for letter in number)
    assert refused(kind, wide)


@every_kind
@pytest.mark.parametrize("text", ["", " ", "x", "1" * 10_000, None, 7, b"bytes"])
def test_what_is_no_number_at_all_is_refused(kind, text):
    assert refused(kind, text)


@every_kind
@given(data=st.data())
def test_an_error_never_repeats_the_number(kind, data):
    number = data.draw(kind.numbers)
    with pytest.raises(Malformed) as caught:
        kind.parse(number + "!")
    assert number not in str(caught.value)
    assert not caught.value.details


def test_a_credit_code_is_checked_by_gb_32100():
    # 91350100M000100Y43, the standard's kind of code; values (A=10 … H=17, J=18 … Y=30) times 3^i mod 31:
    #  9×1 + 1×3 + 3×9 + 5×27 + 0×19 + 1×26 + 0×16 + 0×17 + M(21)×20 + 0×29 + 0×25 + 0×13 + 1×8 + 0×24
    #  + 0×10 + Y(30)×30 + 4×28 = 9+3+27+135+26+420+8+900+112 = 1640 = 52×31 + 28; 31 - 28 = 3.
    assert credit_code_check_digit("91350100M000100Y4") == "3"
    assert parse_credit_code("91350100M000100Y43") == "91350100M000100Y43"


@pytest.mark.parametrize("text", ["91350100m000100y43", "9135010OM000100Y43", "91A50100M000100Y43"])
def test_a_credit_code_has_capitals_its_own_alphabet_and_a_region_of_digits(text):
    assert refused(KINDS["credit code"], text)


def test_an_identity_number_is_checked_by_gb_11643():
    # The standard's example 11010519491231002X; weights 7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2:
    # 7+9+0+5+0+20+2+9+24+27+7+18+30+5+0+0+4 = 167 = 15×11 + 2, and 2 + 10 = 12 ≡ 1 (mod 11): X.
    assert identity_number_check_digit("11010519491231002") == "X"
    assert parse_identity_number("11010519491231002x") == "11010519491231002X"


@pytest.mark.parametrize(
    "body",
    [
        "00010519491231002",  # no such province
        "11010519490229002",  # 1949 had no 29 February
        "11010519491331002",  # no month 13
        "11010518991231002",  # before 1900
        "11010500000000002",
    ],
)
def test_an_identity_number_needs_a_real_region_and_date_of_birth(body):
    assert refused(KINDS["identity"], body + identity_number_check_digit(body))


def test_a_registration_number_is_checked_by_iso_7064_mod_11_10():
    # 110108000000016; p = 10, then for each digit d: s = (p + d) mod 10 (0 → 10), p = 2s mod 11:
    # 1: s=1 p=2; 1: 3 6; 0: 6 1; 1: 2 4; 0: 4 8; 8: 6 1; 0: 1 2; 0: 2 4; 0: 4 8; 0: 8 5; 0: 5 10;
    # 0: 10 9; 0: 9 7; 1: 8 5. The check digit c makes 5 + c ≡ 1 (mod 10): c = 6.
    assert registration_number_check_digit("11010800000001") == "6"
    assert parse_registration_number("110108000000016") == "110108000000016"


def test_a_bank_card_is_checked_by_luhn():
    # 453914880343646 from the right: 6 4 6 3 4 3 0 8 8 4 1 9 3 5 4; every second one doubled, digits added:
    # doubled (6 6 4 0 8 1 3 4): 3+3+8+0+7+2+6+8 = 37; plain (4 3 3 8 4 9 5): 36; 37 + 36 = 73, so 7.
    assert bank_card_check_digit("453914880343646") == "7"
    assert parse_bank_card("4539148803436467") == "4539148803436467"


def test_a_bank_card_does_not_begin_with_zero():
    assert refused(KINDS["bank card"], "0" * 16)


def test_an_account_address_is_bech32m_of_twenty_bytes_of_the_keys_digest():
    # SHA-256 of 32 zero bytes begins 66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3.
    address = account_address(bytes(32))
    assert address == "tly1ve584t0cv27hwmy0cx9ca8uwyqyfw9y9j7f4zj"
    assert bech32m.decode("tly", address).hex() == "66687aadf862bd776c8fc18b8e9f8e2008971485"


def test_an_account_address_may_be_read_from_capitals_but_not_mixed():
    address = account_address(bytes(32))
    assert parse_account_address(address.upper()) == address
    assert refused(KINDS["account"], address[:20] + address[20:].upper())


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_public_key_has_32_bytes(size):
    with pytest.raises(Malformed) as caught:
        account_address(bytes(size))
    assert caught.value.code == "bad_public_key"


@pytest.mark.parametrize("size", [0, 19, 21, 32])
def test_an_address_of_another_length_is_refused(size):
    assert refused(KINDS["account"], bech32m.encode("tly", bytes(size)))


@given(st.binary(max_size=40))
def test_bech32m_gives_back_the_bytes(data):
    assert bech32m.decode("tly", bech32m.encode("tly", data)) == data


@pytest.mark.parametrize(
    ("text", "data"),
    [  # BIP-350, valid strings.
        ("A1LQFN3A", b""),
        ("a1lqfn3a", b""),
        (
            "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
            bytes.fromhex("ffbbcdeb38bdab49ca307b9ac5a928398a418820"),
        ),
    ],
)
def test_bech32m_reads_the_valid_strings_of_bip_350(text, data):
    assert bech32m.decode(text.lower().rpartition("1")[0], text) == data


@pytest.mark.parametrize(
    "text",
    [  # BIP-350, invalid strings; and a1 with the check of the older Bech32 (BIP-173).
        "y1b0jsk6g",
        "lt1igcx5c0",
        "in1muywd",
        "mm1crxm3i",
        "au1s5cgom",
        "M1VUXWEZ",
        "a12uel5l",
    ],
)
def test_bech32m_refuses_the_invalid_strings_of_bip_350(text):
    with pytest.raises(Malformed):
        bech32m.decode(text.lower().rpartition("1")[0], text)


@given(addresses, st.data())
def test_four_wrong_letters_in_an_address_are_always_found(address, data):
    places = data.draw(st.sets(st.integers(4, len(address) - 1), min_size=1, max_size=4))
    letters = list(address)
    for place in places:
        others = KINDS["account"].alphabet.replace(letters[place], "")
        letters[place] = data.draw(st.sampled_from(others))
    assert refused(KINDS["account"], "".join(letters))
