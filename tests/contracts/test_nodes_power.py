"""Validator power, rule by rule, as the ledger executes it: who loses it, what CometBFT hears."""

import pytest

from tallystick.contracts import nodes
from tallystick.contracts.membership import member
from tallystick.contracts.nodes import kept, power, rules
from tests.contracts.chain import Chain, Key
from tests.contracts.network import (
    FOUR,
    LENDER,
    OF,
    SPARE,
    A,
    B,
    C,
    D,
    E,
    appoint,
    network,
    outcome,
    powers,
    register,
    registration,
    schedule,
    suspend,
)


@pytest.fixture
def chain() -> Chain:
    return network()


# Who decides on blocks


@pytest.mark.parametrize(
    ("weights", "agreeing", "enough"),
    [
        ((1, 1, 1, 1), 1, False),
        ((1, 1, 1, 1), 2, False),
        ((1, 1, 1, 1), 3, True),
        ((1, 1, 1), 2, False),  # exactly two thirds
        ((1, 1, 1), 3, True),
        ((1, 1), 1, False),
        ((1, 1), 2, True),
        ((1,), 1, True),
        ((3, 1, 1, 1), 2, False),  # 4 of 6
        ((3, 2, 1, 1), 2, True),  # 5 of 7
    ],
)
@pytest.mark.parametrize("power", [0, 2], ids=["retiring", "appointing"])
def test_more_than_two_thirds_of_all_power_must_agree(
    weights: tuple[int, ...], agreeing: int, enough: bool, power: int
) -> None:
    chain = network(weights)
    before, total = powers(chain), sum(weights)
    assert register(chain, E) == "ok"
    target = E if power else FOUR[len(weights) - 1]
    if not power and len(weights) == 1:
        assert appoint(chain, A, A, 0).code == "last_validator"
        return
    for number, voter in enumerate(FOUR[:agreeing], start=1):
        decided = enough and number == agreeing
        told = outcome(appoint(chain, voter, target, power))
        assert told == (decided, sum(weights[:number]), total)
        updates = nodes.validator_updates(chain.changes)
        consensus = Key(target.number + 100).public
        assert updates == ({consensus: power} if decided else {})
        assert nodes.change_heights(chain) == ((chain.height,) if decided else ())
    if not enough:
        assert powers(chain) == before
    else:
        after = before | {target.address: power}
        assert powers(chain) == {who: held for who, held in after.items() if held}


def test_one_operator_and_two_of_four_change_nothing_whatever_they_send(chain: Chain) -> None:
    before = powers(chain)
    register(chain, E)
    for voter in (A, B):
        for subject in (A, B, C, D, E):
            for wanted in (1, 2, 3, 0):
                assert not outcome(appoint(chain, voter, subject, wanted))[0]
            assert not outcome(appoint(chain, voter, subject, 0))[0], "twice is not two"
        assert not outcome(schedule(chain, voter, 2, 1_000))[0]
        for subject in (C, D):
            assert suspend(chain, voter, subject) == "validator_in_office"
    assert powers(chain) == before
    assert nodes.version_at(chain.get, 1_000) == 1


def test_ballots_for_different_powers_are_not_added(chain: Chain) -> None:
    register(chain, E)
    for voter, wanted in ((A, 1), (B, 1), (C, 2)):
        assert not outcome(appoint(chain, voter, E, wanted))[0]
    assert outcome(appoint(chain, C, E, 1)) == (True, 3, 4), "a later ballot takes the earlier one's place"


def test_a_ballot_is_taken_back_by_agreeing_to_what_is(chain: Chain) -> None:
    register(chain, E)
    for voter in (A, B):
        appoint(chain, voter, E, 1)
    assert outcome(appoint(chain, A, E, 0)) == (False, 0, 4)
    assert outcome(appoint(chain, C, E, 1)) == (False, 2, 4)
    assert nodes.ballots_from_state(chain.get, A.address) == kept.Ballots()


def test_ballots_end_with_the_change_that_they_made(chain: Chain) -> None:
    register(chain, E)
    appoint(chain, D, E, 5)
    for voter in (A, B, C):
        appoint(chain, voter, E, 1)
    assert [key for key, _ in chain.scan(kept.BALLOTS_PREFIX)] == []
    for voter in (A, B, C):
        assert not outcome(appoint(chain, voter, E, 5))[0], "D's ballot for 5 is gone"


