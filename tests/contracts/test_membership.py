"""Membership, rule by rule, as the ledger executes it."""

import msgspec
import pytest

from tallystick.contracts.membership import (
    CONTRACT,
    ROLES,
    RULES,
    Join,
    RotateKey,
    join_statement,
    key_use_from_state,
    member,
    member_from_state,
    members,
    require_role,
    rotate_statement,
)
from tallystick.errors import Corruption, Forbidden, NotFound, Rejection
from tallystick.ledger.call import ContractCall
from tallystick.ledger.protocols import Call
from tests.contracts.chain import CHAIN, START, Chain, Key, founder, join, rotation

OPERATOR, SECOND, LENDER, NEW, NEXT, OTHER = (Key(number) for number in range(1, 7))
#: The point of order one: a public key under which anything could be passed off as signed.
SMALL_ORDER = "01" + "00" * 31


@pytest.fixture
def chain() -> Chain:
    return Chain([founder(OPERATOR, "operator"), founder(LENDER, "lender")])


def call_from(chain: Chain, sender: str) -> Call:
    return ContractCall(chain, CONTRACT, sender, CHAIN, 1, 0, START)


def status(chain: Chain, key: Key) -> str:
    return member(chain, key.address).status


# The founding


def test_the_founders_are_active_members_with_accounts(chain: Chain) -> None:
    assert {who.address: (who.roles, who.status, who.joined_at) for who in members(chain)} == {
        OPERATOR.address: (("operator",), "active", START),
        LENDER.address: (("lender",), "active", START),
    }
    account = chain.account(OPERATOR.address)
    assert account is not None
    assert (account.active, account.key, account.sequence) == (True, OPERATOR.public, 0)


@pytest.mark.parametrize(
    ("founders", "code"),
    [
        ([], "no_operator"),
        ([founder(LENDER, "lender")], "no_operator"),
        ([founder(OPERATOR, "operator"), founder(OPERATOR, "lender")], "key_already_used"),
        ([founder(OPERATOR, "operator", "king")], "unknown_role"),
        ([founder(OPERATOR, "operator", "operator")], "repeated_role"),
        ([founder(OPERATOR, "operator", name="Example\nBank")], "bad_name"),
        ([founder(OPERATOR, "operator") | {"public_key": SMALL_ORDER}], "bad_public_key"),
        ([founder(OPERATOR, "operator") | {"public_key": "AB" * 32}], "malformed_genesis"),
        ([founder(OPERATOR, "operator") | {"name": "x" * 201}], "malformed_genesis"),
        ([founder(OPERATOR, "operator") | {"age": 3}], "malformed_genesis"),
        ([founder(OPERATOR)], "malformed_genesis"),
        ([founder(OPERATOR, "operator")] * 301, "malformed_genesis"),
    ],
)
def test_a_founding_that_breaks_a_rule_is_refused(founders: list[dict[str, object]], code: str) -> None:
    with pytest.raises(Rejection) as refused:
        Chain(founders)
    assert refused.value.code == code


def test_as_many_founders_as_allowed_can_be_written() -> None:
    founders = [founder(Key(number), "operator") for number in range(1, 301)]
    assert len(list(members(Chain(founders)))) == 300


# Joining


def test_an_operator_admits_a_member_whose_key_proves_possession(chain: Chain) -> None:
    result = chain.send(OPERATOR, "membership", "join", join(NEW, "person", "enterprise"))
    assert (result.code, result.data) == ("ok", b'{"address":"%s"}' % NEW.address.encode())
    joined = member(chain, NEW.address)
    assert (joined.name, joined.status, joined.joined_at) == (
        "Example Rubber Co., Ltd.",
        "active",
        START + 1000,
    )
    assert joined.roles == ("enterprise", "person"), "roles are kept in the order of the table"
    assert chain.send(NEW, "membership", "leave", {}).code == "ok", "the new account can send"


def test_the_arguments_that_services_build_are_what_the_contract_reads(chain: Chain) -> None:
    possession = NEW.sign(join_statement(CHAIN, NEW.public))
    arguments = Join(public_key=NEW.public, possession=possession, roles=["lender"], name="Example Bank")
    assert arguments.as_arguments() == join(NEW, "lender", name="Example Bank")
    assert chain.send(OPERATOR, "membership", "join", arguments).code == "ok"


