"""A block, executed by the rules of docs/ledger.md: what must come of each transaction, and the root."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from tests.simulation.rules import anchoring, membership, nodes
from tests.simulation.rules.membership import ACCOUNT
from tests.simulation.rules.shapes import SHAPES, fits
from tests.simulation.rules.signing import is_signed
from tests.simulation.rules.state import Call, Outcome, State, canonical

RULES: Final[Mapping[tuple[str, str], Callable[[State, Call], Outcome]]] = {
    ("membership", "join"): membership.join,
    ("membership", "rotate_key"): membership.rotate_key,
    ("membership", "suspend"): membership.suspend,
    ("membership", "reinstate"): membership.reinstate,
    ("membership", "leave"): membership.leave,
    ("anchoring", "anchor"): anchoring.anchor,
    ("nodes", "register"): nodes.register,
    ("nodes", "appoint"): nodes.appoint,
    ("nodes", "retire"): nodes.retire,
    ("nodes", "schedule_upgrade"): nodes.schedule_upgrade,
}
_FIELDS = {"action": str, "arguments": dict, "chain_id": str, "contract": str, "sender": str, "sequence": int}


@dataclass(frozen=True)
class Expected:
    """What must come of one transaction.

    Attributes:
        codes: the code is one of these.
        data: the result's bytes.
        counted: whether it uses up its sender's number; what does not may stand in no block.
    """

    codes: tuple[str, ...]
    data: bytes = b""
    counted: bool = True


class Ledger:
    """The chain of one genesis document, as the rules make it."""

    def __init__(self, document: bytes) -> None:
        genesis = json.loads(document)
        self.chain: str = genesis["chain_id"]
        self.height = 0
        self.state = State()
        time = genesis["time"]
        for member in genesis["contracts"]["membership"]["members"]:
            membership.admit(self.state, member["public_key"], member["name"], member["roles"], time)
        for node in genesis["contracts"]["nodes"]["nodes"]:
            address = (self.state.get(membership.KEY + node["operator"]) or {})["address"]
            nodes.keep_node(self.state, address, node, time)
            power = {"consensus_key": node["consensus_key"], "member": address, "power": node["power"]}
            self.state.put(nodes.VALIDATOR + address, power)

    def execute(self, time: int, wires: tuple[bytes, ...]) -> list[Expected]:
        """Execute the next block, and return what must come of each of its transactions."""
        self.height += 1
        return [self._one(index, time, wire) for index, wire in enumerate(wires)]

    def _one(self, index: int, time: int, wire: bytes) -> Expected:
        body = read(wire)
        if isinstance(body, str):
            return Expected((body,), counted=False)
        account = self.state.get(ACCOUNT + body["sender"])
        if (refusal := self._refusal(body, account, wire)) or account is None:
            return Expected((refusal,), counted=False)
        self.state.put(ACCOUNT + body["sender"], {**account, "sequence": account["sequence"] + 1})
        if not account["active"]:
            return Expected(("account_suspended",))
        what = body["contract"], body["action"]
        if what not in RULES:
            is_known = any(contract == body["contract"] for contract, _ in SHAPES)
            return Expected(("unknown_action" if is_known else "unknown_contract",))
        if not fits(*what, body["arguments"]):
            return Expected(("malformed_arguments",))
        call = Call(self.chain, body["sender"], body["arguments"], self.height, index, time)
        outcome = RULES[what](self.state, call)
        return Expected(outcome.broken or ("ok",), outcome.data)

    def _refusal(self, body: dict[str, Any], account: dict[str, Any] | None, wire: bytes) -> str:
        if body["chain_id"] != self.chain:
            return "wrong_chain"
        if account is None:
            return "unknown_account"
        if not _is_genuine(wire, account["key"]):
            return "forged_signature"
        if body["sequence"] != account["sequence"] + 1:
            return "transaction_replayed" if body["sequence"] <= account["sequence"] else "sequence_gap"
        return ""


@lru_cache(maxsize=4096)
def _is_genuine(wire: bytes, key: str) -> bool:
    return is_signed(key, b"tallystick/transaction/1\n" + wire[64:], wire[:64].hex())


def read(wire: bytes) -> dict[str, Any] | str:
    """Return the body of a transaction, or the code with which it is refused."""
    if len(wire) > 64 * 1024:
        return "transaction_too_large"
    try:
        body = json.loads(wire[64:], parse_float=_refuse)
        is_canonical = canonical(body) == wire[64:]
    except (ValueError, RecursionError):
        return "malformed_transaction"
    if not is_canonical or not isinstance(body, dict) or set(body) != set(_FIELDS):
        return "malformed_transaction"
    if any(type(body[name]) is not kind for name, kind in _FIELDS.items()) or body["sequence"] < 1:
        return "malformed_transaction"
    return body


def _refuse(text: str) -> object:
    raise ValueError(text)
