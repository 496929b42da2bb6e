"""The embedded engine: time, limits, several processes, damage, and upkeep of its file."""

import json
import sqlite3
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from tallystick.engines.storage import maintenance
from tallystick.engines.storage.reading import LedgerFile
from tallystick.errors import Conflict, Corruption, NotFound, TallystickError, Unavailable
from tallystick.ledger.audit import replay
from tallystick.ledger.exchange import read_lines
from tallystick.values.clock import FixedClock
from tests.engines.embedded import create, reopen
from tests.ledger.notebook import ANNE, BERT, GENESIS_TIME, NOTEBOOK


def silent(done, total):
    assert 0 < done <= total


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.sqlite3"


def filled(path, count=12, **options):
    engine = create(path, **options)
    for number in range(1, count + 1):
        engine.wait(engine.submit(ANNE.call(number)))
    engine.close()


def altered(path, statement, *values):
    connection = sqlite3.connect(path)
    with connection:
        assert connection.execute(statement, values).rowcount
    connection.close()


def test_a_clock_that_stands_still_or_runs_back_gives_later_block_times(path):
    moment = datetime.fromtimestamp(GENESIS_TIME / 1000, UTC) - timedelta(days=1)
    filled(path, 3, clock=FixedClock(moment))
    ledger = LedgerFile(path)
    assert [ledger.block(height).header.time - GENESIS_TIME for height in range(4)] == [0, 1, 2, 3]
    ledger.close()


def test_block_time_is_the_clocks(path):
    moment = datetime.fromtimestamp(GENESIS_TIME / 1000, UTC) + timedelta(days=1, milliseconds=7)
    filled(path, 1, clock=FixedClock(moment))
    ledger = LedgerFile(path)
    assert ledger.head().time - GENESIS_TIME == 86_400_007
    ledger.close()


def test_blocks_take_no_more_transactions_than_they_may(path):
    engine = create(path, block_transactions=10)
    names = engine.submit_many([ANNE.call(number) for number in range(1, 36)])
    assert engine.wait(names[-1]).height >= 4
    sizes = [engine.block(height).header.transactions for height in range(engine.head().height + 1)]
    assert sum(sizes) == 35
    assert max(sizes) <= 10
    engine.close()


def test_a_full_mempool_refuses_and_loses_nothing(path):
    engine = create(path, pending_transactions=5, block_period_ms=400)
    answers = engine.submit_many([ANNE.call(number) for number in range(1, 9)])
    codes = [answer.code for answer in answers if isinstance(answer, TallystickError)]
    assert codes[0] == "mempool_full"
    assert engine.next_sequence(ANNE.address) == 6
    assert engine.wait(answers[4]).code == "ok"
    assert engine.wait(engine.submit(ANNE.call(6))).code == "ok"
    engine.close()


def test_without_transactions_there_are_no_blocks(path):
    engine = create(path, block_period_ms=1)
    time.sleep(0.05)
    assert engine.status().height == 0
    engine.close()


def test_closing_commits_what_was_accepted(path):
    engine = create(path, block_period_ms=60_000)
    name = engine.submit(ANNE.call(1))
    engine.close()
    again = reopen(path)
    assert again.receipt(name).code == "ok"
    again.close()
    with pytest.raises(Unavailable) as caught:
        engine.submit(ANNE.call(2))
    assert caught.value.code == "ledger_closed"


