"""Executing blocks: what each bad transaction gets, what is undone, and that all of it is deterministic."""

import os
import subprocess
import sys
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.errors import Corruption, Malformed
from tallystick.ledger.accounts import account_state_key, decode_account
from tallystick.ledger.check import Registry
from tallystick.ledger.genesis import compose_genesis, parse_genesis
from tallystick.ledger.protocols import Action, Contract
from tests.ledger.chain import Chain
from tests.ledger.notebook import ANNE, BERT, NOTEBOOK, PROPOSER_PUBLIC_KEY, STRANGER, Page, key_of, write


def sequence_of(chain, who):
    return decode_account(chain.keeper.get(account_state_key(who.address))).sequence


def other(**fields):
    body = ANNE.body(1)
    return ANNE.sign(msgspec.structs.replace(body, **fields))


UNCOUNTED = {
    "malformed_transaction": b"nothing",
    "transaction_too_large": bytes(70_000),
    "wrong_chain": other(chain_id="another"),
    "unknown_account": STRANGER.call(1),
    "forged_signature": STRANGER.sign(ANNE.body(1)),
    "transaction_replayed": ANNE.call(0 + 1),
    "sequence_gap": ANNE.call(9),
}
COUNTED = {
    "unknown_contract": {"contract": "nowhere"},
    "unknown_action": {"action": "nothing"},
    "malformed_arguments": {"arguments": b'{"key":1}'},
    "notebook_closed": {"action": "refuse"},
    "contract_failed": {"action": "fail"},
}


@pytest.mark.parametrize("code", UNCOUNTED)
def test_what_the_sender_did_not_send_leaves_the_state_alone(code):
    chain = Chain()
    if code == "transaction_replayed":
        chain.add(UNCOUNTED[code])
    before = chain.head.app_hash
    (result,) = chain.add(UNCOUNTED[code])
    assert (result.code, result.data) == (code, b"")
    assert chain.head.app_hash == before


@pytest.mark.parametrize("code", COUNTED)
def test_a_refused_transaction_uses_its_number_and_leaves_nothing_else(code):
    chain = Chain()
    body = ANNE.body(1)
    fields = {"arguments": b'{"key":"k","text":""}', **COUNTED[code]}
    (result,) = chain.add(ANNE.sign(msgspec.structs.replace(body, **fields)))
    assert result.code == code
    assert sequence_of(chain, ANNE) == 1
    assert list(chain.keeper.scan("notebook/")) == []
    assert chain.add(ANNE.call(2))[0].code == "ok"


def test_unknown_argument_names_are_refused():
    (result,) = Chain().add(ANNE.call(1, key="k", text="t", colour="red"))
    assert result.code == "malformed_arguments"


def test_calls_in_one_block_see_what_came_before_them():
    chain = Chain()
    results = chain.add(
        ANNE.call(1, key="a", text="1"), BERT.call(1, key="b", text="2"), ANNE.call(2, "erase", key="a")
    )
    assert [result.data for result in results] == [
        b'{"address":"1-0","pages":1}',
        b'{"address":"1-1","pages":2}',
        b"",
    ]
    assert list(chain.keeper.scan("notebook/")) == [("notebook/b", b"2")]


def test_a_rotated_key_signs_from_the_next_transaction_on():
    chain, fresh = Chain(), key_of("fresh")
    with_new = ANNE.with_key("fresh")
    codes = [
        result.code
        for result in chain.add(
            ANNE.call(1, "rotate", public_key=bytes(fresh.verify_key).hex()), ANNE.call(2), with_new.call(2)
        )
    ]
    assert codes == ["ok", "forged_signature", "ok"]


def test_a_suspended_account_is_refused_until_it_is_reinstated():
    chain = Chain()
    chain.add(BERT.call(1, "suspend", address=ANNE.address))
    assert chain.add(ANNE.call(1))[0].code == "account_suspended"
    chain.add(BERT.call(2, "suspend", address=ANNE.address, active=True))
    assert [result.code for result in chain.add(ANNE.call(1), ANNE.call(2))] == ["transaction_replayed", "ok"]


def test_an_empty_block_does_not_change_the_app_hash():
    chain = Chain()
    chain.add(ANNE.call(1))
    before = chain.head
    chain.add()
    assert chain.head.app_hash == before.app_hash
    assert chain.head.height == before.height + 1


