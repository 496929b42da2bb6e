"""Bad input against running nodes: refused with its code and a clear sentence, and nothing is lost."""

import re
import shutil
import signal
from base64 import b64encode

import pytest

from tallystick.bootstrap.ledger import open_network
from tallystick.engines.cometbft.answers import read_check_answer
from tallystick.engines.cometbft.engine import NetworkEngine
from tallystick.engines.cometbft.supervision import STOP_CODE
from tallystick.errors import Conflict, Malformed, TallystickError, TooLarge, Unauthorised, Unavailable
from tallystick.ledger.transaction import MAX_TRANSACTION_BYTES
from tests.network.anchors import opening, send, signed
from tests.network.histories import check_ledgers, check_same_history
from tests.network.networks import Network, wait_until

pytestmark = [pytest.mark.network, pytest.mark.xdist_group("network")]
MEMPOOL = 5


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Two validators, who decide nothing without each other; the first one's mempool is tiny."""
    network = Network(tmp_path_factory.mktemp("two"), ("a", "b"), "two-members")
    settings = network.place("a") / "config" / "config.toml"
    settings.write_text(settings.read_text().replace("[mempool]\n", f"[mempool]\nsize = {MEMPOOL}\n"))
    try:
        network.start_all()
        yield network
    finally:
        network.close()


def broken(network):
    """Bad transactions by name: class and code of the refusal, and the bytes."""
    good = opening(network, "a")
    padded = signed(network, "a", "anchoring", "anchor", {"case": "0" * MAX_TRANSACTION_BYTES})
    return {
        "nothing": (Malformed, "malformed_transaction", b""),
        "junk": (Malformed, "malformed_transaction", b"\xff" * 300),
        "cut short": (Malformed, "malformed_transaction", good[:-1]),
        "not canonical": (Malformed, "malformed_transaction", good.replace(b'"contract":', b'"contract": ')),
        "oversized": (TooLarge, "transaction_too_large", padded),
        "of another chain": (Conflict, "wrong_chain", opening(network, "a", chain_id="four-members")),
        "of an unknown contract": (Malformed, "unknown_contract", opening(network, "a", contract="loans")),
        "of an unknown action": (Malformed, "unknown_action", opening(network, "a", action="erase")),
        "with odd arguments": (
            Malformed,
            "malformed_arguments",
            signed(network, "a", "anchoring", "anchor", {"case": "A-1"}),
        ),
        "changed after signing": (
            Unauthorised,
            "forged_signature",
            good.replace(b'"step":"app', b'"step":"App'),
        ),
    }


def is_clear(sentence):
    return re.fullmatch(r"[A-Z].{10,300}\.", sentence) is not None and "Error" not in sentence


def test_each_bad_transaction_is_refused_with_its_code_and_changes_nothing(two):
    send(two, "a")
    before = two.engine("a").status()
    for name, (kind, code, wire) in broken(two).items():
        with pytest.raises(TallystickError) as caught:
            two.engine("a").submit(wire)
        assert (type(caught.value), caught.value.code) == (kind, code), name
        assert is_clear(caught.value.message), caught.value.message
    after = two.engine("a").status()
    assert (after.app_hash, after.transactions, after.pending) == (before.app_hash, before.transactions, 0)
    assert send(two, "a").code == "ok"


def test_bad_bytes_past_our_client_are_refused_by_the_node_itself(two):
    for name, (_, code, wire) in broken(two).items():
        if name == "oversized":
            with pytest.raises(TooLarge) as caught:
                two.rpc("a")._ask("broadcast_tx_sync", read_check_answer, tx=b64encode(wire).decode())
            assert caught.value.code == code
            continue
        answer = two.rpc("a").broadcast(wire)
        assert answer.code != 0, name
        assert f'"{code}"' in answer.log, (name, answer.log)
    assert two.rpc("a").unconfirmed_count() == 0


def test_a_full_mempool_says_so_and_what_it_took_and_refused_is_committed_later(two):
    account = two.node("a").account
    first = two.engine("a").next_sequence(account)
    wires = [opening(two, "a", first + place) for place in range(MEMPOOL + 1)]
    two.hit("b", "cometbft", signal.SIGSTOP)
    try:
        names = [two.engine("a").submit(wire) for wire in wires[:-1]]
        with pytest.raises(Unavailable) as caught:
            two.engine("a").submit(wires[-1])
        assert caught.value.code == "mempool_full"
        assert is_clear(caught.value.message)
    finally:
        two.hit("b", "cometbft", signal.SIGCONT)
    receipts = [two.engine("a").wait(name, timeout_s=20) for name in names]
    receipts.append(send(two, "a", wires[-1]))
    assert {receipt.code for receipt in receipts} == {"ok"}
    check_same_history(two, two.keys, receipts)


def test_an_unreachable_node_is_said_to_be_so_and_takes_the_transaction_when_it_is_back(two):
    wire = opening(two, "a")
    engine = two.engine("a")
    two.stop(["a"])
    try:
        with pytest.raises(Unavailable) as caught:
            engine.submit(wire)
        assert caught.value.code == "node_unreachable"
        assert is_clear(caught.value.message)
        with pytest.raises(Unavailable) as caught:
            open_network(two.settings("a"))
        assert caught.value.code == "node_unreachable"
    finally:
        two.start("a")
    two.await_back("a")
    assert send(two, "a", wire).code == "ok"


def test_an_engine_for_another_chain_is_refused(two):
    with pytest.raises(Conflict) as caught:
        NetworkEngine(two.rpc("a"), "four-members")
    assert caught.value.code == "another_chain"


def ended(network, key):
    """What a node's supervisor said last, once it has ended of itself."""
    wait_until(lambda: not network.is_running(key), 30, "the end of a node that must not run")
    assert network._processes[key].returncode == STOP_CODE
    home = network.settings(key).home
    return (home / "node.log").read_text(), (home / "node" / "run" / "application.log").read_text()


@pytest.mark.parametrize("is_fresh", [False, True], ids=["with its own blocks", "with CometBFT's data gone"])
def test_a_node_on_another_genesis_refuses_to_start_and_leaves_the_ledger_as_it_is(two, tmp_path, is_fresh):
    other = Network(tmp_path / "other", ("x",), two.chain_id)
    genesis, data = two.place("b") / "config" / "genesis.json", two.place("b") / "data"
    ours = genesis.read_bytes()
    two.stop(["b"])
    before = two.ledger("b").read_bytes()
    kept = tmp_path / "data"
    try:
        genesis.write_bytes(other.genesis.read_bytes())
        if is_fresh:
            shutil.move(data, kept)
            data.mkdir()
        two.start("b")
        supervisor, application = ended(two, "b")
        assert "(node_stopped)" in supervisor
        assert "(another_genesis)" in application
        assert two.ledger("b").read_bytes() == before
    finally:
        genesis.write_bytes(ours)
        if is_fresh:
            shutil.rmtree(data)
            shutil.move(kept, data)
        two.restart("b")
    assert send(two, "b").code == "ok"
    check_ledgers(two, two.keys)
