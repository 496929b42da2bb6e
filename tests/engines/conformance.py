"""What every engine must do; each engine's tests run these functions with its own factory.

A factory is called with a list of contracts (``NOTEBOOK`` unless told otherwise) and returns a running
engine on the genesis document of ``tests.ledger.notebook``.
"""

import itertools
import time

import pytest

from tallystick.bootstrap.proving import check_bundle
from tallystick.errors import (
    Conflict,
    Forbidden,
    Malformed,
    NotFound,
    TallystickError,
    TooLarge,
    Unauthorised,
    Unavailable,
)
from tallystick.ledger.proof import encode_proof
from tallystick.ledger.transaction import transaction_hash
from tests.ledger.chain import Chain
from tests.ledger.notebook import ANNE, BERT, CHAIN, STRANGER

#: Longer than a loaded machine takes for the block that follows.
QUIET_S = 1.0

REFUSED_AT_THE_DOOR = [
    (Malformed, "malformed_transaction", lambda: b"nothing"),
    (TooLarge, "transaction_too_large", lambda: bytes(70_000)),
    (Conflict, "wrong_chain", lambda: ANNE.sign(changed(ANNE, chain_id="another"))),
    (Unauthorised, "unknown_account", lambda: STRANGER.call(1)),
    (Unauthorised, "forged_signature", lambda: STRANGER.sign(ANNE.body(1))),
    (Conflict, "sequence_gap", lambda: ANNE.call(3)),
    (Malformed, "unknown_contract", lambda: ANNE.sign(changed(ANNE, contract="nowhere"))),
    (Malformed, "unknown_action", lambda: ANNE.sign(changed(ANNE, action="nothing"))),
    (Malformed, "malformed_arguments", lambda: ANNE.call(1, colour="red")),
]


def changed(who, **fields):
    body = who.body(1)
    return type(body)(**{name: fields.get(name, getattr(body, name)) for name in body.__struct_fields__})


def committed(engine, *wires):
    """Submit and wait for each in turn; return the receipts."""
    return [engine.wait(engine.submit(wire)) for wire in wires]


def settled(engine):
    """Return the head once no block follows any more: on a network one follows that names the state."""
    head = engine.head()
    while time.sleep(QUIET_S) or engine.head() != head:
        head = engine.head()
    return head


def check_each_refusal_at_the_door(engine):
    for kind, code, make in REFUSED_AT_THE_DOOR:
        with pytest.raises(kind) as caught:
            engine.submit(make())
        assert caught.value.code == code
    assert engine.status().pending == 0
    assert engine.next_sequence(ANNE.address) == 1


def check_replay_is_refused_before_and_after_the_block(engine):
    wire = ANNE.call(1)
    name = engine.submit(wire)
    for _ in range(2):
        with pytest.raises(Conflict) as caught:
            engine.submit(wire)
        assert caught.value.code == "transaction_replayed"
        engine.wait(name)


def check_receipt_says_where_and_what(engine):
    (receipt,) = committed(engine, ANNE.call(1, key="a", text="1"))
    assert receipt.code == "ok"
    assert receipt.data == f'{{"address":"{receipt.address}","pages":1}}'.encode()
    assert engine.receipt(receipt.transaction_hash) == receipt
    block = engine.block(receipt.height)
    assert block.entries[receipt.index].data == ANNE.call(1, key="a", text="1")
    assert block.entries[receipt.index].data_hash == receipt.transaction_hash
    assert block.header.time == receipt.time
    assert engine.read("notebook/a") == b"1"


def check_refusal_by_the_contract_is_recorded(engine):
    (receipt,) = committed(engine, ANNE.call(1, "refuse", key="k"))
    assert (receipt.code, receipt.message) == ("notebook_closed", "The notebook is closed.")
    assert engine.read("notebook/k") is None
    assert engine.next_sequence(ANNE.address) == 2


def check_sequence_counts_what_waits(engine):
    wires = [ANNE.call(number) for number in range(1, 6)]
    names = engine.submit_many(wires)
    assert names == [transaction_hash(wire) for wire in wires]
    assert engine.next_sequence(ANNE.address) == 6
    assert [engine.wait(name).code for name in names] == ["ok"] * 5
    assert engine.next_sequence(ANNE.address) == 6


def check_a_batch_answers_for_each(engine):
    answers = engine.submit_many([ANNE.call(1), b"nothing", STRANGER.sign(BERT.body(1)), ANNE.call(2)])
    assert [answer.code if isinstance(answer, TallystickError) else "in" for answer in answers] == [
        "in",
        "malformed_transaction",
        "forged_signature",
        "in",
    ]
    assert engine.wait(answers[3]).code == "ok"


