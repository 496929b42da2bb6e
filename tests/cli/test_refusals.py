"""What cannot be done is refused with one sentence and a stable code, whatever is missing."""

import json
import socket
from pathlib import Path

import pytest

from tallystick.cli.serve import check_bind
from tallystick.errors import Conflict, Malformed
from tallystick.services import catalogue
from tests.cli.process import document, ended, refused, start, tallystick

ADD = ("user", "add", "x", "--member", "tly1x", "--role", "auditor")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation that was set up under the name of a chain of its own."""
    made = tmp_path_factory.mktemp("home")
    document(made, "init", "--chain-id", "mine")
    return made


@pytest.mark.parametrize(
    "arguments",
    [
        ("user", "list"),
        ("user", "token", "x"),
        (*ADD, "--password", "x"),
        ("programme", "list"),
        ("programme", "publish", "--lender", "x"),
        ("member", "list"),
        ("member", "rotate-key", "x"),
    ],
)
def test_before_the_set_up_every_command_says_so(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    refused(tmp_path, "not_initialised", 2, *arguments)


def test_a_database_that_does_not_answer_is_said(home: Path) -> None:
    away = {"TALLYSTICK_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    refused(home, "database_unavailable", 3, "user", "list", **away)
    refused(home, "database_unavailable", 3, "init", **away)


def test_a_home_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for arguments in (("init",), ("user", "list"), ("demo", "--no-serve")):
        refused(tmp_path / "file" / "home", "home_not_writable", 2, *arguments)


def test_two_set_ups_at_once_make_one_installation(tmp_path: Path) -> None:
    done = [ended(each) for each in [start(tmp_path, "init", "--json") for _ in range(2)]]
    assert [each.returncode for each in done] == [0, 0], [each.stderr for each in done]
    made = [json.loads(each.stdout) for each in done]
    assert sorted(each["is_new"] for each in made) == [False, True]
    assert made[0]["operator"] == made[1]["operator"]


def test_the_chain_is_the_ledgers_own(home: Path) -> None:
    assert document(home, "init")["chain_id"] == "mine"
    refused(home, "chain_exists", 2, "init", "--chain-id", "other")
    refused(home, "bad_chain_id", 2, "init", "--chain-id", "BAD id!")


def test_the_set_up_names_the_next_steps_in_their_order(home: Path) -> None:
    said = tallystick(home, "init").stdout
    steps = [said.index(step) for step in ("member admit", "user add", "programme publish", "serve")]
    assert steps == sorted(steps)


def test_without_a_terminal_a_password_is_not_asked_for(home: Path) -> None:
    refused(home, "bad_usage", 2, *ADD)


def test_policy_tables_that_would_not_be_used_are_refused(home: Path, tmp_path: Path) -> None:
    lender = str(document(home, "member", "admit", "Example Bank", "--role", "lender")["address"])
    publish = ("programme", "publish", "--lender", lender, "--policies")
    refused(home, "no_such_folder", 2, *publish, str(tmp_path / "none"))
    refused(home, "no_policies", 2, *publish, str(tmp_path))
    (tmp_path / "invoice-admision.json").write_text("{}")
    refused(home, "unknown_policy", 2, *publish, str(tmp_path))
    assert document(home, "programme", "list") == []
    (tmp_path / "invoice-admision.json").unlink()
    (tmp_path / "invoice-admission.json").write_bytes(catalogue.policy_document("invoice-admission"))
    assert document(home, *publish, str(tmp_path))["id"] == "invoice-loan"


def test_an_address_that_is_taken_is_refused_before_anything_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        for command in ("serve", "demo"):
            refused(tmp_path, "address_in_use", 2, command, "--bind", bind)
        with pytest.raises(Conflict):
            check_bind(bind)
    assert not (tmp_path / "ledger.sqlite3").exists()
    check_bind(bind)


@pytest.mark.parametrize(
    "bind",
    [
        *("", "8000", ":8000", "a/b:80", "[127.0.0.1:80", "[::1]:x", "192.0.2.1:8000", "." * 70 + ":80"),
        *("localhost", "localhost:", "localhost:0", "localhost:65536", "localhost:x", "localhost:\u0661"),
        "no-such-host.invalid:8000",
    ],
)
def test_an_address_at_which_nothing_can_listen_is_refused(bind: str) -> None:
    with pytest.raises(Malformed) as refusal:
        check_bind(bind)
    assert refusal.value.code == "bad_bind"
