"""Membership, written again from docs/contracts.md."""

from tallystick.values.identifiers import account_address
from tests.simulation.rules.signing import is_point, proves
from tests.simulation.rules.state import Call, Document, Findings, Outcome, State, canonical

MEMBER, KEY, ACCOUNT = "membership/member/", "membership/key/", "accounts/"
ROLES = ("lender", "enterprise", "person", "operator", "auditor")


def require(state: State, call: Call, found: Findings, role: str | None) -> None:
    """Note what the sender lacks to be an active member in a role."""
    member = state.get(MEMBER + call.sender)
    if member is None:
        found.codes.append("not_a_member")
    elif found.unless(member["status"] == "active", "sender_not_active") and role is not None:
        found.unless(role in member["roles"], "role_required")


def is_known(state: State, key: str) -> bool:
    """Return whether a key belongs or belonged to an account or a node."""
    return state.get(KEY + key) is not None or state.get("nodes/key/" + key) is not None


def admit(state: State, key: str, name: str, roles: list[str], time: int) -> str:
    address = account_address(bytes.fromhex(key))
    state.put(ACCOUNT + address, {"active": True, "key": key, "sequence": 0})
    state.put(KEY + key, {"address": address, "used_from": time})
    ordered = [role for role in ROLES if role in roles]
    member = {"address": address, "joined_at": time, "name": name, "roles": ordered, "status": "active"}
    state.put(MEMBER + address, member)
    return address


def join(state: State, call: Call) -> Outcome:
    found, asked = Findings(), call.arguments
    key, roles = asked["public_key"], asked["roles"]
    require(state, call, found, "operator")
    proven = proves(key, asked["possession"], call.chain, "membership/join", public_key=key)
    found.unless(proven, "possession_not_proven")
    found.unless(all(role in ROLES for role in roles), "unknown_role")
    found.unless(len(set(roles)) == len(roles), "repeated_role")
    found.unless(asked["name"] == asked["name"].strip() and asked["name"].isprintable(), "bad_name")
    found.unless(not is_known(state, key), "key_already_used")
    found.unless(is_point(key), "bad_public_key")
    if found.codes:
        return found.outcome()
    return Outcome(data=canonical({"address": admit(state, key, asked["name"], roles, call.time)}))


def rotate_key(state: State, call: Call) -> Outcome:
    found, key = Findings(), call.arguments["public_key"]
    require(state, call, found, None)
    proven = proves(
        key,
        call.arguments["possession"],
        call.chain,
        "membership/rotate",
        public_key=key,
        address=call.sender,
    )
    found.unless(proven, "possession_not_proven")
    found.unless(not is_known(state, key), "key_already_used")
    found.unless(is_point(key), "bad_public_key")
    if found.codes:
        return found.outcome()
    state.put(ACCOUNT + call.sender, {**(state.get(ACCOUNT + call.sender) or {}), "key": key})
    state.put(KEY + key, {"address": call.sender, "used_from": call.time})
    return Outcome()


def suspend(state: State, call: Call) -> Outcome:
    return _stand(state, call, call.arguments["address"], "operator", "active", "suspended")


def reinstate(state: State, call: Call) -> Outcome:
    return _stand(state, call, call.arguments["address"], "operator", "suspended", "active")


def leave(state: State, call: Call) -> Outcome:
    return _stand(state, call, call.sender, None, "active", "departed")


def _stand(state: State, call: Call, address: str, role: str | None, before: str, after: str) -> Outcome:
    found, member = Findings(), state.get(MEMBER + address)
    require(state, call, found, role)
    if member is None:
        found.unless(role is None, "unknown_member")
        return found.outcome()
    found.unless(member["status"] == before, f"member_not_{before}")
    if after != "active":
        found.unless("operator" not in member["roles"] or _has_other(state, address), "last_operator")
        found.unless(state.get("nodes/validator/" + address) is None, "validator_in_office")
    if found.codes:
        return found.outcome()
    state.put(MEMBER + address, {**member, "status": after})
    account: Document = state.get(ACCOUNT + address) or {}
    state.put(ACCOUNT + address, {**account, "active": after == "active"})
    return Outcome()


def _has_other(state: State, address: str) -> bool:
    return any(
        other["address"] != address and "operator" in other["roles"] and other["status"] == "active"
        for _, other in state.under(MEMBER)
    )
