"""Settings: defaults that work, and values that cannot be meant refused by name."""

from pathlib import Path

import pytest

from tallystick.config import environment_for, from_environment
from tallystick.errors import Malformed
from tallystick.server.mail import mail_server
from tallystick.server.settings import _database


def test_nothing_has_to_be_set() -> None:
    settings = from_environment({})
    assert settings.home == Path("var").absolute()
    assert settings.database_url == f"sqlite:///{settings.home}/records.sqlite3"
    assert not settings.debug
    assert not settings.secure_cookies


def test_everything_of_an_installation_lies_in_its_home(tmp_path: Path) -> None:
    settings = from_environment({"TALLYSTICK_HOME": str(tmp_path)})
    assert {settings.ledger_path.parent, settings.keys_path.parent, settings.secret_path.parent} == {tmp_path}
    assert str(tmp_path) in settings.database_url


@pytest.mark.parametrize("name", ["a#b", "c%41?d", "e f;g&h=i", "样例", "\udcff"])
def test_the_records_lie_in_the_home_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    home = tmp_path / name
    url = from_environment({"TALLYSTICK_HOME": str(home)}).database_url
    assert _database(url)["NAME"] == str(home / "records.sqlite3")


def test_a_variable_that_is_set_to_nothing_counts_as_not_set() -> None:
    empty = {"TALLYSTICK_HOME": "", "TALLYSTICK_DATABASE_URL": ""}
    assert from_environment(empty) == from_environment({})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TALLYSTICK_DEBUG", "maybe"),
        ("TALLYSTICK_SECURE_COOKIES", "2"),
        ("TALLYSTICK_BLOCK_PERIOD_MS", "0"),
        ("TALLYSTICK_BLOCK_PERIOD_MS", "60001"),
        ("TALLYSTICK_BLOCK_PERIOD_MS", "-1"),
        ("TALLYSTICK_BLOCK_PERIOD_MS", "1e3"),
        ("TALLYSTICK_BLOCK_PERIOD_MS", "٣"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(Malformed) as refused:
        from_environment({name: value})
    assert refused.value.code == "bad_setting"
    assert refused.value.details == {"setting": name}
    assert name in refused.value.message


@pytest.mark.parametrize(("value", "meant"), [("", False), ("0", False), ("1", True), (" TRUE ", True)])
def test_a_switch_is_0_or_1(value: str, meant: bool) -> None:
    assert from_environment({"TALLYSTICK_DEBUG": value}).debug is meant


def test_host_names_are_separated_by_commas() -> None:
    settings = from_environment({"TALLYSTICK_ALLOWED_HOSTS": "loans.example.org,localhost"})
    assert settings.allowed_hosts == ("loans.example.org", "localhost")


@pytest.mark.parametrize(
    ("url", "port", "sealed"),
    [
        ("smtps://clerk%40a.example@mail.example", 465, (True, False)),
        ("smtp+tls://clerk%40a.example@mail.example", 587, (False, True)),
        ("smtp://clerk%40a.example@localhost:2525", 2525, (False, False)),
    ],
)
def test_mail_goes_to_the_server_that_is_named(url: str, port: int, sealed: tuple[bool, bool]) -> None:
    server = mail_server(url, "a@b.example")
    assert (server.backend, server.port, server.user) == ("smtp", port, "clerk@a.example")
    assert (server.is_sealed, server.becomes_sealed) == sealed


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("mail.example", "a@b.example"),
        ("smtps://", "a@b.example"),
        ("smtps://mail.example:port", "a@b.example"),
        ("smtps://clerk:secret@mail.example", "a@b.example"),
        ("smtp://mail.example", "a@b.example"),
        ("smtps://mail.example", ""),
    ],
)
def test_mail_that_would_go_unsealed_or_nowhere_is_refused(url: str, sender: str) -> None:
    with pytest.raises(Malformed) as caught:
        mail_server(url, sender)
    assert caught.value.code == "bad_setting"
    assert "secret" not in str(caught.value)


def test_without_a_mail_server_none_is_used() -> None:
    assert mail_server("", "").backend == "dummy"


ONE, OTHER = "tly1" + "q" * 38, "tly1" + "p" * 38


def test_other_members_installations_are_named_by_account_and_base_address() -> None:
    said = f" {ONE}=https://tally.example/under/ , {OTHER}=http://127.0.0.3:8000,"
    peers = from_environment({"TALLYSTICK_PEERS": said}).peers
    assert peers == {ONE: "https://tally.example/under", OTHER: "http://127.0.0.3:8000"}


@pytest.mark.parametrize(
    "value",
    [
        "https://tally.example",
        f"{ONE}",
        f"{ONE}=",
        f"{ONE}=tally.example",
        f"{ONE}=http://tally.example",
        f"{ONE}=http://10.0.0.1:8000",
        f"{ONE}=ftp://tally.example",
        f"{ONE}=https://who@tally.example",
        f"{ONE}=https://tally.example?a=b",
        f"{ONE}=https://tally.example#there",
        f"{ONE}=https://tally.example:99999",
        f"{ONE}=https://[::1",
        f"{ONE}=https://a b",
        f"{ONE}=https://one.example,{ONE}=https://other.example",
        f"{ONE[:-1]}=https://tally.example",
    ],
)
def test_a_base_address_that_could_lead_elsewhere_is_refused(value: str) -> None:
    with pytest.raises(Malformed) as caught:
        from_environment({"TALLYSTICK_PEERS": value})
    assert (caught.value.code, caught.value.details["setting"]) == ("bad_setting", "TALLYSTICK_PEERS")


def test_another_installation_gets_the_peers_that_it_is_given_and_not_ours(tmp_path: Path) -> None:
    assert environment_for(tmp_path)["TALLYSTICK_PEERS"] == ""
    given = {ONE: "https://one.example", OTHER: "https://other.example"}
    assert from_environment(environment_for(tmp_path, peers=given)).peers == given
