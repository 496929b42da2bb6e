"""Transactions on the wire: one text for one transaction, and a clear refusal of everything else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.errors import Malformed, TallystickError, TooLarge
from tallystick.ledger.transaction import (
    MAX_TRANSACTION_BYTES,
    assemble,
    encode_body,
    parse,
    signing_bytes,
    transaction_hash,
)
from tests.ledger.notebook import ANNE

WIRE = ANNE.call(1, key="a", text="hello")
SIGNATURE, TEXT = WIRE[:64], WIRE[64:]


def changed(**fields) -> bytes:
    document = {**json.loads(TEXT), **fields}
    return SIGNATURE + json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def test_a_transaction_is_read_as_it_was_written():
    transaction = parse(WIRE)
    assert transaction.body == ANNE.body(1, key="a", text="hello")
    assert transaction.hash.hex() == transaction_hash(WIRE)
    assert assemble(transaction.body, transaction.signature) == WIRE
    assert transaction.signed == signing_bytes(transaction.body)


def test_the_body_is_canonical_json_with_sorted_names():
    expected = {
        "action": "write",
        "arguments": {"key": "a", "text": "hello"},
        "chain_id": "test-chain",
        "contract": "notebook",
        "sender": ANNE.address,
        "sequence": 1,
    }
    assert json.dumps(expected, separators=(",", ":")).encode() == TEXT
    assert signing_bytes(ANNE.body(1, key="a", text="hello")) == b"tallystick/transaction/1\n" + TEXT


@pytest.mark.parametrize(
    "wire",
    [
        b"",
        SIGNATURE,
        SIGNATURE + b"[]",
        SIGNATURE + b"{}",
        SIGNATURE + b"\xff" + TEXT,
        WIRE + b" ",
        WIRE[:-1],
        SIGNATURE + TEXT.replace(b'"sequence":1', b'"sequence": 1'),
        SIGNATURE + TEXT.replace(b'"a"', b'"\\u0061"'),
        SIGNATURE + TEXT.replace(b'"action":"write",', b'"action":"write","action":"write",'),
        changed(extra=1),
        changed(sequence=0),
        changed(sequence=-1),
        changed(sequence=2**53),
        changed(sequence=1.0),
        changed(sequence=True),
        changed(sequence="1"),
        changed(sender=ANNE.address.upper()),
        changed(sender="tly1nobody"),
        changed(sender=None),
        changed(contract="c" * 65),
        changed(action="a" * 65),
        changed(chain_id="c" * 65),
        changed(arguments=[]),
        changed(arguments="{}"),
        changed(arguments={"n": 0.5}),
        changed(arguments={"n": 2**53}),
        changed(arguments={"n": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}),
        SIGNATURE + TEXT.replace(b'"hello"', b"[" * 20_000),
        SIGNATURE + TEXT.replace(b"hello", b"\\ud800"),
    ],
    ids=range(30),
)
def test_what_cannot_be_read_is_malformed(wire):
    with pytest.raises(Malformed) as caught:
        parse(wire)
    assert caught.value.code == "malformed_transaction"
    assert "\n" not in caught.value.message


def test_an_oversized_transaction_is_refused_before_it_is_read():
    with pytest.raises(TooLarge) as caught:
        parse(SIGNATURE + b"[" * MAX_TRANSACTION_BYTES)
    assert caught.value.code == "transaction_too_large"


def test_the_largest_transaction_is_taken():
    empty = len(ANNE.call(1, key="a", text=""))
    wire = ANNE.call(1, key="a", text="x" * (MAX_TRANSACTION_BYTES - empty))
    assert len(wire) == MAX_TRANSACTION_BYTES
    assert parse(wire).wire == wire


def test_a_signature_of_another_size_is_refused():
    with pytest.raises(Malformed) as caught:
        assemble(ANNE.body(1), bytes(63))
    assert caught.value.code == "malformed_transaction"


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reader(wire):
    with pytest.raises(TallystickError):
        parse(wire)


@given(st.integers(0, len(WIRE) - 1), st.integers(1, 255))
def test_a_changed_byte_gives_another_transaction_or_none(place, flip):
    wire = bytearray(WIRE)
    wire[place] ^= flip
    try:
        transaction = parse(bytes(wire))
    except Malformed:
        return
    assert transaction.hash != parse(WIRE).hash
    assert place < 64 or encode_body(transaction.body) != TEXT
