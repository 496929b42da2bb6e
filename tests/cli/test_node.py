"""``tallystick node`` and ``tallystick network``: what they make and refuse before anything runs."""

import json
from pathlib import Path

import pytest

from tallystick.engines.cometbft.light import read_trust
from tests.cli.process import document, refused, tallystick


def read(card):
    return json.loads(Path(card).read_bytes())


def make(home, name, port, *more):
    """A node in ``home``; what the command says."""
    places = enumerate(("p2p", "rpc", "watch", "metrics"))
    addresses = [f"--{what}=127.0.0.1:{port + place}" for place, what in places]
    return document(
        home, "node", "init", "--name", name, "--endpoint", f"127.0.0.1:{port}", *addresses, *more
    )


@pytest.fixture(scope="module")
def founded(tmp_path_factory):
    """Two homes with nodes, their cards, and the genesis file of their network."""
    folder = tmp_path_factory.mktemp("founded")
    made = [
        make(folder / name, f"Example {name}", 21000 + 10 * place, "--role", "lender")
        for place, name in enumerate(("harbour", "river"))
    ]
    genesis = folder / "genesis.json"
    cards = [one["card"] for one in made]
    document(folder, "network", "found", *cards, "--chain-id", "pair", "--out", str(genesis))
    return folder, cards, genesis


def test_a_node_is_made_with_keys_of_its_own_and_a_card_without_secrets(founded):
    folder, cards, _ = founded
    card = read(cards[0])
    assert card["name"] == "Example harbour"
    assert card["roles"] == ["lender", "operator"]
    assert card["admission"] is None
    kept = folder / "harbour" / "node"
    assert (kept / "config" / "node_key.json").stat().st_mode & 0o077 == 0
    secrets = [path for path in kept.rglob("*") if path.is_file() and path.name == "priv_validator_key.json"]
    assert not secrets, "the consensus key lies open"


def test_the_genesis_file_names_the_founders_and_their_votes(founded):
    _, cards, genesis = founded
    trust = read_trust(genesis.read_bytes())
    keys = {read(card)["consensus_key"] for card in cards}
    assert trust.chain_id == "pair"
    assert {(one.public_key, one.power) for one in trust.validators} == {(key, 1) for key in keys}


def test_a_node_joins_its_network_once(founded):
    folder, _, genesis = founded
    for _ in range(2):
        told = document(folder / "river", "node", "join", "--genesis", str(genesis))
        assert told["chain_id"] == "pair"
    settings = (folder / "river/node/config/config.toml").read_text()
    harbour = json.loads((folder / "harbour/node/card.json").read_text())
    assert f"{harbour['node_id']}@127.0.0.1:21000" in settings
    assert "filter_peers = true" in settings


def test_a_card_made_with_the_genesis_file_lets_its_member_join(founded, tmp_path):
    _, _, genesis = founded
    made = make(tmp_path / "hill", "Example Hill", 21050, "--genesis", str(genesis))
    card = read(made["card"])
    assert card["admission"]["chain_id"] == "pair"


def test_what_cannot_be_done_is_refused_with_its_code(founded, tmp_path):
    folder, cards, genesis = founded
    other = tmp_path / "other.json"
    document(tmp_path, "network", "found", cards[0], "--chain-id", "alone", "--out", str(other))
    document(folder / "river", "node", "join", "--genesis", str(genesis))
    refused(folder / "harbour", "node_exists", 2, "node", "init", "--name", "Again")
    refused(folder / "river", "bad_peer", 2, "node", "join", "--genesis", str(genesis), "--peer", "harbour")
    refused(folder / "river", "node_joined", 2, "node", "join", "--genesis", str(other))
    refused(folder / "harbour", "malformed_genesis", 2, "node", "join", "--genesis", cards[0])
    for code, chain_id, given in (
        ("repeated_card", "x", [*cards, cards[0]]),
        ("bad_chain_id", "a b", cards),
        ("malformed_card", "x", [str(genesis)]),
    ):
        refused(folder, code, 2, "network", "found", *given, "--chain-id", chain_id, "--out", str(other))
    refused(tmp_path / "empty", "no_node", 2, "node", "start")
    refused(tmp_path / "empty", "no_node", 2, "node", "status")
    refused(tmp_path / "empty", "no_node", 2, "node", "join", "--genesis", str(genesis))


def test_a_node_that_has_not_joined_does_not_start(tmp_path):
    make(tmp_path / "lone", "Lone", 21060)
    refused(tmp_path / "lone", "not_joined", 2, "node", "start")


def test_a_node_that_does_not_run_is_named_by_every_command(founded):
    folder, _, genesis = founded
    document(folder / "river", "node", "join", "--genesis", str(genesis))
    refused(folder / "river", "node_unreachable", 3, "node", "status")
    refused(folder / "river", "node_unreachable", 3, "member", "list")
    refused(folder / "river", "node_unreachable", 3, "init")


def test_a_program_that_is_not_installed_is_named(founded):
    folder, _, genesis = founded
    document(folder / "river", "node", "join", "--genesis", str(genesis))
    refused(folder / "river", "program_missing", 2, "node", "start", TALLYSTICK_COMETBFT="/nowhere/cometbft")


def test_a_home_with_a_ledger_of_its_own_takes_no_node(tmp_path):
    document(tmp_path, "init")
    refused(tmp_path, "ledger_exists", 2, "node", "init", "--name", "Late")


def test_a_hardware_key_wants_its_pin_and_its_library(tmp_path):
    library = tmp_path / "no-library.so"
    library.write_bytes(b"")
    wanted = ("node", "init", "--name", "Hard", "--pkcs11-module", str(library), "--token", "t")
    refused(tmp_path / "home", "pin_missing", 2, *wanted)
    refused(tmp_path / "home", "pkcs11_module", 2, *wanted, TALLYSTICK_PKCS11_PIN="1234")
    assert "1234" not in tallystick(tmp_path / "home", *wanted, TALLYSTICK_PKCS11_PIN="1234").stderr