def test_many_threads_submit_and_wait(path):
    engine, receipts = create(path), []

    def work(who):
        for number in range(1, 31):
            receipts.append(engine.wait(engine.submit(who.call(number))))

    threads = [threading.Thread(target=work, args=(who,)) for who in (ANNE, BERT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.close()
    assert {receipt.code for receipt in receipts} == {"ok"}
    assert len({receipt.address for receipt in receipts}) == 60
    assert maintenance.verify(path, [NOTEBOOK], silent).transactions == 60


def test_two_engines_write_one_file_in_turn(path):
    one = create(path)
    two = reopen(path)
    for number in range(1, 21):
        engine, other = (one, two) if number % 2 else (two, one)
        assert engine.next_sequence(ANNE.address) == number
        receipt = engine.wait(engine.submit(ANNE.call(number)))
        assert other.receipt(receipt.transaction_hash) == receipt
        assert other.wait(receipt.transaction_hash) == receipt
    one.close()
    two.close()
    assert maintenance.verify(path, [NOTEBOOK], silent).height == 20


def test_what_another_process_overtook_is_refused_to_who_waits(path):
    slow, quick = create(path, block_period_ms=300), reopen(path)
    overtaken = slow.submit(ANNE.call(1, key="slow", text="1"))
    quick.wait(quick.submit(ANNE.call(1, key="quick", text="1")))
    with pytest.raises(Conflict) as caught:
        slow.wait(overtaken)
    assert caught.value.code == "transaction_replayed"
    assert slow.read("notebook/slow") is None
    assert slow.wait(slow.submit(ANNE.call(2))).code == "ok"
    slow.close()
    quick.close()


def test_a_locked_file_delays_and_loses_nothing(path, monkeypatch):
    monkeypatch.setattr("tallystick.engines.storage.database.BUSY_TIMEOUT_S", 0.05)
    engine = create(path)
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    name = engine.submit(ANNE.call(1))
    with pytest.raises(Unavailable) as caught:
        engine.wait(name, timeout_s=0.3)
    assert caught.value.code == "not_yet_committed"
    blocker.execute("ROLLBACK")
    blocker.close()
    assert engine.wait(name).code == "ok"
    engine.close()


def test_a_full_disk_delays_and_loses_nothing(path):
    engine = create(path)
    engine.wait(engine.submit(ANNE.call(1)))
    writer = engine._writer._connection
    pages = writer.execute("PRAGMA page_count").fetchone()[0]
    writer.execute(f"PRAGMA max_page_count = {pages}")
    names = engine.submit_many(
        [ANNE.call(number, key=f"k{number}", text="x" * 9000) for number in range(2, 6)]
    )
    with pytest.raises(Unavailable):
        engine.wait(names[-1], timeout_s=0.3)
    assert engine.receipt(names[0]) is None
    writer.execute("PRAGMA max_page_count = 1073741823")
    assert engine.wait(names[-1]).code == "ok"
    engine.close()
    assert maintenance.verify(path, [NOTEBOOK], silent).transactions == 5


def test_a_ledger_that_exists_is_not_founded_again(path):
    filled(path, 1)
    with pytest.raises(Conflict) as caught:
        create(path)
    assert caught.value.code == "ledger_exists"
    assert maintenance.verify(path, [NOTEBOOK], silent).transactions == 1


def test_a_founding_that_fails_leaves_nothing_behind(path):
    def broken(message):
        raise Unavailable("no_key", "The key cannot be reached.")

    with pytest.raises(Unavailable):
        create(path, signer=broken)
    filled(path, 1)


def test_only_the_proposers_key_opens_for_writing(path):
    filled(path, 1)
    with pytest.raises(Conflict) as caught:
        reopen(path, public_key=bytes(ANNE.key.verify_key))
    assert caught.value.code == "wrong_proposer"


def test_no_file_no_ledger(path):
    for ask in (reopen, LedgerFile, lambda path: maintenance.verify(path, [NOTEBOOK], silent)):
        with pytest.raises(NotFound) as caught:
            ask(path)
        assert caught.value.code == "no_ledger"
    assert not path.exists()


@pytest.mark.parametrize("content", [b"this is no database at all" * 50, b""], ids=["text", "empty"])
def test_another_file_is_no_ledger(path, content):
    path.write_bytes(content)
    with pytest.raises(Corruption) as caught:
        reopen(path)
    assert caught.value.code in {"ledger_damaged", "not_a_ledger"}
    assert "\n" not in caught.value.message


def test_a_damaged_file_is_called_damaged(path):
    filled(path)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))
    with pytest.raises(Corruption) as caught:
        maintenance.verify(path, [NOTEBOOK], silent)
    assert caught.value.code == "ledger_damaged"