def test_ballots_of_a_former_term_do_not_count_in_a_later_one(chain: Chain) -> None:
    register(chain, E)
    appoint(chain, A, E, 1)
    schedule(chain, A, 2, 500)
    chain.send(A, "nodes", "retire", {})
    for voter in (B, C, D):
        appoint(chain, voter, A, 1)
    assert A.address in powers(chain)
    for voter in (B, C):
        assert outcome(appoint(chain, voter, E, 1))[0] is False
        assert outcome(schedule(chain, voter, 2, 500))[0] is False
    assert outcome(appoint(chain, A, E, 1)) == (True, 3, 4)


def test_ballots_about_a_node_lapse_when_its_key_changes(chain: Chain) -> None:
    register(chain, E)
    for voter in (A, B):
        appoint(chain, voter, E, 1)
    register(chain, E, SPARE)
    assert outcome(appoint(chain, C, E, 1)) == (False, 1, 4)
    assert outcome(appoint(chain, A, E, 1)) == (False, 2, 4)
    assert outcome(appoint(chain, B, E, 1)) == (True, 3, 4)
    assert nodes.validator_updates(chain.changes) == {SPARE.public: 1}


def test_a_node_that_has_lost_its_power_no_longer_votes(chain: Chain) -> None:
    for voter in (B, C, D):
        appoint(chain, voter, A, 0)
    assert appoint(chain, A, A, 1).code == "not_a_validator"
    assert chain.send(A, "nodes", "retire", {}).code == "not_a_validator"
    assert schedule(chain, A, 2, 500).code == "not_a_validator"


@pytest.mark.parametrize(
    ("voter", "subject", "power", "code"),
    [
        (E, A, 0, "not_a_validator"),
        (LENDER, A, 0, "not_a_validator"),
        (A, LENDER, 1, "unknown_node"),
        (A, E, 1, "unknown_node"),
        (A, B, -1, "malformed_arguments"),
        (A, B, rules.MAX_TOTAL_POWER + 1, "malformed_arguments"),
        (A, B, True, "malformed_arguments"),
        (A, B, rules.MAX_TOTAL_POWER, "too_much_power"),
        (A, B, 7, "power_too_concentrated"),
    ],
)
def test_a_ballot_that_breaks_a_rule_is_refused(
    chain: Chain, voter: Key, subject: Key, power: int, code: str
) -> None:
    before = chain.held("nodes")
    assert appoint(chain, voter, subject, power).code == code
    assert chain.held("nodes") == before


def test_no_validator_is_given_power_to_decide_alone(chain: Chain) -> None:
    for voter in (A, B, C):
        result = appoint(chain, voter, B, 6)  # 6 of 9 is not more than two thirds; 7 of 10 would be
    assert outcome(result)[0]
    alone = network((2,))
    register(alone, E)
    assert appoint(alone, A, E, 5).code == "power_too_concentrated"
    assert appoint(alone, A, E, 4).code == "ok"
    assert appoint(alone, A, A, 9).code == "power_too_concentrated"


def test_a_suspended_member_is_not_appointed_and_a_ballot_on_it_waits(chain: Chain) -> None:
    register(chain, E)
    for voter in (A, B):
        appoint(chain, voter, E, 1)
    assert suspend(chain, D, E) == "ok"
    assert appoint(chain, C, E, 1).code == "member_not_active"
    assert appoint(chain, C, E, 0).code == "ok"
    chain.send(C, "membership", "reinstate", {"address": E.address})
    assert outcome(appoint(chain, C, E, 1)) == (True, 3, 4)


