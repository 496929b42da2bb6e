"""Damage to a ledger file: each kind is found, named and never mended by cutting what was committed."""

import sqlite3

import pytest

from tallystick.engines.storage import maintenance
from tallystick.engines.storage.reading import LedgerFile
from tallystick.errors import Corruption
from tallystick.ledger.genesis import compose_genesis
from tallystick.ledger.proof import check_inclusion
from tests.engines.embedded import create
from tests.ledger.notebook import ANNE, GENESIS_TIME, NOTEBOOK, PROPOSER_PUBLIC_KEY

BLOCKS = 12


def silent(done, total):
    assert 0 < done <= total


@pytest.fixture(scope="module")
def intact(tmp_path_factory):
    """The bytes of a ledger with one transaction in each of twelve blocks, and the receipts."""
    path = tmp_path_factory.mktemp("intact") / "ledger.sqlite3"
    engine = create(path)
    receipts = [engine.wait(engine.submit(ANNE.call(number))) for number in range(1, BLOCKS + 1)]
    engine.close()
    return path.read_bytes(), receipts


@pytest.fixture
def receipts(intact):
    return intact[1]


@pytest.fixture
def path(intact, tmp_path):
    path = tmp_path / "ledger.sqlite3"
    path.write_bytes(intact[0])
    return path


def damage(path, *statements):
    connection = sqlite3.connect(path)
    with connection:
        for statement in statements:
            assert connection.execute(statement).rowcount
    connection.close()


def verified(path):
    return maintenance.verify(path, [NOTEBOOK], silent)


def rebuilt(path):
    return maintenance.rebuild(path, [NOTEBOOK], silent)


def refused(ask, path):
    with pytest.raises(Corruption) as caught:
        ask(path)
    return caught.value