TAMPERING = {
    "entry_hash": ("UPDATE transactions SET data = ? WHERE number = 4", b"forged"),
    "results": ("UPDATE transactions SET code = ? WHERE number = 4", "account_suspended"),
    "signature": ("UPDATE blocks SET signature = ? WHERE height = 5", "00" * 64),
    "height": ("UPDATE blocks SET header = (SELECT header FROM blocks WHERE height = ?) WHERE height = 5", 4),
}


@pytest.mark.parametrize("check", TAMPERING)
def test_verify_names_the_first_wrong_block_and_the_check(path, check):
    filled(path)
    statement, value = TAMPERING[check]
    altered(path, statement, value)
    with pytest.raises(Corruption) as caught:
        maintenance.verify(path, [NOTEBOOK], silent)
    assert caught.value.details == {"height": 5, "check": check}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE state SET value = 'forged' WHERE key LIKE 'notebook/%-3'",
        "DELETE FROM state WHERE key LIKE 'notebook/%-3'",
        "INSERT INTO state VALUES ('notebook/forged', 'x')",
        "DELETE FROM pages WHERE path = (SELECT max(path) FROM pages)",
    ],
)
def test_a_changed_state_is_found_and_rebuilt(path, statement):
    filled(path, 40)
    altered(path, statement)
    with pytest.raises(Corruption) as caught:
        maintenance.verify(path, [NOTEBOOK], silent)
    assert caught.value.code == "state_differs"
    rebuilt = maintenance.rebuild(path, [NOTEBOOK], silent)
    assert maintenance.verify(path, [NOTEBOOK], silent) == rebuilt


def test_an_engine_does_not_open_on_a_state_of_another_block(path):
    filled(path)
    altered(path, "DELETE FROM pages")
    with pytest.raises(Corruption) as caught:
        reopen(path)
    assert caught.value.code == "state_differs"


def test_a_failed_rebuild_leaves_the_file_as_it_was(path):
    filled(path)
    altered(path, "UPDATE transactions SET data = x'00' WHERE number = 4")
    before = list(LedgerFile(path)._store.scan(""))
    with pytest.raises(Corruption):
        maintenance.rebuild(path, [NOTEBOOK], silent)
    assert list(LedgerFile(path)._store.scan("")) == before


def test_an_export_replays_to_the_same_app_hash(path):
    filled(path)
    lines = list(maintenance.export(path, silent))
    assert len(lines) == 14
    entry = json.loads(lines[2])["entries"][0]
    assert set(entry) == {"data", "data_hash"}
    genesis, blocks = read_lines(lines)
    assert replay(genesis, blocks, [NOTEBOOK]) == maintenance.verify(path, [NOTEBOOK], silent)


def test_a_verifier_process_that_dies_changes_no_answer(path):
    engine = create(path, verifiers=2)
    for worker in engine._verifier._workers:
        worker._process.kill()
        worker._process.wait()
    answers = engine.submit_many([ANNE.call(1), ANNE.sign(BERT.body(1)), BERT.call(1)])
    assert [getattr(answer, "code", "in") for answer in answers] == ["in", "forged_signature", "in"]
    assert engine.wait(answers[2]).code == "ok"
    engine.close()


def test_a_contract_that_breaks_the_rules_stops_the_ledger_and_harms_nothing(path):
    engine = create(path)
    engine.wait(engine.submit(ANNE.call(1)))
    name = engine.submit(ANNE.call(2, "trespass", key="k"))
    for ask in (lambda: engine.wait(name), lambda: engine.submit(BERT.call(1))):
        with pytest.raises(Corruption) as caught:
            ask()
        assert caught.value.code == "foreign_state"
    engine.close()
    assert maintenance.verify(path, [NOTEBOOK], silent).transactions == 1
    again = reopen(path)
    assert again.wait(again.submit(ANNE.call(2))).code == "ok"
    again.close()
