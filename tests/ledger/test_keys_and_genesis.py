"""Keys are strict about sizes and points; a genesis document is refused with a clear sentence."""

import json

import pytest

from tallystick.errors import Malformed
from tallystick.ledger import keys
from tallystick.ledger.genesis import compose_genesis, parse_genesis
from tests.ledger.notebook import ANNE, PROPOSER_PUBLIC_KEY, genesis_document

# RFC 8032, section 7.1, test 2.
PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493


def test_the_vector_of_rfc_8032_holds():
    assert keys.verify(PUBLIC, b"\x72", SIGNATURE)
    assert not keys.verify(PUBLIC, b"\x73", SIGNATURE)


@pytest.mark.parametrize("signature", [b"", SIGNATURE[:-1], SIGNATURE + b"\0", bytes(64)])
def test_a_signature_of_another_size_or_of_nothing_fails(signature):
    assert not keys.verify(PUBLIC, b"\x72", signature)


@pytest.mark.parametrize("public_key", [b"", PUBLIC[:-1], PUBLIC + b"\0", bytes(32), b"\x01" + bytes(31)])
def test_keys_of_another_size_or_of_small_order_fail(public_key):
    assert not keys.verify(public_key, b"\x72", SIGNATURE)
    assert not keys.is_public_key(public_key)


def test_nobody_can_make_a_second_signature_of_the_same_message():
    scalar = int.from_bytes(SIGNATURE[32:], "little") + GROUP_ORDER
    assert not keys.verify(PUBLIC, b"\x72", SIGNATURE[:32] + scalar.to_bytes(32, "little"))


def test_a_genesis_document_is_read_as_it_was_composed():
    genesis = parse_genesis(genesis_document())
    assert (genesis.chain_id, genesis.proposer_public_key) == ("test-chain", PROPOSER_PUBLIC_KEY)
    assert bytes(ANNE.key.verify_key).hex() in json.loads(bytes(genesis.contracts["notebook"]))


@pytest.mark.parametrize(
    "fields",
    [
        {"chain_id": ""},
        {"chain_id": "c" * 65},
        {"chain_id": "链"},
        {"chain_id": 7},
        {"proposer": "00" * 32},
        {"proposer": "zz"},
        {"proposer": PROPOSER_PUBLIC_KEY.hex().upper()},
        {"time": -1},
        {"time": 2**53},
        {"time": 1.5},
        {"contracts": []},
        {"surprise": 1},
    ],
)
def test_a_bad_genesis_document_is_refused(fields):
    document = {**json.loads(genesis_document()), **fields}
    with pytest.raises(Malformed) as caught:
        parse_genesis(json.dumps(document).encode())
    assert caught.value.code == "malformed_genesis"


def test_a_chain_must_have_a_usable_name():
    with pytest.raises(Malformed):
        compose_genesis("", 0, PROPOSER_PUBLIC_KEY, {})