STATE_GONE = "DELETE FROM state"
LAST_TRANSACTION = "DELETE FROM transactions WHERE height = 12"
LAST_BLOCK = "DELETE FROM blocks WHERE height = 12"
LAST_NUMBER = "DELETE FROM transaction_numbers WHERE number = 11"
# number is counted from 0: the transaction of block 5 is number 4.
WRONG_BLOCKS = {
    "header is junk": (["UPDATE blocks SET header = x'7b7d' WHERE height = 5"], 5, "stored_form"),
    "header is no JSON": (["UPDATE blocks SET header = x'ff00' WHERE height = 5"], 5, "stored_form"),
    "header is text": (
        ["UPDATE blocks SET header = CAST(header AS TEXT) WHERE height = 5"], 5, "stored_form"),
    "header with blanks": (["UPDATE blocks SET header = header || x'20' WHERE height = 5"], 5, "stored_form"),
    "header is a number": (["UPDATE blocks SET header = 7 WHERE height = 5"], 5, "stored_form"),
    "signature is bytes": (["UPDATE blocks SET signature = x'00' WHERE height = 5"], 5, "stored_form"),
    "signature is no Unicode": (
        ["UPDATE blocks SET signature = CAST(x'ff' AS TEXT) WHERE height = 5"], 5, "stored_form"),
    "first number is text": (["UPDATE blocks SET first_number = 'one' WHERE height = 5"], 5, "stored_form"),
    "first number is another": (["UPDATE blocks SET first_number = 5 WHERE height = 5"], 5, "stored_place"),
    "first number of block 0": (["UPDATE blocks SET first_number = 5 WHERE height = 0"], 0, "stored_place"),
    "first number is huge": (
        ["UPDATE blocks SET first_number = 9223372036854775807 WHERE height = 5"], 5, "entries"),
    "block row is gone": (["DELETE FROM blocks WHERE height = 5"], 5, "missing"),
    "block 0 is gone": (["DELETE FROM blocks WHERE height = 0"], 0, "missing"),
    "all blocks are gone": (["DELETE FROM blocks"], 0, "missing"),
    "blocks of no height": (
        ["INSERT INTO blocks SELECT -1, first_number, header, signature FROM blocks WHERE height = 5"],
        13, "missing"),
    "transaction row is gone": (["DELETE FROM transactions WHERE number = 4"], 5, "entries"),
    "transaction is junk": (["UPDATE transactions SET data = x'00' WHERE number = 4"], 5, "entry_hash"),
    "transaction is a number": (
        ["UPDATE transactions SET data = 999999999999 WHERE number = 4"], 5, "stored_form"),
    "transaction is text": (["UPDATE transactions SET data = 'text' WHERE number = 4"], 5, "stored_form"),
    "result is a number": (
        ["UPDATE transactions SET result = 999999999999 WHERE number = 4"], 5, "stored_form"),
    "code is bytes": (["UPDATE transactions SET code = x'6f6b' WHERE number = 4"], 5, "stored_form"),
    "message is bytes": (["UPDATE transactions SET message = x'00' WHERE number = 4"], 5, "stored_form"),
    "message is no Unicode": (
        ["UPDATE transactions SET message = CAST(x'ff' AS TEXT) WHERE number = 4"], 5, "stored_form"),
    "hash is another": (["UPDATE transactions SET data_hash = x'00' WHERE number = 4"], 5, "entry_hash"),
    "height is another": (["UPDATE transactions SET height = 6 WHERE number = 4"], 5, "stored_place"),
    "height is text": (["UPDATE transactions SET height = 'five' WHERE number = 4"], 5, "stored_form"),
    "a stray transaction": (
        ["INSERT INTO transactions SELECT -1, height, data, data_hash, code, result, message"
         " FROM transactions WHERE number = 4"], 13, "missing"),
    "genesis is junk": (["UPDATE meta SET value = x'ff' WHERE name = 'genesis'"], 0, "genesis"),
    "genesis is text": (["UPDATE meta SET value = '{}' WHERE name = 'genesis'"], 0, "genesis"),
    "genesis is gone": (["DELETE FROM meta WHERE name = 'genesis'"], 0, "genesis"),
    "the last header is an earlier one": (
        ["UPDATE blocks SET header = (SELECT header FROM blocks WHERE height = 4) WHERE height = 12"],
        12, "height"),
    "the last block row is gone": ([LAST_BLOCK], 12, "missing"),
    "the last block and its transactions are gone": ([LAST_BLOCK, LAST_TRANSACTION], 12, "missing"),
    "the last block is gone but for the state": (
        [LAST_BLOCK, LAST_TRANSACTION, LAST_NUMBER], 12, "missing"),
    "the last block is gone but for the transactions": ([LAST_BLOCK, LAST_NUMBER, STATE_GONE], 12, "missing"),
    "the last block is gone but for the index": ([LAST_BLOCK, LAST_TRANSACTION, STATE_GONE], 12, "missing"),
    "the last block and the root page are gone": (
        [LAST_BLOCK, LAST_TRANSACTION, LAST_NUMBER, "DELETE FROM pages"], 12, "missing"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_BLOCKS)
def test_verify_names_the_wrong_block_and_rebuild_changes_nothing(path, case):
    statements, height, check = WRONG_BLOCKS[case]
    damage(path, *statements)
    before = path.read_bytes()
    for ask in (verified, rebuilt):
        error = refused(ask, path)
        assert (error.code, dict(error.details)) == ("block_wrong", {"height": height, "check": check})
    assert path.read_bytes() == before


def test_another_genesis_document_is_not_that_of_the_blocks(path):
    other = compose_genesis("another", GENESIS_TIME, PROPOSER_PUBLIC_KEY, {"notebook": []})
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE meta SET value = ? WHERE name = 'genesis'", [other])
    connection.close()
    assert refused(verified, path).details == {"height": 0, "check": "chain"}


DERIVED = {
    "a state value is text": ("state_differs", "UPDATE state SET value = 'x' WHERE key LIKE 'notebook/%-3'"),
    "an account counts more": (
        "state_differs", "UPDATE state SET value = CAST(replace(CAST(value AS TEXT), ':12}', ':99}') AS BLOB)"
                         " WHERE key LIKE 'accounts/%' AND CAST(value AS TEXT) LIKE '%:12}'"),
    "an account is junk": ("state_differs", "UPDATE state SET value = x'00' WHERE key LIKE 'accounts/%'"),
    "a key of bytes": ("state_differs", "INSERT INTO state VALUES (x'ff', x'00')"),
    "a key beyond ASCII": ("state_differs", "INSERT INTO state VALUES ('é', x'00')"),
    "a state value is gone": ("state_differs", "DELETE FROM state WHERE key LIKE 'notebook/%-3'"),
    "the state is gone": ("state_differs", "DELETE FROM state"),
    "a page is junk": (
        "state_differs", "UPDATE pages SET body = x'00' WHERE path = (SELECT max(path) FROM pages)"),
    "the root page is junk": ("state_differs", "UPDATE pages SET body = x'ffffffff' WHERE path = x''"),
    "the root page is text": ("state_differs", "UPDATE pages SET body = 'x' WHERE path = x''"),
    "a page at a number": ("state_differs", "INSERT INTO pages VALUES (5, x'00')"),
    "the pages are gone": ("state_differs", "DELETE FROM pages"),
    "the index is gone": ("index_differs", "DELETE FROM transaction_numbers"),
    "a line of the index is gone": ("index_differs", "DELETE FROM transaction_numbers WHERE number = 4"),
    "the index is shifted": ("index_differs", "UPDATE transaction_numbers SET number = number + 1"),
    "the index is turned": ("index_differs", "UPDATE transaction_numbers SET number = 11 - number"),
    "the index holds text": ("index_differs", "UPDATE transaction_numbers SET number = 'x' WHERE number = 4"),
    "a stray line in the index": ("index_differs", "INSERT INTO transaction_numbers VALUES (x'00', 4)"),
}  # fmt: skip


@pytest.mark.parametrize("case", DERIVED)
def test_what_follows_from_right_blocks_is_found_wrong_and_rebuilt(path, receipts, case):
    code, statement = DERIVED[case]
    damage(path, statement)
    assert refused(verified, path).code == code
    assert rebuilt(path) == verified(path)
    ledger = LedgerFile(path)
    assert [ledger.receipt(one.transaction_hash) for one in receipts] == receipts
    ledger.close()


def test_after_a_rebuild_the_copy_that_counted_is_found(tmp_path):
    path = tmp_path / "ledger.sqlite3"
    engine = create(path, block_period_ms=200)
    names = engine.submit_many([ANNE.call(1), ANNE.call(2, "refuse", key="k"), ANNE.call(3)])
    receipts = [engine.wait(name) for name in names]
    engine.close()
    rebuilt(path)
    ledger = LedgerFile(path)
    assert [ledger.receipt(name) for name in names] == receipts
    ledger.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE transaction_numbers SET number = number + 1 WHERE number > 3 OR number = 3",
        "UPDATE transaction_numbers SET number = 11 - number",
        "UPDATE transactions SET data = data || x'20' WHERE number = 4",
        "UPDATE transactions SET data = (SELECT data FROM transactions WHERE number = 3) WHERE number = 4",
        "UPDATE transactions SET data_hash = x'00' WHERE number = 4",
        "UPDATE transactions SET height = 6 WHERE number = 4",
        "UPDATE transactions SET height = 'x' WHERE number = 4",
        "UPDATE transactions SET code = 'other' WHERE number = 4",
        "UPDATE transactions SET result = 5 WHERE number = 4",
        "UPDATE blocks SET signature = '00' WHERE height = 5",
        "UPDATE blocks SET header = x'00' WHERE height = 5",
        "UPDATE blocks SET header = (SELECT header FROM blocks WHERE height = 4) WHERE height = 5",
        "UPDATE meta SET value = x'00' WHERE name = 'genesis'",
    ],
)
def test_no_proof_is_given_that_does_not_hold(path, receipts, statement):
    damage(path, statement)
    ledger = LedgerFile(path)
    with pytest.raises(Corruption) as caught:
        ledger.prove(receipts[4].transaction_hash)
    assert caught.value.code in {"block_wrong", "index_differs", "ledger_damaged"}
    ledger.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE transactions SET data = data || x'20' WHERE number = 4",
        "UPDATE transactions SET height = 6 WHERE number = 4",
        "UPDATE transactions SET code = 'other' WHERE number = 4",
        "DELETE FROM transactions WHERE number = 4",
        "DELETE FROM blocks WHERE height = 5",
        "UPDATE blocks SET signature = '00' WHERE height = 5",
        "UPDATE blocks SET header = (SELECT header FROM blocks WHERE height = 4) WHERE height = 5",
    ],
)
def test_no_proof_by_address_is_given_that_does_not_hold(path, statement):
    damage(path, statement)
    ledger = LedgerFile(path)
    with pytest.raises(Corruption) as caught:
        ledger.prove_at(5, 0)
    assert caught.value.details["height"] == 5
    check_inclusion(ledger.prove_at(7, 0), PROPOSER_PUBLIC_KEY)
    ledger.close()


