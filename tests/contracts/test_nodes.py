"""Nodes, rule by rule, as the ledger executes it: who runs one, who is let in, which version runs."""

import msgspec
import pytest

from tallystick.contracts import nodes
from tallystick.contracts.membership import member
from tallystick.contracts.nodes import kept, rules
from tallystick.contracts.nodes.rules import UPGRADE_NOTICE_BLOCKS
from tallystick.errors import Corruption, Rejection
from tests.contracts.chain import CHAIN, START, Chain, Key, founder, join, rotation
from tests.contracts.network import (
    FOUR,
    LENDER,
    MANY,
    OF,
    SPARE,
    A,
    B,
    C,
    D,
    E,
    appoint,
    founding_node,
    network,
    node_id,
    outcome,
    powers,
    register,
    registration,
    schedule,
    suspend,
)

SMALL_ORDER = "01" + "00" * 31


@pytest.fixture
def chain() -> Chain:
    return network()


# The founding


def test_the_founding_validators_stand_in_the_order_of_their_members(chain: Chain) -> None:
    expected = sorted((key.address, OF[key].public, 1) for key in FOUR)
    found = [(each.member, each.consensus_key, each.power) for each in nodes.validators_from_state(chain)]
    assert found == expected
    assert nodes.change_heights(chain) == ()
    assert nodes.node_from_state(chain.get, A.address) == nodes.Node(
        A.address, OF[A].public, None, node_id(OF[A]), START
    )


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ([], "malformed_genesis"),
        ([founding_node(A, OF[A]) | {"weight": 1}], "malformed_genesis"),
        ([founding_node(A, OF[A], power=0)], "malformed_genesis"),
        ([founding_node(A, OF[A], power=rules.MAX_TOTAL_POWER + 1)], "malformed_genesis"),
        ([founding_node(A, OF[A]) | {"node_id": "AB" * 20}], "malformed_genesis"),
        ([founding_node(A, OF[A], endpoint="a")], "malformed_genesis"),
        ([founding_node(A, OF[A])] * 101, "malformed_genesis"),
        ([founding_node(C, OF[C])], "unknown_member"),
        ([founding_node(LENDER, OF[C])], "not_an_operator"),
        ([founding_node(A, OF[A]), founding_node(A, OF[B])], "repeated_node"),
        ([founding_node(A, OF[A]), founding_node(B, OF[A])], "consensus_key_used"),
        ([founding_node(A, LENDER)], "consensus_key_used"),
        ([founding_node(A, OF[A]) | {"consensus_key": SMALL_ORDER}], "bad_public_key"),
        ([founding_node(A, OF[A], power=rules.MAX_TOTAL_POWER), founding_node(B, OF[B])], "too_much_power"),
        ([founding_node(A, OF[A], power=3), founding_node(B, OF[B])], "power_too_concentrated"),
    ],
)
def test_a_founding_that_breaks_a_rule_is_refused(named: list[dict[str, object]], code: str) -> None:
    with pytest.raises(Rejection) as refused:
        Chain([founder(A, "operator"), founder(B, "operator"), founder(LENDER, "lender")], named)
    assert refused.value.code == code


def test_as_many_validators_as_allowed_can_be_founded_and_all_but_one_may_go_in_one_block() -> None:
    chain = network([10_000] * rules.MAX_VALIDATORS)
    validators = nodes.validators_from_state(chain)
    assert len(validators) == rules.MAX_VALIDATORS
    assert register(chain, E) == "ok"
    assert appoint(chain, A, E, 1).code == "too_many_validators"
    *leaving, last = sorted(MANY[: rules.MAX_VALIDATORS], key=lambda key: key.address)
    results = chain.seal([chain.wire(key, "nodes", "retire", {}) for key in [*leaving, last]])
    assert [result.code for result in results] == ["ok"] * len(leaving) + ["last_validator"]
    assert nodes.validators_from_state(chain) == validators[-1:], "the last one keeps its power"
    gone = dict.fromkeys((each.consensus_key for each in validators[:-1]), 0)
    assert nodes.validator_updates(chain.changes) == gone


