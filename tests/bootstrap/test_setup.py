"""An installation is set up once and found again; nothing is overwritten."""

from dataclasses import replace
from pathlib import Path

import pytest

from tallystick.bootstrap import parts
from tallystick.bootstrap.setup import initialise, operator_here
from tallystick.config import Settings, from_environment
from tallystick.contracts.membership import member_from_state
from tallystick.errors import Conflict, Malformed, NotFound, Rejection
from tallystick.records.models import Member


@pytest.fixture
def settings(tmp_path: Path, db: None) -> Settings:
    return replace(from_environment({"TALLYSTICK_HOME": str(tmp_path)}), block_period_ms=1)


def test_setting_up_twice_keeps_the_first_ledger_and_key(settings: Settings) -> None:
    first, second = initialise(settings), initialise(settings)
    assert first.is_new
    assert not second.is_new
    assert first.operator == second.operator
    assert Member.objects.filter(address=first.operator).count() == 1


def test_a_set_up_that_stopped_after_the_ledger_is_finished_by_the_next(settings: Settings) -> None:
    first = initialise(settings)
    Member.objects.all().delete()
    assert initialise(settings).operator == first.operator
    member = Member.objects.get()
    assert (member.address, member.name, member.roles) == (first.operator, "Node operator", ["operator"])
    assert operator_here(parts.open_keys(settings)) == first.operator


def test_a_ledger_keeps_the_name_of_its_chain(settings: Settings) -> None:
    assert initialise(settings, "mine").chain_id == "mine"
    assert initialise(settings).chain_id == "mine"
    assert initialise(settings, "mine").chain_id == "mine"
    with pytest.raises(Conflict) as refused:
        initialise(settings, "other")
    assert refused.value.code == "chain_exists"
    assert refused.value.details == {"chain_id": "mine"}


@pytest.mark.parametrize("name", ["", "BAD id!", "-x", "x" * 65, "链", "a/b", "a\n"])
def test_a_chain_has_a_name_that_needs_no_quoting(settings: Settings, name: str) -> None:
    with pytest.raises(Malformed) as refused:
        initialise(settings, name)
    assert refused.value.code == "bad_chain_id"
    assert not settings.ledger_path.exists()


def test_the_operator_of_a_new_ledger_is_its_first_member(settings: Settings) -> None:
    made = initialise(settings)
    house = parts.open_installation(settings)
    try:
        found = member_from_state(house.ledger.read, made.operator)
        assert found is not None
        assert list(found.roles) == ["operator"]
        assert operator_here(house.keys) == made.operator
    finally:
        house.ledger.close()


def test_secrets_are_readable_by_their_owner_only(settings: Settings) -> None:
    made = initialise(settings)
    assert settings.secret_path.stat().st_mode & 0o077 == 0
    for path in settings.keys_path.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0
    assert made.operator


def test_an_installation_that_was_not_set_up_says_so(settings: Settings) -> None:
    with pytest.raises(Rejection) as refused:
        parts.open_installation(settings)
    assert refused.value.code == "not_initialised"


def test_a_store_without_an_operators_key_has_no_operator(settings: Settings) -> None:
    with pytest.raises(NotFound) as refused:
        operator_here(parts.open_keys(settings))
    assert refused.value.code == "no_operator"


def test_the_installation_does_not_show_its_secret(settings: Settings) -> None:
    initialise(settings)
    house = parts.open_installation(settings)
    try:
        assert house.secret.hex() not in repr(house)
        assert repr(house.secret) not in repr(house)
    finally:
        house.ledger.close()