def test_the_app_hash_knows_neither_height_nor_time():
    one, two = Chain(), Chain()
    two.add()
    one.add(ANNE.call(1, "erase", key="k"), time=one.head.time + 5)
    two.add(ANNE.call(1, "erase", key="k"), time=two.head.time + 7)
    assert one.head.app_hash == two.head.app_hash


def test_a_contract_that_writes_outside_its_name_stops_the_chain():
    with pytest.raises(Corruption) as caught:
        Chain().add(ANNE.call(1, "trespass", key="k"))
    assert caught.value.code == "foreign_state"


def test_only_a_privileged_contract_writes_accounts():
    chain = Chain()
    chain.machine = replace(chain.machine, registry=Registry([replace(NOTEBOOK, privileged=False)]))
    with pytest.raises(Corruption) as caught:
        chain.add(ANNE.call(1, "suspend", address=BERT.address))
    assert caught.value.code == "foreign_state"


@pytest.mark.parametrize(
    ("key", "text", "code"),
    [("k" * 300, "", "state_limit"), ("snow ❄", "", "bad_state_key"), ("a b", "", "bad_state_key")],
)
def test_state_keys_and_values_have_limits(key, text, code):
    chain = Chain()
    if code == "bad_state_key":
        with pytest.raises(Corruption) as caught:
            chain.add(ANNE.call(1, key=key, text=text))
        assert caught.value.code == code
    else:
        assert chain.add(ANNE.call(1, key=key, text=text))[0].code == code


def test_one_call_writes_only_so_many_keys():
    def flood(call, page):
        for number in range(2000):
            call.put(f"notebook/{number}", b"")

    chain = Chain([replace(NOTEBOOK, actions={"write": Action(Page, flood)})])
    assert chain.add(ANNE.call(1))[0].code == "state_limit"
    assert list(chain.keeper.scan("notebook/")) == []


@pytest.mark.parametrize("name", ["", "Notebook", "a/b", "accounts", "n" * 65])
def test_a_contract_must_have_a_plain_name_of_its_own(name):
    with pytest.raises(Corruption):
        Registry([Contract(name, {})])
    with pytest.raises(Corruption):
        Registry([Contract("twice", {}), Contract("twice", {})])


def test_a_genesis_part_that_no_contract_reads_is_refused():
    document = compose_genesis("test-chain", 1, PROPOSER_PUBLIC_KEY, {"nowhere": {}})
    with pytest.raises(Malformed) as caught:
        Chain().machine.begin(parse_genesis(document))
    assert caught.value.code == "unknown_contract"


def stream(choices):
    """Turn numbers into transactions of two senders, good and bad."""
    last = {ANNE: 0, BERT: 0}
    for number in choices:
        who = (ANNE, BERT)[number % 2]
        kind = ("write", "write", "erase", "refuse", "fail")[number // 2 % 5]
        step = 2 if number % 17 == 0 else 1
        yield who.call(last[who] + step, kind, key=f"k{number % 7}", text=str(number))
        last[who] += step == 1


streams = st.lists(st.integers(0, 400), max_size=20)


@settings(max_examples=25, deadline=None)
@given(streams, st.integers(1, 5))
def test_the_app_hash_does_not_depend_on_where_blocks_are_cut(choices, size):
    wires = list(stream(choices))
    whole, cut = Chain([timeless]), Chain([timeless])
    whole.add(*wires)
    results = [
        result for start in range(0, len(wires), size) for result in cut.add(*wires[start : start + size])
    ]
    assert whole.head.app_hash == cut.head.app_hash
    assert [result.code for result in results] == [result.code for result in whole.blocks[-1].results]


def _write_without_address(call, page):
    write(call, page)


timeless = replace(NOTEBOOK, actions={**NOTEBOOK.actions, "write": Action(Page, _write_without_address)})

PROGRAM = """
from tests.ledger.chain import Chain
from tests.ledger.test_execution import stream
chain = Chain()
wires = list(stream((number * 7919) % 401 for number in range(120)))
for start in range(0, 120, 11):
    chain.add(*wires[start : start + 11])
print(chain.head)
"""


def test_replay_gives_the_same_header_under_every_hash_seed():
    def head(seed):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, check=True
        )
        return done.stdout

    heads = {head(seed) for seed in ("0", "1", "4294967295")}
    assert len(heads) == 1
    assert b"app_hash" in heads.pop()