def test_a_chain_without_founding_nodes_has_no_validators_and_lets_every_peer_in() -> None:
    chain = Chain([founder(A, "operator")])
    assert register(chain, A) == "not_a_network"
    assert appoint(chain, A, A, 1).code == "not_a_validator"
    assert chain.held("nodes") == {}
    assert nodes.validators_from_state(chain) == ()
    assert nodes.is_peer_allowed(chain, "anything")


# Registering


def test_an_operator_registers_a_node_which_has_no_power(chain: Chain) -> None:
    assert register(chain, E, endpoint="node.example:26656") == "ok"
    assert nodes.node_from_state(chain.get, E.address) == nodes.Node(
        E.address, OF[E].public, "node.example:26656", node_id(OF[E]), START + 1000
    )
    assert E.address not in powers(chain)
    assert nodes.validator_updates(chain.changes) == {}


def test_the_arguments_that_services_build_are_what_the_contract_reads(chain: Chain) -> None:
    plain = registration(E.address, OF[E])
    named = nodes.Register(**plain)  # type: ignore[arg-type]
    assert named.as_arguments() == plain
    for action, arguments in [
        ("register", named),
        ("appoint", nodes.Appoint(E.address, 0)),
        ("schedule_upgrade", nodes.ScheduleUpgrade(2, 100)),
        ("retire", nodes.Retire()),
    ]:
        sender = E if action == "register" else A
        assert chain.send(sender, "nodes", action, arguments).code == "ok"


@pytest.mark.parametrize(
    ("sender", "change", "code"),
    [
        (LENDER, {}, "role_required"),
        (E, {"possession": SPARE.sign(b"")}, "possession_not_proven"),
        (E, {"possession": SPARE.sign(nodes.register_statement("other", E.address, SPARE.public))},
         "possession_not_proven"),
        (E, {"possession": SPARE.sign(nodes.register_statement(CHAIN, A.address, SPARE.public))},
         "possession_not_proven"),
        (E, {"possession": SPARE.sign(nodes.register_statement(CHAIN, E.address, E.public))},
         "possession_not_proven"),
        (E, {"consensus_key": SMALL_ORDER, "possession": "00" * 64}, "possession_not_proven"),
        (E, {"node_id": "ab" * 19}, "malformed_arguments"),
        (E, {"node_id": "AB" * 20}, "malformed_arguments"),
        (E, {"node_id": "ab" * 20 + "\n"}, "malformed_arguments"),
        (E, {"power": 1}, "malformed_arguments"),
        (A, {}, "validator_key_fixed"),
    ],
)  # fmt: skip
def test_a_registration_that_breaks_a_rule_is_refused(
    chain: Chain, sender: Key, change: dict[str, object], code: str
) -> None:
    before = chain.held("nodes")
    assert register(chain, sender, SPARE, **change) == code
    assert chain.held("nodes") == before


@pytest.mark.parametrize(
    "endpoint", ["node.example:26656", "10.0.0.1:1", "[::1]:65535", "a:9", "bank-1.example:26656"]
)
def test_an_endpoint_is_a_host_and_a_port(chain: Chain, endpoint: str) -> None:
    assert register(chain, E, endpoint=endpoint) == "ok"


@pytest.mark.parametrize(
    "endpoint",
    ["", "node", "node:", ":1", "node:0", "node:65536", "node:099", "tcp://node:1", "a b:1", "-a:1", "a:1\n",
     "a:٣", "n" * 259 + ":1"],
)  # fmt: skip
def test_what_is_no_endpoint_is_refused(chain: Chain, endpoint: str) -> None:
    assert register(chain, E, endpoint=endpoint) == "malformed_arguments"


