"""Nodes, written again from docs/contracts.md."""

from collections.abc import Callable

from tests.simulation.rules.membership import MEMBER, is_known, require
from tests.simulation.rules.signing import proves
from tests.simulation.rules.state import Call, Document, Findings, Outcome, State, canonical

NODE, VALIDATOR, BALLOTS, UPGRADES = "nodes/node/", "nodes/validator/", "nodes/ballots/", "nodes/upgrades"


def powers(state: State) -> dict[str, int]:
    """Return the power of each validator by its consensus key."""
    return {each["consensus_key"]: each["power"] for _, each in state.under(VALIDATOR)}


def keep_node(state: State, address: str, named: Document, time: int) -> None:
    """Write the node of a member, and that its key is taken."""
    before = state.get(NODE + address)
    if before is not None:
        state.drop(f"nodes/id/{before['node_id']}/{address}")
    if before is None or before["consensus_key"] != named["consensus_key"]:
        state.put("nodes/key/" + named["consensus_key"], {"address": address, "used_from": time})
    node = {name: named.get(name) for name in ("consensus_key", "endpoint", "node_id")}
    state.put(NODE + address, {**node, "address": address, "registered_at": time})
    state.put(f"nodes/id/{named['node_id']}/{address}", {"address": address})


def register(state: State, call: Call) -> Outcome:
    found, asked, key = Findings(), call.arguments, call.arguments["consensus_key"]
    require(state, call, found, "operator")
    proven = proves(
        key, asked["possession"], call.chain, "nodes/register", address=call.sender, consensus_key=key
    )
    found.unless(proven, "possession_not_proven")
    before = state.get(NODE + call.sender)
    if before is None or before["consensus_key"] != key:
        found.unless(state.get(VALIDATOR + call.sender) is None, "validator_key_fixed")
        found.unless(not is_known(state, key), "consensus_key_used")
    if found.codes:
        return found.outcome()
    keep_node(state, call.sender, asked, call.time)
    return Outcome()


def appoint(state: State, call: Call) -> Outcome:
    found, subject, power = _by_validator(state, call), call.arguments["member"], call.arguments["power"]
    node = state.get(NODE + subject)
    if node is None:
        return Outcome((*found.codes, "unknown_node"))
    present = state.get(VALIDATOR + subject)
    wanted = {"consensus_key": node["consensus_key"], "member": subject, "power": power}
    is_so = wanted == present or (power == 0 and present is None)
    if not is_so:
        member = state.get(MEMBER + subject) or {}
        found.unless(power == 0 or member.get("status") == "active", "member_not_active")
        _may_become(state, subject, power, found)
    if found.codes:
        return found.outcome()
    mine = _ballots(state, call.sender)
    others = [each for each in mine["appointments"] if each["member"] != subject]
    _keep(state, call.sender, others + ([] if is_so else [wanted]), mine["upgrade"])
    if is_so:
        return _told(0, False, _total(state))
    agreed, total = _agreed(state, lambda ballots: wanted in ballots["appointments"]), _total(state)
    if 3 * agreed > 2 * total:
        _set_power(state, wanted, call.height)
    return _told(agreed, 3 * agreed > 2 * total, total)


def retire(state: State, call: Call) -> Outcome:
    found, own = _by_validator(state, call), state.get(VALIDATOR + call.sender)
    _may_become(state, call.sender, 0, found)
    if found.codes or own is None:
        return found.outcome()
    _set_power(state, {**own, "power": 0}, call.height)
    return Outcome()


def schedule_upgrade(state: State, call: Call) -> Outcome:
    found = _by_validator(state, call)
    wanted = {name: call.arguments[name] for name in ("height", "version")}
    all_decided = (state.get(UPGRADES) or {"upgrades": []})["upgrades"]
    reached = [each for each in all_decided if each["height"] <= call.height]
    is_so = wanted in all_decided and wanted not in reached
    if not is_so:
        present = max([1, *(each["version"] for each in reached)])
        found.unless(wanted["version"] > present, "version_not_ahead")
        found.unless(wanted["height"] >= call.height + 20, "upgrade_too_soon")
    if found.codes:
        return found.outcome()
    _keep(state, call.sender, _ballots(state, call.sender)["appointments"], None if is_so else wanted)
    if is_so:
        return _told(0, False, _total(state))
    agreed, total = _agreed(state, lambda ballots: ballots["upgrade"] == wanted), _total(state)
    if 3 * agreed > 2 * total:
        state.put(UPGRADES, {"upgrades": [*reached, wanted]})
        for key, _ in list(state.under(VALIDATOR)):
            address = key.removeprefix(VALIDATOR)
            _keep(state, address, _ballots(state, address)["appointments"], None)
    return _told(agreed, 3 * agreed > 2 * total, total)


def _told(agreed: int, done: bool, total: int) -> Outcome:
    return Outcome(data=canonical({"agreed_power": agreed, "took_effect": done, "total_power": total}))


def _by_validator(state: State, call: Call) -> Findings:
    found = Findings()
    require(state, call, found, None)
    found.unless(state.get(VALIDATOR + call.sender), "not_a_validator")
    return found


def _may_become(state: State, subject: str, power: int, found: Findings) -> None:
    others = [each["power"] for key, each in state.under(VALIDATOR) if key != VALIDATOR + subject]
    if power == 0:
        found.unless(others, "last_validator")
        return
    held = [*others, power]
    found.unless(len(held) == 1 or 3 * max(held) <= 2 * sum(held), "power_too_concentrated")
    found.unless(sum(held) <= 1_000_000, "too_much_power")
    found.unless(len(held) <= 100, "too_many_validators")


def _total(state: State) -> int:
    return sum(powers(state).values())


def _agreed(state: State, agrees: Callable[[Document], bool]) -> int:
    return sum(each["power"] for _, each in state.under(VALIDATOR) if agrees(_ballots(state, each["member"])))


def _ballots(state: State, address: str) -> Document:
    return state.get(BALLOTS + address) or {"appointments": [], "upgrade": None}


def _keep(state: State, address: str, appointments: list[Document], upgrade: Document | None) -> None:
    if appointments or upgrade:
        state.put(BALLOTS + address, {"appointments": appointments, "upgrade": upgrade})
    else:
        state.drop(BALLOTS + address)


def _set_power(state: State, wanted: Document, height: int) -> None:
    subject, key = wanted["member"], wanted["consensus_key"]
    before = (state.get(VALIDATOR + subject) or {"power": 0})["power"]
    if wanted["power"]:
        state.put(VALIDATOR + subject, wanted)
    else:
        state.drop(VALIDATOR + subject)
        state.drop(BALLOTS + subject)
    for place, ballots in list(state.under(BALLOTS)):
        left = [each for each in ballots["appointments"] if each["member"] != subject]
        _keep(state, place.removeprefix(BALLOTS), left, ballots["upgrade"])
    place = f"nodes/change/{height:016d}"
    changes = {each["consensus_key"]: each for each in (state.get(place) or {"changes": []})["changes"]}
    first = changes.pop(key)["before"] if key in changes else before
    if first != wanted["power"]:
        changes[key] = {"after": wanted["power"], "before": first, "consensus_key": key, "member": subject}
    if changes:
        state.put(place, {"changes": [changes[each] for each in sorted(changes)]})
    else:
        state.drop(place)