def test_a_validator_has_a_limited_number_of_ballots(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tallystick.contracts.nodes.agreement.MAX_STANDING_BALLOTS", 2)
    register(chain, E)
    assert appoint(chain, A, B, 2).code == "ok"
    assert appoint(chain, A, C, 2).code == "ok"
    assert appoint(chain, A, E, 2).code == "too_many_ballots"
    assert appoint(chain, A, C, 3).code == "ok", "in place of another about the same member"
    assert appoint(chain, A, B, 1).code == "ok"
    assert appoint(chain, A, E, 2).code == "ok"


def test_one_block_changes_a_limited_number_of_nodes(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(power, "MAX_CHANGES_IN_BLOCK", 2)
    wires = [chain.wire(key, "nodes", "retire", {}) for key in (A, B, C)]
    assert [result.code for result in chain.seal(wires)] == ["ok", "ok", "too_many_changes"]
    assert powers(chain) == {C.address: 1, D.address: 1}
    assert chain.send(C, "nodes", "retire", {}).code == "ok", "the next block counts anew"


# Giving power up, and losing it


def test_a_validator_gives_up_its_own_power_and_the_last_one_cannot(chain: Chain) -> None:
    for left, key in zip((3, 2, 1), (A, B, C), strict=True):
        assert chain.send(key, "nodes", "retire", {}).code == "ok"
        assert nodes.validator_updates(chain.changes) == {OF[key].public: 0}
        assert len(powers(chain)) == left
    assert chain.send(D, "nodes", "retire", {}).code == "last_validator"
    assert appoint(chain, D, D, 0).code == "last_validator"
    assert powers(chain) == {D.address: 1}


def test_who_is_voted_out_loses_its_ballots_and_remains_a_member(chain: Chain) -> None:
    appoint(chain, A, B, 2)
    for voter in (B, C, D):
        appoint(chain, voter, A, 0)
    assert nodes.validator_updates(chain.changes) == {OF[A].public: 0}
    assert set(powers(chain)) == {B.address, C.address, D.address}
    assert nodes.ballots_from_state(chain.get, A.address) == kept.Ballots()
    assert member(chain, A.address).status == "active", "power is about blocks, not about membership"


def test_all_but_one_can_be_voted_out_and_the_last_one_cannot(chain: Chain) -> None:
    for number, subject in enumerate((A, B, C)):
        for voter in FOUR[number:]:
            if subject.address in powers(chain):
                assert appoint(chain, voter, subject, 0).code == "ok"
        assert subject.address not in powers(chain)
    assert appoint(chain, D, D, 0).code == "last_validator"
    assert powers(chain) == {D.address: 1}


# What a block changed


def test_a_key_that_changes_twice_in_a_block_is_told_once_and_one_that_comes_back_not_at_all() -> None:
    chain = network((1, 1))
    retired = chain.wire(A, "nodes", "retire", {})
    back = chain.wire(B, "nodes", "appoint", {"member": A.address, "power": 1})
    assert [result.code for result in chain.seal([retired, back])] == ["ok", "ok"]
    assert nodes.validator_updates(chain.changes) == {}
    assert nodes.change_heights(chain) == ()
    retired = chain.wire(A, "nodes", "retire", {})
    back = chain.wire(B, "nodes", "appoint", {"member": A.address, "power": 2})
    chain.seal([retired, back])
    assert nodes.validator_updates(chain.changes) == {OF[A].public: 2}
    assert nodes.changes_from_state(chain.get, chain.height) == (
        nodes.PowerChange(2, 1, OF[A].public, A.address),
    )


def test_a_node_that_comes_and_goes_within_a_block_is_not_told_of() -> None:
    chain = network((1,))
    register(chain, E)
    wires = [
        chain.wire(A, "nodes", "appoint", {"member": E.address, "power": 1}),
        chain.wire(E, "nodes", "retire", {}),
    ]
    assert [result.code for result in chain.seal(wires)] == ["ok", "ok"]
    assert nodes.validator_updates(chain.changes) == {}


def test_a_new_key_in_the_block_that_retires_the_old_one_is_told_beside_it() -> None:
    chain = network((1, 1))
    wires = [
        chain.wire(A, "nodes", "retire", {}),
        chain.wire(A, "nodes", "register", registration(A.address, SPARE), ahead=1),
        chain.wire(B, "nodes", "appoint", {"member": A.address, "power": 1}),
    ]
    assert [result.code for result in chain.seal(wires)] == ["ok", "ok", "ok"]
    assert nodes.validator_updates(chain.changes) == {OF[A].public: 0, SPARE.public: 1}
