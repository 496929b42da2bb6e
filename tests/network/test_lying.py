"""A validator that proposes bad blocks is outvoted, and nothing bad comes into any block."""

import msgspec
import pytest
from nacl.signing import SigningKey

from tallystick.ledger.transaction import assemble, parse, signing_bytes
from tests.network.anchors import opening, send
from tests.network.histories import check_ledgers, check_same_history, transactions

pytestmark = [pytest.mark.network, pytest.mark.xdist_group("network")]
#: Of four who take turns, the liar is asked once for each of its kinds of lies, and once more.
MOST_BLOCKS = 40


def lies(network, key):
    """What no honest node lets stand, by kind."""
    committed = opening(network, key)
    send(network, key, committed)
    body = parse(opening(network, key)).body
    forged = assemble(body, bytes(SigningKey.generate().sign(signing_bytes(body)).signature))
    ahead = opening(network, key, sequence=body.sequence + 1000)
    elsewhere = opening(network, key, chain_id="elsewhere")
    return {
        "forged signature": forged,
        "sequence number ahead": ahead,
        "sequence number used before": committed,
        "another chain": elsewhere,
        "junk": b"\x00junk" * 20,
    }


def told(network, key):
    """What the liar has proposed: kind of lie by height."""
    path = network.place(key) / "run" / "told"
    lines = path.read_text().splitlines() if path.exists() else []
    return {int(height): kind for height, kind in (line.split(" ", 1) for line in lines)}


def test_a_validator_that_proposes_bad_blocks_is_outvoted(four):
    honest, liar = four.keys[:3], four.keys[3]
    bad = lies(four, honest[0])
    (four.place(liar) / "run" / "lies").write_bytes(msgspec.msgpack.encode(list(bad.items())))
    four.restart(liar, "lying_application")
    try:
        receipts = []
        while len(told(four, liar)) < len(bad) and len(receipts) < MOST_BLOCKS:
            receipts.append(send(four, honest[len(receipts) % 3]))
        proposed = told(four, liar)
        assert set(proposed.values()) == set(bad)
        assert {receipt.code for receipt in receipts} == {"ok"}
        check_same_history(four, four.keys, receipts)
        for height, kind in proposed.items():
            certificate = four.engine(honest[0]).certificate(height)
            assert certificate.round > 0, kind
            assert certificate.proposer != four.consensus_address(liar), kind
        held = transactions(four, honest[0])
        assert len(held) == len(set(held))
        assert not {bad[kind] for kind in bad if kind != "sequence number used before"} & set(held)
    finally:
        four.restart(liar)
    check_ledgers(four, four.keys)


def test_the_sample_of_lies_is_refused_at_the_door_for_what_it_is(four):
    codes = {}
    for kind, wire in lies(four, four.keys[0]).items():
        with pytest.raises(Exception) as caught:  # noqa: PT011 - the code is what is looked at
            four.engine(four.keys[0]).submit(wire)
        codes[kind] = caught.value.code
    assert codes == {
        "forged signature": "forged_signature",
        "sequence number ahead": "sequence_gap",
        "sequence number used before": "transaction_replayed",
        "another chain": "wrong_chain",
        "junk": "malformed_transaction",
    }