def test_a_consensus_key_belongs_to_one_node_for_ever(chain: Chain) -> None:
    assert register(chain, E, OF[A]) == "consensus_key_used"
    assert register(chain, E) == "ok"
    assert register(chain, E, SPARE) == "ok", "without power, a node may have another key"
    assert register(chain, E) == "consensus_key_used"
    assert register(chain, E, SPARE, node_id="cd" * 20) == "ok", "the present key stays"


def test_a_consensus_key_is_no_account_key_and_an_account_key_no_consensus_key(chain: Chain) -> None:
    assert register(chain, E, LENDER) == "consensus_key_used"
    assert chain.send(A, "membership", "join", join(OF[B], "lender")).code == "key_already_used"
    rotate = rotation(LENDER.address, OF[B])
    assert chain.send(LENDER, "membership", "rotate_key", rotate).code == "key_already_used"


def test_a_validator_may_move_its_node_but_not_change_its_key(chain: Chain) -> None:
    assert register(chain, A, endpoint="new.example:1", node_id="ef" * 20) == "ok"
    assert nodes.is_peer_allowed(chain, "ef" * 20)
    assert not nodes.is_peer_allowed(chain, node_id(OF[A]))
    assert register(chain, A, SPARE) == "validator_key_fixed"
    assert chain.send(A, "nodes", "retire", {}).code == "ok"
    assert register(chain, A, SPARE) == "ok"


# Standing, and whom to let in


@pytest.mark.parametrize(("action", "sender"), [("suspend", B), ("leave", A)])
def test_a_member_whose_node_has_power_is_neither_suspended_nor_lost(
    chain: Chain, action: str, sender: Key
) -> None:
    arguments: dict[str, object] = {"address": A.address} if action == "suspend" else {}
    assert chain.send(sender, "membership", action, arguments).code == "validator_in_office"
    assert member(chain, A.address).status == "active"
    for voter in (B, C, D):
        appoint(chain, voter, A, 0)
    assert chain.send(sender, "membership", action, arguments).code == "ok"
    assert not nodes.is_peer_allowed(chain, node_id(OF[A]))


def test_only_nodes_of_active_members_are_let_in(chain: Chain) -> None:
    assert nodes.is_peer_allowed(chain, node_id(OF[A]))
    assert not nodes.is_peer_allowed(chain, node_id(OF[E]))
    register(chain, E)
    assert nodes.is_peer_allowed(chain, node_id(OF[E]))
    suspend(chain, A, E)
    assert not nodes.is_peer_allowed(chain, node_id(OF[E]))
    chain.send(A, "membership", "reinstate", {"address": E.address})
    assert nodes.is_peer_allowed(chain, node_id(OF[E]))


@pytest.mark.parametrize(
    "name", ["", "ab", "AB" * 20, node_id(OF[A]) + "\n", node_id(OF[A]) + "/x", "é" * 40]
)
def test_what_is_no_node_id_is_not_let_in(chain: Chain, name: str) -> None:
    assert not nodes.is_peer_allowed(chain, name)


def test_nobody_keeps_anothers_node_out_by_naming_its_id(chain: Chain) -> None:
    assert register(chain, E, node_id=node_id(OF[A])) == "ok"
    suspend(chain, A, E)
    assert nodes.is_peer_allowed(chain, node_id(OF[A]))


# Upgrades


def test_an_upgrade_that_three_of_four_agree_to_comes_at_its_height(chain: Chain) -> None:
    height = 3 + UPGRADE_NOTICE_BLOCKS
    assert outcome(schedule(chain, A, 2, height)) == (False, 1, 4)
    assert outcome(schedule(chain, B, 2, height)) == (False, 2, 4)
    assert nodes.version_at(chain.get, height) == 1
    assert outcome(schedule(chain, C, 2, height)) == (True, 3, 4)
    assert [nodes.version_at(chain.get, at) for at in (0, height - 1, height, height + 1)] == [1, 1, 2, 2]
    assert nodes.validator_updates(chain.changes) == {}
    assert [key for key, _ in chain.scan(kept.BALLOTS_PREFIX)] == []


