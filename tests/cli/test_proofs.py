"""Proofs from the command line: written against one ledger, checked with its genesis document alone."""

import json
import shutil

import pytest
from click.testing import CliRunner

from tallystick.cli.main import tallystick
from tallystick.ledger.accounts import account_state_key
from tests.cli.test_ledger import CHAIN, written  # noqa: F401 - a fixture
from tests.ledger.notebook import ANNE


@pytest.fixture
def papers(written, tmp_path):  # noqa: F811 - the fixture
    """A folder with the genesis document, and proofs of a transaction, of a value and of an absence."""
    path, receipts = written

    def write(name, *arguments):
        out = tmp_path / name
        done = CliRunner().invoke(tallystick, ["ledger", *arguments, "--path", str(path), "--out", str(out)])
        assert done.exit_code == 0, done.stderr
        return out

    write("genesis.json", "genesis")
    write("transaction.json", "prove", receipts[0].address)
    write("value.json", "prove-state", account_state_key(ANNE.address))
    write("absence.json", "prove-state", "anchoring/nothing")
    return tmp_path


def verify(papers, bundle, genesis="genesis.json"):
    done = CliRunner().invoke(
        tallystick,
        ["ledger", "verify-bundle", str(papers / bundle), "--genesis", str(papers / genesis), "--json"],
    )
    return done.exit_code, json.loads(done.stdout)


def test_a_transaction_is_proved_with_its_result(papers):
    code, told = verify(papers, "transaction.json")
    assert code == 0
    assert told == {
        "holds": True,
        "chain_id": CHAIN,
        "height": 1,
        "subject": "1-0",
        "outcome": "step_out_of_order",
    }


def test_a_value_and_an_absence_are_proved(papers):
    _, told = verify(papers, "value.json")
    assert json.loads(told["outcome"])["sequence"] == 3
    assert verify(papers, "absence.json")[1]["outcome"] is None


def test_the_genesis_document_is_the_one_that_an_export_begins_with(papers, written):  # noqa: F811
    done = CliRunner().invoke(tallystick, ["ledger", "export", "--path", str(written[0])])
    first = json.loads(done.stdout.splitlines()[0])
    assert (papers / "genesis.json").read_text() == first["genesis"]


@pytest.mark.parametrize("bundle", ["transaction.json", "value.json", "absence.json"])
def test_a_proof_in_which_any_byte_is_changed_is_refused(papers, bundle):
    """Every seventh byte in turn: what is left can no longer be read, or does not hold."""
    data = (papers / bundle).read_bytes().rstrip()
    for place in range(0, len(data), 7):
        (papers / "changed.json").write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        code, told = verify(papers, "changed.json")
        if code == 0:  # the name of the key was hit: that another key holds nothing is as true
            assert (bundle, told["outcome"]) == ("absence.json", None), place
            assert told["subject"] != "anchoring/nothing"
        else:
            assert told["error"]["code"] in {"proof_does_not_hold", "malformed_document"}, place


def test_a_proof_does_not_hold_against_another_ledger(papers):
    document = json.loads((papers / "genesis.json").read_bytes())
    document["proposer"] = bytes(ANNE.key.verify_key).hex()
    (papers / "other.json").write_text(json.dumps(document))
    code, told = verify(papers, "transaction.json", "other.json")
    assert (code, told["error"]["code"]) == (2, "proof_does_not_hold")


@pytest.mark.parametrize(
    ("bundle", "genesis", "code"),
    [
        ("genesis.json", "genesis.json", "malformed_document"),
        ("transaction.json", "transaction.json", "malformed_genesis"),
    ],
)
def test_papers_that_are_mixed_up_are_named(papers, bundle, genesis, code):
    exit_code, told = verify(papers, bundle, genesis)
    assert (exit_code, told["error"]["code"]) == (2, code)


def test_a_paper_that_is_too_long_is_not_read(papers):
    with (papers / "long.json").open("wb") as file:
        file.truncate(17 * 1024 * 1024)
    assert verify(papers, "long.json")[1]["error"]["code"] == "file_too_large"


def test_a_paper_that_is_not_there_is_named(papers):
    shutil.rmtree(papers)
    assert verify(papers, "transaction.json")[0] == 2
