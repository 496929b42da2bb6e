"""The list of contracts that every engine runs: one list, so that all engines agree on the state."""

from tallystick.contracts import anchoring, membership
from tallystick.ledger.protocols import Contract

CONTRACTS: tuple[Contract, ...] = (anchoring.CONTRACT, membership.CONTRACT)