@pytest.mark.parametrize("action", [name for name, rule in RULES.items() if rule.by == "operator"])
def test_only_an_operator_may_do_what_the_table_gives_to_operators(chain: Chain, action: str) -> None:
    arguments = join(NEW, "lender") if action == "join" else {"address": OPERATOR.address}
    before = chain.held("membership")
    assert chain.send(LENDER, "membership", action, arguments).code == "role_required"
    assert chain.held("membership") == before


@pytest.mark.parametrize(
    "signed",
    [
        join_statement("another-chain", NEW.public),
        join_statement(CHAIN, NEXT.public),
        rotate_statement(CHAIN, NEW.address, NEW.public),
        b"",
    ],
)
def test_a_possession_over_anything_else_admits_nobody(chain: Chain, signed: bytes) -> None:
    arguments = join(NEW, "lender") | {"possession": NEW.sign(signed)}
    assert chain.send(OPERATOR, "membership", "join", arguments).code == "possession_not_proven"
    assert member_from_state(chain.get, NEW.address) is None
    assert chain.account(NEW.address) is None


def test_a_possession_by_another_key_admits_nobody(chain: Chain) -> None:
    arguments = join(NEW, "lender") | {"possession": OTHER.sign(join_statement(CHAIN, NEW.public))}
    assert chain.send(OPERATOR, "membership", "join", arguments).code == "possession_not_proven"


def test_a_key_under_which_anything_verifies_is_no_key(chain: Chain) -> None:
    arguments = {"public_key": SMALL_ORDER, "possession": "00" * 64, "roles": ["lender"], "name": "Example"}
    assert chain.send(OPERATOR, "membership", "join", arguments).code == "possession_not_proven"


