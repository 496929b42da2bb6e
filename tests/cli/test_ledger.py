"""``tallystick ledger``: what it prints, what it refuses, and that it never changes a block."""

import json
import os
import sqlite3
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from tallystick.cli.main import tallystick
from tallystick.contracts.catalogue import CONTRACTS
from tallystick.engines.embedded import EmbeddedEngine, Limits
from tallystick.ledger.audit import replay
from tallystick.ledger.exchange import read_lines
from tallystick.ledger.genesis import compose_genesis
from tallystick.ledger.proof import check_inclusion, parse_proof
from tallystick.ledger.transaction import Body, assemble, signing_bytes
from tallystick.values import canonical
from tests.engines.embedded import SystemClock
from tests.ledger.notebook import ANNE, PROPOSER_PUBLIC_KEY, sign_header

CHAIN = "cli-chain"
NOBODY = 65534


def anchoring_of_nothing(sequence):
    """A transaction that the contract refuses: it stands in its block all the same."""
    body = Body(
        action="anchor",
        arguments=canonical.encode({"case": "0" * 64, "digest": "1" * 64, "step": "offer"}),
        chain_id=CHAIN,
        contract="anchoring",
        sender=ANNE.address,
        sequence=sequence,
    )
    return assemble(body, ANNE.key.sign(signing_bytes(body)).signature)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The path of a ledger with three blocks, and the receipts of its transactions."""
    path = tmp_path_factory.mktemp("ledger") / "ledger.sqlite3"
    member = {
        "name": "Example Bank",
        "public_key": bytes(ANNE.key.verify_key).hex(),
        "roles": ["lender", "operator"],
    }
    genesis = compose_genesis(
        CHAIN, 1_780_000_000_000, PROPOSER_PUBLIC_KEY, {"membership": {"members": [member]}}
    )
    engine = EmbeddedEngine.create(
        path, genesis, CONTRACTS, sign_header, PROPOSER_PUBLIC_KEY, clock=SystemClock(),
        limits=Limits(block_period_ms=1),
    )  # fmt: skip
    receipts = [engine.wait(engine.submit(anchoring_of_nothing(number))) for number in (1, 2, 3)]
    engine.close()
    return path, receipts


@pytest.fixture
def ask(written):
    path, _ = written

    def ask(*arguments):
        done = CliRunner().invoke(tallystick, ["ledger", *map(str, arguments), "--path", str(path)])
        return done.exit_code, done.stdout, done.stderr

    return ask


def test_status_shows_where_the_ledger_stands(ask):
    code, text, _ = ask("status")
    assert code == 0
    assert "Height        3" in text
    code, text, _ = ask("status", "--json")
    document = json.loads(text)
    assert (code, document["height"], document["transactions"], document["pending"]) == (0, 3, 3, 0)
    assert document["chain_id"] == CHAIN


@pytest.mark.parametrize("command", ["verify", "rebuild"])
def test_a_right_ledger_is_verified_and_rebuilt_to_the_same_app_hash(ask, command):
    app_hash = json.loads(ask("status", "--json")[1])["app_hash"]
    code, text, errors = ask(command, "--json")
    assert (code, errors) == (0, "")
    assert json.loads(text) == {"chain_id": CHAIN, "height": 3, "transactions": 3, "app_hash": app_hash}
    assert app_hash in ask(command)[1]


def test_a_transaction_is_proved_by_its_hash_and_by_its_address(ask, written):
    receipt = written[1][1]
    by_hash = ask("prove", receipt.transaction_hash)
    by_address = ask("prove", receipt.address)
    assert by_hash == by_address
    proof = parse_proof(by_hash[1].encode())
    check_inclusion(proof, PROPOSER_PUBLIC_KEY)
    assert (proof.header.height, proof.index, proof.code) == (2, 0, "step_out_of_order")
    assert json.loads(ask("prove", receipt.address, "--json")[1]) == json.loads(by_hash[1])


def test_a_proof_is_written_to_a_file(ask, written, tmp_path):
    out = tmp_path / "proof.json"
    code, text, _ = ask("prove", written[1][0].address, "--out", out, "--json")
    assert (code, json.loads(text)) == (0, {"out": str(out)})
    check_inclusion(parse_proof(out.read_bytes()), PROPOSER_PUBLIC_KEY)
    assert [file.name for file in tmp_path.iterdir()] == ["proof.json"]


def test_an_export_replays_to_the_same_app_hash(ask, tmp_path):
    out = tmp_path / "blocks.jsonl"
    code, text, _ = ask("export", "--out", out, "--json")
    assert (code, json.loads(text)["blocks"]) == (0, 4)
    genesis, blocks = read_lines(out.read_bytes().splitlines(keepends=True))
    assert replay(genesis, blocks, CONTRACTS).app_hash == json.loads(ask("status", "--json")[1])["app_hash"]
    assert ask("export")[1].encode() == out.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (("prove", "nonsense"), "bad_transaction_name", 2),
        (("prove", "00" * 32), "unknown_transaction", 2),
        (("prove", "9-0"), "unknown_block", 2),
        (("prove", "1-7"), "unknown_transaction", 2),
        (("prove", "999999999999999-0"), "unknown_block", 2),
        (("export",), "out_wanted", 2),
        (("export", "--out", "/nowhere/blocks.jsonl"), "no_such_folder", 2),
        (("prove", "1-0", "--out", "/nowhere/proof.json"), "no_such_folder", 2),
        (("prove", "1-0", "--out", __file__ + "/proof.json"), "no_such_folder", 2),
    ],
)
def test_bad_input_gets_one_sentence_and_a_code(ask, arguments, code, exit_code):
    status, text, errors = ask(*arguments, "--json")
    assert (status, json.loads(text)["error"]["code"]) == (exit_code, code)
    assert errors.startswith("Error: ")
    assert len(errors.splitlines()) == 1


@pytest.mark.parametrize("command", ["status", "verify", "rebuild", "export"])
def test_no_ledger_no_answer(tmp_path, command):
    path = tmp_path / "none.sqlite3"
    done = CliRunner().invoke(tallystick, ["ledger", command, "--path", str(path)])
    assert done.exit_code == 2
    assert "There is no ledger" in done.stderr
    assert not path.exists()


@pytest.mark.parametrize("command", [("status",), ("verify",), ("rebuild",), ("prove", "1-0")])
def test_another_file_is_no_ledger_and_stays_as_it_is(tmp_path, command):
    path = tmp_path / "passwords"
    path.write_text("nobody:x:65534:65534:nobody:/:/bin/false\n" * 40)
    before = path.read_bytes()
    done = CliRunner().invoke(tallystick, ["ledger", *command, "--path", str(path), "--json"])
    error = json.loads(done.stdout)["error"]
    assert (done.exit_code, error["code"]) == (4, "not_a_ledger")
    assert error["message"].startswith("The file holds no Tallystick ledger: name another")
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["passwords"]


@pytest.fixture
def sealed_folder(written):
    """A copy of the ledger where this user may write nothing; root is made another user meanwhile."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name) / "ledger.sqlite3"
        copy.write_bytes(written[0].read_bytes())
        copy.chmod(0o444)
        copy.parent.chmod(0o555)
        user = os.geteuid()
        if user == 0:
            os.seteuid(NOBODY)
        yield copy
        os.seteuid(user)
        copy.parent.chmod(0o755)


