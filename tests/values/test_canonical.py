"""Canonical bytes: one text for one document, no floats at any depth, and strict reading."""

import json
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from hashlib import sha256

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.errors import Malformed
from tallystick.values import canonical

texts = st.text(st.characters(codec="utf-8"), max_size=20)
integers = st.integers(-canonical.MAX_INTEGER, canonical.MAX_INTEGER)
documents = st.recursive(
    st.none() | st.booleans() | integers | texts,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=20,
)


class Colour(Enum):
    RED = "red"


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    count: int


class Whole(msgspec.Struct, frozen=True):
    parts: list[Part]
    made_on: date
    colour: Colour
    seal: bytes
    rest: object = None


@given(documents)
def test_a_document_comes_back_from_its_bytes_and_gives_the_same_bytes(document):
    data = canonical.encode(document)
    assert canonical.decode(data, object) == document
    assert canonical.encode(json.loads(data)) == data


@given(st.dictionaries(texts, integers | texts, min_size=2), st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_matter(document, chance):
    keys = list(document)
    chance.shuffle(keys)
    assert canonical.encode({key: document[key] for key in keys}) == canonical.encode(document)


@given(st.dictionaries(texts, integers))
def test_the_text_has_sorted_keys_and_no_blanks(document):
    expected = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    # The two encoders write control characters differently where JSON leaves the choice; compare without.
    if all(letter >= " " and letter != "\x7f" for key in document for letter in key):
        assert canonical.encode(document) == expected.encode()


def test_control_characters_are_written_as_rfc_8785_says():
    text = '\b\t\n\f\r\x00\x1f"\\/é\u2028\x7f'
    assert canonical.encode(text) == b'"\\b\\t\\n\\f\\r\\u0000\\u001f\\"\\\\/\xc3\xa9\xe2\x80\xa8\x7f"'


def test_a_golden_document_keeps_its_bytes_and_digest():
    document = {"sequence": 1, "action": "join", "arguments": {"b": [True, None], "a": "é"}}
    data = b'{"action":"join","arguments":{"a":"\xc3\xa9","b":[true,null]},"sequence":1}'
    assert canonical.encode(document) == data
    assert canonical.digest(document) == sha256(data).hexdigest()
    # FIPS 180-4's example: SHA-256 of "abc".
    assert (
        canonical.sha256(b"abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def test_structs_dates_enums_and_bytes_come_back():
    whole = Whole([Part("bolt", 3)], date(2026, 12, 22), Colour.RED, b"\x00\xff", {"x": [1]})
    data = canonical.encode(whole)
    assert data == (
        b'{"colour":"red","made_on":"2026-12-22","parts":[{"count":3,"name":"bolt"}],'
        b'"rest":{"x":[1]},"seal":"AP8="}'
    )
    assert canonical.decode(data, Whole) == whole


@pytest.mark.parametrize(
    "value",
    [
        1.0, float("nan"), {"a": [1, {"b": 2.5}]}, (1, 2.0), Part("bolt", 1.5), [Part("bolt", 1.5)],
        {1: "a"}, {None: 1}, {"a", "b"}, Decimal(1), datetime(2026, 1, 1, tzinfo=UTC), object(),
        bytearray(b"x"),        2**53, -(2**53), "\ud800", {"\ud800": 1},
    ],
)  # fmt: skip
def test_what_has_no_canonical_form_is_refused_at_any_depth(value):
    for document in (value, [value], {"deep": {"deeper": (value,)}}):
        with pytest.raises(Malformed) as caught:
            canonical.encode(document)
        assert caught.value.code == "not_canonical"


def test_nesting_has_a_limit_in_both_directions():
    document: object = 1
    for _ in range(canonical.MAX_DEPTH):
        document = [document]
    assert canonical.decode(canonical.encode(document), object) == document
    with pytest.raises(Malformed):
        canonical.encode([document])
    for depth in (canonical.MAX_DEPTH + 1, 100_000):
        with pytest.raises(Malformed) as caught:
            canonical.decode(b"[" * depth + b"]" * depth, object)
        assert caught.value.code == "malformed_document"


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"{} {}", b"\xff", b'{"name":"x"}', b'{"name":"x","count":"1"}', b'{"name":"x","count":1.0}',
     b"[]", b'{"name":"x","count":1,"more":1}', b'{"name":"x","count":9007199254740992}',
     b'{"name":1,"count":1}'],
)  # fmt: skip
def test_a_document_that_does_not_fit_its_type_is_refused(data):
    with pytest.raises(Malformed) as caught:
        canonical.decode(data, Part)
    assert caught.value.code == "malformed_document"


def test_a_float_is_refused_where_the_type_leaves_it_open():
    with pytest.raises(Malformed):
        canonical.decode(b'{"a":[1.5]}', object)


@given(st.binary(max_size=60))
def test_no_bytes_do_worse_than_a_clear_refusal(data):
    with suppress(Malformed):
        canonical.encode(canonical.decode(data, object))