def test_a_key_of_one_account_cannot_open_another(chain: Chain) -> None:
    assert chain.send(OPERATOR, "membership", "join", join(LENDER, "operator")).code == "key_already_used"
    assert member(chain, LENDER.address).roles == ("lender",)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"roles": ["king"]}, "unknown_role"),
        ({"roles": ["lender", "lender"]}, "repeated_role"),
        ({"roles": []}, "malformed_arguments"),
        ({"roles": [*ROLES, "lender"]}, "malformed_arguments"),
        ({"roles": ["lender" * 3]}, "malformed_arguments"),
        ({"roles": "lender"}, "malformed_arguments"),
        ({"name": ""}, "malformed_arguments"),
        ({"name": "x" * 201}, "malformed_arguments"),
        ({"name": None}, "malformed_arguments"),
        ({"public_key": NEW.public + "\n"}, "malformed_arguments"),
        ({"public_key": NEW.public.upper()}, "malformed_arguments"),
        ({"public_key": NEW.public[:-2]}, "malformed_arguments"),
        ({"possession": "00" * 63}, "malformed_arguments"),
        ({"extra": 1}, "malformed_arguments"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(chain: Chain, change: dict[str, object], code: str) -> None:
    before = chain.held("membership")
    assert chain.send(OPERATOR, "membership", "join", join(NEW, "lender") | change).code == code
    assert chain.held("membership") == before


@pytest.mark.parametrize(
    "name",
    [
        " Example",
        "Example ",
        "\u3000Example",
        "Exa\u200bmple",
        "Exa\u202emple",
        "Exa\x00mple",
        "\ufeffExample",
        "Exa\U000e0041mple",
        "Exa\u00a0mple",
        "\u3164",
    ],
)
def test_a_name_that_shows_as_another_is_refused(chain: Chain, name: str) -> None:
    assert chain.send(OPERATOR, "membership", "join", join(NEW, "lender", name=name)).code == "bad_name"


@pytest.mark.parametrize("name", ["示例橡胶有限公司", "Société d’Exemple", "X", "例" * 200])
def test_names_in_any_script_are_kept_as_they_are(chain: Chain, name: str) -> None:
    assert chain.send(OPERATOR, "membership", "join", join(NEW, "lender", name=name)).code == "ok"
    assert member(chain, NEW.address).name == name


# Rotating a key


def test_after_rotation_the_address_stays_and_only_the_new_key_signs(chain: Chain) -> None:
    before = member(chain, LENDER.address)
    assert chain.send(LENDER, "membership", "rotate_key", rotation(LENDER.address, NEXT)).code == "ok"
    assert member(chain, LENDER.address) == before
    assert chain.send(LENDER, "membership", "leave", {}).code == "forged_signature"
    assert chain.send(NEXT, "membership", "leave", {}, LENDER.address).code == "ok"


def test_the_arguments_of_a_rotation_are_what_the_contract_reads(chain: Chain) -> None:
    possession = NEXT.sign(rotate_statement(CHAIN, LENDER.address, NEXT.public))
    assert chain.send(LENDER, "membership", "rotate_key", RotateKey(NEXT.public, possession)).code == "ok"


def test_a_key_that_was_rotated_away_never_comes_back(chain: Chain) -> None:
    chain.send(LENDER, "membership", "rotate_key", rotation(LENDER.address, NEXT))
    back = rotation(LENDER.address, LENDER)
    assert chain.send(NEXT, "membership", "rotate_key", back, LENDER.address).code == "key_already_used"
    assert chain.send(OPERATOR, "membership", "join", join(LENDER, "lender")).code == "key_already_used"


def test_a_key_cannot_be_used_by_two_accounts(chain: Chain) -> None:
    to_operators = rotation(LENDER.address, OPERATOR)
    assert chain.send(LENDER, "membership", "rotate_key", to_operators).code == "key_already_used"
    chain.send(LENDER, "membership", "rotate_key", rotation(LENDER.address, NEXT))
    assert chain.send(OPERATOR, "membership", "join", join(NEXT, "lender")).code == "key_already_used"
    kept = key_use_from_state(chain.get, NEXT.public)
    assert kept is not None
    assert (kept.address, kept.used_from) == (LENDER.address, START + 2000)


def test_rotating_to_the_present_key_is_refused(chain: Chain) -> None:
    same = rotation(LENDER.address, LENDER)
    assert chain.send(LENDER, "membership", "rotate_key", same).code == "key_already_used"


@pytest.mark.parametrize(
    "signed",
    [rotate_statement(CHAIN, OPERATOR.address, NEXT.public), join_statement(CHAIN, NEXT.public)],
    ids=["for another account", "for joining"],
)
def test_a_rotation_needs_the_new_keys_word_for_this_account(chain: Chain, signed: bytes) -> None:
    arguments = {"public_key": NEXT.public, "possession": NEXT.sign(signed)}
    assert chain.send(LENDER, "membership", "rotate_key", arguments).code == "possession_not_proven"


def test_nobody_rotates_the_key_of_another(chain: Chain) -> None:
    theft = chain.send(OPERATOR, "membership", "rotate_key", rotation(LENDER.address, NEXT), LENDER.address)
    assert theft.code == "forged_signature"


# Standing


def test_a_suspended_member_cannot_act_until_it_is_reinstated(chain: Chain) -> None:
    assert chain.send(OPERATOR, "membership", "suspend", {"address": LENDER.address}).code == "ok"
    assert status(chain, LENDER) == "suspended"
    assert chain.send(LENDER, "membership", "leave", {}).code == "account_suspended"
    assert chain.send(OPERATOR, "membership", "reinstate", {"address": LENDER.address}).code == "ok"
    assert status(chain, LENDER) == "active"
    assert chain.send(LENDER, "membership", "leave", {}).code == "ok"


def test_a_suspended_member_cannot_change_its_key(chain: Chain) -> None:
    chain.send(OPERATOR, "membership", "suspend", {"address": LENDER.address})
    rotate = chain.send(LENDER, "membership", "rotate_key", rotation(LENDER.address, NEXT))
    assert rotate.code == "account_suspended"


def test_the_key_rotated_before_a_suspension_signs_after_it(chain: Chain) -> None:
    chain.send(LENDER, "membership", "rotate_key", rotation(LENDER.address, NEXT))
    chain.send(OPERATOR, "membership", "suspend", {"address": LENDER.address})
    chain.send(OPERATOR, "membership", "reinstate", {"address": LENDER.address})
    assert chain.send(NEXT, "membership", "leave", {}, LENDER.address).code == "ok"


def test_a_member_who_left_cannot_act_and_cannot_be_brought_back(chain: Chain) -> None:
    assert chain.send(LENDER, "membership", "leave", {}).code == "ok"
    assert status(chain, LENDER) == "departed"
    assert chain.send(LENDER, "membership", "leave", {}).code == "account_suspended"
    for action, code in {"suspend": "member_not_active", "reinstate": "member_not_suspended"}.items():
        assert chain.send(OPERATOR, "membership", action, {"address": LENDER.address}).code == code
    assert chain.send(OPERATOR, "membership", "join", join(LENDER, "lender")).code == "key_already_used"
    assert chain.send(OPERATOR, "membership", "join", join(NEXT, "lender")).code == "ok", (
        "with a new key, it may"
    )


def test_a_second_suspension_and_a_reinstatement_without_one_are_refused(chain: Chain) -> None:
    target = {"address": LENDER.address}
    assert chain.send(OPERATOR, "membership", "reinstate", target).code == "member_not_suspended"
    chain.send(OPERATOR, "membership", "suspend", target)
    assert chain.send(OPERATOR, "membership", "suspend", target).code == "member_not_active"


@pytest.mark.parametrize(
    ("action", "arguments"),
    [("suspend", {"address": OPERATOR.address}), ("leave", {})],
    ids=["suspend", "leave"],
)
def test_the_last_active_operator_stays(chain: Chain, action: str, arguments: dict[str, object]) -> None:
    assert chain.send(OPERATOR, "membership", action, arguments).code == "last_operator"
    chain.send(OPERATOR, "membership", "join", join(SECOND, "operator"))
    chain.send(OPERATOR, "membership", "suspend", {"address": SECOND.address})
    assert chain.send(OPERATOR, "membership", action, arguments).code == "last_operator", (
        "the other is suspended"
    )
    chain.send(OPERATOR, "membership", "reinstate", {"address": SECOND.address})
    assert chain.send(OPERATOR, "membership", action, arguments).code == "ok"
    assert chain.send(SECOND, "membership", "leave", {}).code == "last_operator"


@pytest.mark.parametrize(
    ("address", "code"),
    [(NEW.address, "unknown_member"), ("tly1", "malformed_arguments"), ("x" * 42, "unknown_member")],
)
def test_nobody_is_suspended_under_an_address_that_is_no_members(
    chain: Chain, address: str, code: str
) -> None:
    assert chain.send(OPERATOR, "membership", "suspend", {"address": address}).code == code


# Reading


def test_what_other_contracts_ask_of_a_sender(chain: Chain) -> None:
    assert require_role(call_from(chain, LENDER.address), "lender").address == LENDER.address
    chain.send(OPERATOR, "membership", "suspend", {"address": LENDER.address})
    asked = [
        (LENDER.address, "lender"),
        (OPERATOR.address, "lender"),
        (NEW.address, "lender"),
        ("", "lender"),
    ]
    codes = []
    for address, role in asked:
        with pytest.raises(Forbidden) as refused:
            require_role(call_from(chain, address), role)
        codes.append(refused.value.code)
    assert codes == ["sender_not_active", "role_required", "not_a_member", "not_a_member"]


def test_an_unknown_member_reads_as_none_or_not_found(chain: Chain) -> None:
    assert member_from_state(chain.get, NEW.address) is None
    with pytest.raises(NotFound, match="no member"):
        member(chain, NEW.address)


def test_a_damaged_member_stops_the_reader(chain: Chain) -> None:
    chain.state.apply({"membership/member/" + LENDER.address: b'{"address":1}'})
    with pytest.raises(Corruption) as stopped:
        member(chain, LENDER.address)
    assert stopped.value.code == "damaged_state"


def test_the_state_is_canonical(chain: Chain) -> None:
    for _, value in chain.scan("membership/"):
        assert msgspec.json.encode(msgspec.json.decode(value), order="sorted") == value
    assert chain.get("membership/key/" + LENDER.public) == (
        b'{"address":"%s","used_from":%d}' % (LENDER.address.encode(), START)
    )


def test_the_table_and_the_actions_name_the_same() -> None:
    assert list(CONTRACT.actions) == list(RULES)
