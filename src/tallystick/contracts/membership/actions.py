"""Membership carried out: the founding, and the five actions of ``rules.RULES``."""

from collections.abc import Sequence

import msgspec

from tallystick.contracts.membership.documents import (
    Founding,
    Join,
    Joined,
    Leave,
    Reinstate,
    RotateKey,
    Suspend,
    check_name,
    check_roles,
    join_statement,
    rotate_statement,
)
from tallystick.contracts.membership.members import (
    KEY_PREFIX,
    MEMBER_PREFIX,
    KeyUse,
    Member,
    key_use_from_state,
    member,
    members,
    require_member,
    require_role,
)
from tallystick.contracts.membership.office import is_consensus_key, is_validator
from tallystick.contracts.membership.rules import ITSELF, RULES
from tallystick.errors import Conflict, Malformed, Unauthorised
from tallystick.ledger import keys
from tallystick.ledger.protocols import Action, Call, Contract
from tallystick.values import canonical


def found(call: Call, document: bytes) -> None:
    """Write the founding members; all nodes agree on the document itself, so no key signs for it.

    Raises:
        Malformed: ``malformed_genesis``, ``no_operator``; ``unknown_role``, ``repeated_role``,
            ``bad_name``, ``bad_public_key``.
        Conflict: ``key_already_used``.
    """
    try:
        founding = canonical.decode(document, Founding)
    except Malformed as error:
        raise Malformed(
            "malformed_genesis", f"The founding members cannot be read: {error.message}"
        ) from None
    if not any("operator" in founder.roles for founder in founding.members):
        raise Malformed("no_operator", "The genesis document must name at least one operator.")
    for founder in founding.members:
        _admit(call, founder.public_key, founder.name, founder.roles)


def _join(call: Call, join: Join) -> Joined:
    _require_right(call, "join")
    _require_possession(join.public_key, join.possession, join_statement(call.chain_id, join.public_key))
    return Joined(_admit(call, join.public_key, join.name, join.roles))


def _rotate_key(call: Call, rotation: RotateKey) -> None:
    _require_right(call, "rotate_key")
    statement = rotate_statement(call.chain_id, call.sender, rotation.public_key)
    _require_possession(rotation.public_key, rotation.possession, statement)
    _require_unused(call, rotation.public_key)
    call.rotate_account(call.sender, bytes.fromhex(rotation.public_key))
    _note_key(call, rotation.public_key, call.sender)


def _suspend(call: Call, suspend: Suspend) -> None:
    _change_status(call, "suspend", suspend.address)


def _reinstate(call: Call, reinstate: Reinstate) -> None:
    _change_status(call, "reinstate", reinstate.address)


def _leave(call: Call, _: Leave) -> None:
    _change_status(call, "leave", call.sender)


def _require_right(call: Call, action: str) -> Member:
    by = RULES[action].by
    return require_member(call) if by == ITSELF else require_role(call, by)


def _require_possession(public_key: str, possession: str, statement: bytes) -> None:
    if not keys.verify(bytes.fromhex(public_key), statement, bytes.fromhex(possession)):
        raise Unauthorised(
            "possession_not_proven", "The possession signature is not one of the new key over its statement."
        )


def _require_unused(call: Call, public_key: str) -> None:
    known = key_use_from_state(call.get, public_key) is not None
    if known or is_consensus_key(call.get, public_key):
        raise Conflict(
            "key_already_used", "This key belongs or belonged to an account or a node; make a new one."
        )


def _note_key(call: Call, public_key: str, address: str) -> None:
    call.put(KEY_PREFIX + public_key, KeyUse(address, call.time).encoded())


def _admit(call: Call, public_key: str, name: str, roles: Sequence[str]) -> str:
    ordered, shown = check_roles(roles), check_name(name)
    _require_unused(call, public_key)
    address = call.open_account(bytes.fromhex(public_key))
    _note_key(call, public_key, address)
    _keep(call, Member(address, call.time, shown, ordered, "active"))
    return address


def _change_status(call: Call, action: str, address: str) -> None:
    _require_right(call, action)
    rule, concerned = RULES[action], member(call, address)
    if concerned.status != rule.before:
        raise Conflict(
            f"member_not_{rule.before}",
            f"The member is {concerned.status}; for {action} it must be {rule.before}.",
            status=concerned.status,
        )
    if rule.after != "active":
        _require_another_operator(call, concerned)
        _require_no_power(call, concerned)
    _keep(call, msgspec.structs.replace(concerned, status=rule.after))
    call.set_account_active(address, rule.after == "active")


def _require_another_operator(call: Call, concerned: Member) -> None:
    if "operator" in concerned.roles and not any(
        other.address != concerned.address and "operator" in other.roles and other.status == "active"
        for other in members(call)
    ):
        raise Conflict("last_operator", "The consortium would be left without an active operator.")


def _require_no_power(call: Call, concerned: Member) -> None:
    # One operator suspends, and one operator must never decide who decides on blocks.
    if is_validator(call.get, concerned.address):
        raise Conflict("validator_in_office", "The member's node has validator power, which must end first.")


def _keep(call: Call, kept: Member) -> None:
    call.put(MEMBER_PREFIX + kept.address, kept.encoded())


CONTRACT = Contract(
    name="membership",
    actions={
        "join": Action(Join, _join),
        "rotate_key": Action(RotateKey, _rotate_key),
        "suspend": Action(Suspend, _suspend),
        "reinstate": Action(Reinstate, _reinstate),
        "leave": Action(Leave, _leave),
    },
    genesis=found,
    privileged=True,
)