def test_no_state_proof_is_given_that_does_not_hold(path):
    damage(path, "UPDATE state SET value = x'00' WHERE key LIKE 'notebook/%-3'")
    ledger = LedgerFile(path)
    with pytest.raises(Corruption) as caught:
        ledger.prove_state(f"notebook/{ANNE.address}-3")
    assert caught.value.code == "state_differs"
    ledger.close()


# Offsets in SQLite's header: the magic text, page size, format versions, reserved space; and the schema.
@pytest.mark.parametrize("place", [0, 8, 16, 18, 20, 100])
def test_junk_in_the_files_first_page_is_corruption(path, place):
    with path.open("r+b") as file:
        file.seek(place)
        file.write(b"\xa5" * 16)
    assert refused(verified, path).code in {"not_a_ledger", "ledger_damaged"}


@pytest.mark.parametrize("junk", [b"NOT NUxL", b"NOT NU\x94L"])
def test_a_junk_table_definition_is_corruption(path, junk):
    path.write_bytes(path.read_bytes().replace(b"NOT NULL", junk))
    assert refused(verified, path).code == "ledger_damaged"


def test_a_file_that_was_cut_is_corruption(path):
    content = path.read_bytes()
    for part in (1, 2, 3):
        path.write_bytes(content[: len(content) * part // 4])
        assert refused(verified, path).code in {"ledger_damaged", "block_wrong"}