@pytest.mark.parametrize(
    ("version", "height", "code"),
    [
        (1, 100, "version_not_ahead"),
        (2, UPGRADE_NOTICE_BLOCKS, "upgrade_too_soon"),
        (2, 1 + UPGRADE_NOTICE_BLOCKS, "ok"),
        (0, 100, "malformed_arguments"),
        (rules.MAX_VERSION + 1, 100, "malformed_arguments"),
        (2, 0, "malformed_arguments"),
        (2, 2**53 - 1, "ok"),
        (rules.MAX_VERSION, 100, "ok"),
    ],
)
def test_an_upgrade_is_to_a_later_version_and_with_notice(
    chain: Chain, version: int, height: int, code: str
) -> None:
    assert schedule(chain, A, version, height).code == code


def test_the_notice_counts_from_the_block_that_decides(chain: Chain) -> None:
    height = 2 + UPGRADE_NOTICE_BLOCKS
    assert schedule(chain, A, 2, height).code == "ok"
    assert schedule(chain, B, 2, height).code == "ok"
    assert schedule(chain, C, 2, height).code == "upgrade_too_soon"


def test_an_upgrade_can_be_put_off_until_its_height_and_then_stays(chain: Chain) -> None:
    for version, height in ((2, 30), (3, 40)):
        for voter in (A, B, C):
            result = schedule(chain, voter, version, height)
        assert outcome(result)[0]
    assert nodes.upgrades_from_state(chain.get) == (nodes.Upgrade(40, 3),)
    assert outcome(schedule(chain, A, 3, 40)) == (False, 0, 4), "it is scheduled already"
    while chain.height < 39:
        chain.seal([])
    assert schedule(chain, A, 3, 90).code == "version_not_ahead", "block 40 is under version 3"
    for voter in (A, B, C):
        schedule(chain, voter, 4, 90)
    assert nodes.upgrades_from_state(chain.get) == (nodes.Upgrade(40, 3), nodes.Upgrade(90, 4))
    assert [nodes.version_at(chain.get, at) for at in (39, 40, 89, 90)] == [1, 3, 3, 4]


# Reading


def test_the_table_and_the_actions_name_the_same_and_only_two_thirds_reach_for_others_power() -> None:
    assert list(nodes.CONTRACT.actions) == list(nodes.RULES)
    for rule in nodes.RULES.values():
        assert rule.agreed_by == rules.TWO_THIRDS or rule.power in (rules.NOTHING, rules.OWN_TO_ZERO)


@pytest.mark.parametrize(
    ("agreed", "total", "more"),
    [
        (2, 3, False),
        (2, 4, False),
        (3, 4, True),
        (66, 100, False),
        (67, 100, True),
        (0, 0, False),
        (666_666, 999_999, False),
        (666_667, 999_999, True),
    ],
)
def test_two_thirds_are_counted_in_whole_numbers_and_must_be_exceeded(
    agreed: int, total: int, more: bool
) -> None:
    assert rules.TWO_THIRDS.is_exceeded(agreed, total) == more


def test_the_state_is_canonical(chain: Chain) -> None:
    register(chain, E)
    appoint(chain, A, E, 1)
    schedule(chain, A, 2, 50)
    chain.send(B, "nodes", "retire", {})
    seen = set()
    for key, value in chain.scan("nodes/"):
        seen.add(key.split("/")[1])
        assert msgspec.json.encode(msgspec.json.decode(value), order="sorted") == value
    assert seen == {"ballots", "change", "id", "key", "node", "validator"}


def test_damaged_records_stop_the_reader(chain: Chain) -> None:
    chain.state.apply({"nodes/validator/" + A.address: b"{}", "nodes/upgrades": b"[]"})
    for read in (
        lambda: nodes.validators_from_state(chain),
        lambda: nodes.version_at(chain.get, 1),
        lambda: nodes.validator_updates({"nodes/change/0000000000000001": b"{}x"}),
    ):
        with pytest.raises(Corruption) as stopped:
            read()
        assert stopped.value.code == "damaged_state"
