"""The auditor: a right chain passes, and every kind of wrong block is named with its check."""

import msgspec
import pytest

from tallystick.errors import Corruption, Malformed
from tallystick.ledger.audit import CHECKS, replay
from tallystick.ledger.block import Entry, Result, SignedHeader, data_root, header_sign_bytes, results_root
from tallystick.ledger.exchange import read_lines, write_lines
from tallystick.values.canonical import sha256
from tests.ledger.chain import Chain
from tests.ledger.notebook import ANNE, BERT, NOTEBOOK, sign_header

change = msgspec.structs.replace


@pytest.fixture
def chain():
    chain = Chain()
    chain.add(ANNE.call(1), BERT.call(1))
    chain.add(ANNE.call(2, "refuse", key="k"))
    chain.add()
    return chain


def signed(block, **fields):
    """The block with another header, signed by the real proposer: what a dishonest one would publish."""
    header = change(block.header, **fields)
    return change(
        block,
        header=header,
        signature=SignedHeader(header, sign_header(header_sign_bytes(header)).hex()).signature,
    )


def with_data(block, data):
    entries = (Entry(data, sha256(data).hex()), *block.entries[1:])
    root = data_root([bytes.fromhex(entry.data_hash) for entry in entries])
    return signed(change(block, entries=entries), data_hash=root.hex())


def with_result(block, result):
    results = (result, *block.results[1:])
    return signed(change(block, results=results), results_hash=results_root(results).hex())


ZEROES = "00" * 32
TAMPERED = {
    "height": lambda block: signed(block, height=7),
    "chain": lambda block: signed(block, chain_id="another"),
    "previous_hash": lambda block: signed(block, previous_hash=ZEROES),
    "time": lambda block: signed(block, time=1),
    "signature": lambda block: change(block, signature="00" * 64),
    "entries": lambda block: change(block, results=block.results[1:]),
    "entry_hash": lambda block: change(block, entries=(Entry(b"x", ZEROES), *block.entries[1:])),
    "data_hash": lambda block: signed(block, data_hash=ZEROES),
    "results": lambda block: with_result(block, Result("ok", b'{"forged":1}')),
    "results_hash": lambda block: signed(block, results_hash=ZEROES),
    "app_hash": lambda block: signed(block, app_hash=ZEROES),
}


def test_a_right_chain_gives_its_app_hash(chain):
    followed = replay(chain.genesis, chain.blocks, [NOTEBOOK])
    assert followed.app_hash == chain.head.app_hash
    assert (followed.height, followed.transactions) == (3, 3)


@pytest.mark.parametrize("check", TAMPERED)
def test_a_wrong_block_is_named_with_its_check(chain, check):
    chain.blocks[1] = TAMPERED[check](chain.blocks[1])
    with pytest.raises(Corruption) as caught:
        replay(chain.genesis, chain.blocks, [NOTEBOOK])
    assert caught.value.code == "block_wrong"
    assert caught.value.details == {"height": 1, "check": check}


def test_a_forged_transaction_in_a_well_signed_block_is_found(chain):
    forged = BERT.sign(ANNE.body(1))
    chain.blocks[1] = with_data(chain.blocks[1], forged)
    with pytest.raises(Corruption) as caught:
        replay(chain.genesis, chain.blocks, [NOTEBOOK])
    assert caught.value.details["check"] == "results"


def test_another_first_block_is_found(chain):
    chain.blocks[0] = signed(chain.blocks[0], time=chain.blocks[0].header.time + 1)
    with pytest.raises(Corruption) as caught:
        replay(chain.genesis, chain.blocks, [NOTEBOOK])
    assert caught.value.details == {"height": 0, "check": "genesis"}


def test_every_check_is_shown_to_fail():
    of_the_file = {"missing", "proof", "stored_form", "stored_place"}  # tests.engines.test_damage
    assert set(TAMPERED) | {"genesis"} | of_the_file == set(CHECKS)


def test_an_export_replays_to_the_same_app_hash(chain):
    lines = list(write_lines(chain.genesis, chain.blocks))
    genesis, blocks = read_lines(lines)
    assert replay(genesis, blocks, [NOTEBOOK]).app_hash == chain.head.app_hash


@pytest.mark.parametrize("line", [b"", b"{}", b'{"format":"another","genesis":""}'])
def test_what_is_no_export_is_refused(line):
    with pytest.raises(Malformed):
        read_lines([line])