def check_suspended_account_is_refused(engine):
    committed(engine, BERT.call(1, "suspend", address=ANNE.address))
    with pytest.raises(Forbidden) as caught:
        engine.submit(ANNE.call(1))
    assert caught.value.code == "account_suspended"


def check_rotated_key_takes_over(engine):
    fresh = ANNE.with_key("fresh")
    committed(engine, ANNE.call(1, "rotate", public_key=bytes(fresh.key.verify_key).hex()))
    with pytest.raises(Unauthorised):
        engine.submit(ANNE.call(2))
    assert committed(engine, fresh.call(2))[0].code == "ok"


def check_proofs_hold_offline(engine):
    receipts = committed(engine, *(ANNE.call(number) for number in range(1, 4)))
    for receipt in receipts:
        proved = check_bundle(encode_proof(engine.prove(receipt.transaction_hash)), engine.genesis())
        assert (proved.chain_id, proved.subject, proved.outcome) == (CHAIN, receipt.address, "ok")
    for key in (f"notebook/{ANNE.address}-1", "notebook/absent"):
        proved = check_bundle(encode_proof(engine.prove_state(key)), engine.genesis())
        value = engine.read(key)
        assert (proved.subject, proved.outcome) == (key, None if value is None else value.decode())


def check_a_changed_proof_does_not_hold(engine):
    (receipt,) = committed(engine, ANNE.call(1))
    bundle = encode_proof(engine.prove(receipt.transaction_hash))
    changed_bundle = bundle.replace(b'"code":"ok"', b'"code":"no"')
    assert changed_bundle != bundle
    with pytest.raises(Malformed) as caught:
        check_bundle(changed_bundle, engine.genesis())
    assert caught.value.code == "proof_does_not_hold"


def check_who_decides_has_signed_each_block(engine):
    (receipt,) = committed(engine, ANNE.call(1))
    validators = engine.validators()
    certificate = engine.certificate(receipt.height)
    assert {one.address for one in certificate.assents} == {one.address for one in validators}
    signed = sum(one.power for one in certificate.assents if one.signature)
    assert signed * 3 > 2 * sum(one.power for one in validators)
    with pytest.raises(NotFound) as caught:
        engine.certificate(receipt.height + 1000)
    assert caught.value.code == "unknown_block"


def check_what_is_unknown_is_said_so(engine):
    unknown = "00" * 32
    assert engine.receipt(unknown) is None
    assert engine.read("notebook/absent") is None
    for ask, code in (
        (lambda: engine.block(10_000), "unknown_block"),
        (lambda: engine.prove(unknown), "unknown_transaction"),
    ):
        with pytest.raises(NotFound) as caught:
            ask()
        assert caught.value.code == code
    with pytest.raises(Unauthorised):
        engine.next_sequence(STRANGER.address)
    with pytest.raises(Unavailable) as caught:
        engine.wait(unknown, timeout_s=0)
    assert caught.value.code == "not_yet_committed"


def check_scan_is_sorted_and_bounded(engine):
    committed(engine, *(ANNE.call(place, key=key, text="x") for place, key in enumerate("cab", 1)))
    assert [key for key, _ in engine.scan("notebook/")] == ["notebook/a", "notebook/b", "notebook/c"]
    assert [key for key, _ in engine.scan("notebook/", limit=2)] == ["notebook/a", "notebook/b"]


def check_blocks_form_a_chain(engine):
    committed(engine, *(ANNE.call(number) for number in range(1, 4)))
    head = settled(engine)
    headers = [engine.block(height).header for height in range(head.height + 1)]
    assert engine.headers(head.height + 100, 1000) == headers[::-1]
    assert engine.headers(head.height - 1, 2) == headers[-2:-4:-1]
    assert headers[-1] == head
    assert all(later.time > earlier.time for earlier, later in itertools.pairwise(headers))
    assert engine.chain_id == CHAIN
    status = engine.status()
    assert (status.height, status.app_hash, status.transactions) == (head.height, head.app_hash, 3)


def check_same_transactions_give_the_same_app_hash(engine):
    """The app hash is that of the plain state machine, whatever the engine and its blocks."""
    wires = [
        ANNE.call(1, "refuse", key="k"),
        BERT.call(1, "erase", key="none"),
        ANNE.call(2, "fail", key="k"),
        *(BERT.call(number, "erase", key="b") for number in range(2, 8)),
    ]
    committed(engine, *wires)
    chain = Chain()
    chain.add(*wires)
    assert settled(engine).app_hash == chain.head.app_hash


CONFORMANCE = [
    check
    for name, check in sorted(globals().items())
    if name.startswith("check_") and "engine" in check.__code__.co_varnames[:1]
]
