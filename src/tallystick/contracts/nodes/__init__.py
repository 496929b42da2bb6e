"""Nodes: who runs one, who decides on blocks and with which weight, and which protocol version is in force.

``rules`` is the contract as a table, with its limits; ``documents`` is what transactions carry;
``kept`` is what the ledger keeps; ``registry``, ``agreement`` and ``power`` carry the rules out;
``reading`` is what the engine asks.
"""

from tallystick.contracts.nodes import agreement, registry
from tallystick.contracts.nodes.documents import (
    Appoint,
    FoundingNode,
    FoundingNodes,
    Outcome,
    Register,
    Retire,
    ScheduleUpgrade,
    register_statement,
)
from tallystick.contracts.nodes.kept import (
    Node,
    PowerChange,
    Upgrade,
    Validator,
    ballots_from_state,
    changes_from_state,
    node_from_state,
    upgrades_from_state,
    validator_from_state,
    validators_from_state,
)
from tallystick.contracts.nodes.reading import (
    change_heights,
    is_network,
    is_peer_allowed,
    validator_updates,
    version_at,
)
from tallystick.contracts.nodes.rules import RULES
from tallystick.ledger.protocols import Action, Contract

CONTRACT = Contract(
    name="nodes",
    actions={
        "register": Action(Register, registry.register),
        "appoint": Action(Appoint, agreement.appoint),
        "retire": Action(Retire, agreement.retire),
        "schedule_upgrade": Action(ScheduleUpgrade, agreement.schedule_upgrade),
    },
    genesis=registry.found,
)

__all__ = [
    "CONTRACT",
    "RULES",
    "Appoint",
    "FoundingNode",
    "FoundingNodes",
    "Node",
    "Outcome",
    "PowerChange",
    "Register",
    "Retire",
    "ScheduleUpgrade",
    "Upgrade",
    "Validator",
    "ballots_from_state",
    "change_heights",
    "changes_from_state",
    "is_network",
    "is_peer_allowed",
    "node_from_state",
    "register_statement",
    "upgrades_from_state",
    "validator_from_state",
    "validator_updates",
    "validators_from_state",
    "version_at",
]