@pytest.mark.parametrize("command", [("status",), ("verify",), ("export",), ("prove", "1-0")])
def test_an_auditor_reads_a_copy_where_nothing_can_be_written(sealed_folder, ask, command):
    done = CliRunner().invoke(tallystick, ["ledger", *command, "--path", str(sealed_folder)])
    assert done.exit_code == 0, done.stderr
    assert [file.name for file in sealed_folder.parent.iterdir()] == ["ledger.sqlite3"]
    assert done.stdout


def test_a_log_left_by_a_crash_is_read_only_with_its_lock_file(written, sealed_folder):
    folder, user = sealed_folder.parent, os.geteuid()
    os.seteuid(os.getuid())
    folder.chmod(0o755)
    folder.joinpath("ledger.sqlite3-wal").write_bytes(b"not folded back")
    folder.chmod(0o555)
    os.seteuid(user)
    done = CliRunner().invoke(tallystick, ["ledger", "verify", "--path", str(sealed_folder), "--json"])
    assert (done.exit_code, json.loads(done.stdout)["error"]["code"]) == (3, "ledger_not_opened")


def test_what_cannot_be_rebuilt_or_written_there_says_so(sealed_folder):
    folder = sealed_folder.parent
    for command, code, exit_code in (
        (("rebuild",), "ledger_read_only", 3),
        (("prove", "1-0", "--out", str(folder / "proof.json")), "not_writable", 2),
    ):
        done = CliRunner().invoke(tallystick, ["ledger", *command, "--path", str(sealed_folder), "--json"])
        assert (done.exit_code, json.loads(done.stdout)["error"]["code"]) == (exit_code, code)


@pytest.mark.parametrize("command", [("status",), ("verify",), ("export",), ("prove", "1-0")])
def test_reading_changes_no_byte_of_the_ledger(written, tmp_path, command):
    copy = tmp_path / "ledger.sqlite3"
    copy.write_bytes(written[0].read_bytes())
    done = CliRunner().invoke(tallystick, ["ledger", *command, "--path", str(copy)])
    assert done.exit_code == 0
    assert copy.read_bytes() == written[0].read_bytes()
    assert [file.name for file in tmp_path.iterdir()] == ["ledger.sqlite3"]


@pytest.mark.parametrize(
    ("command", "statement"),
    [
        ("status", "UPDATE blocks SET header = x'00' WHERE height = 3"),
        ("verify", "DELETE FROM blocks WHERE height = 2"),
        ("rebuild", "DELETE FROM blocks WHERE height = 3"),
        ("export", "UPDATE transactions SET data = 5 WHERE height = 2"),
        ("export", "UPDATE meta SET value = 5 WHERE name = 'genesis'"),
    ],
)
def test_damage_leaves_with_exit_code_4_and_names_the_block(written, tmp_path, command, statement):
    copy = tmp_path / "ledger.sqlite3"
    copy.write_bytes(written[0].read_bytes())
    connection = sqlite3.connect(copy)
    with connection:
        connection.execute(statement)
    connection.close()
    out = ["--out", str(tmp_path / "out")] if command == "export" else []
    done = CliRunner().invoke(tallystick, ["ledger", command, "--path", str(copy), "--json", *out])
    error = json.loads(done.stdout)["error"]
    assert (done.exit_code, error["code"], set(error["details"])) == (4, "block_wrong", {"height", "check"})
    assert not (tmp_path / "out").exists()


def test_the_default_path_is_the_installations(written):
    path, _ = written
    done = CliRunner().invoke(
        tallystick, ["ledger", "status", "--json"], env={"TALLYSTICK_HOME": str(path.parent)}
    )
    assert json.loads(done.stdout)["height"] == 3
