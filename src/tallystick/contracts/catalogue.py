"""The list of contracts that every engine runs: one list, so that all engines agree on the state."""

from collections.abc import Mapping, Sequence

from tallystick.contracts import anchoring, membership, nodes
from tallystick.ledger.protocols import Contract

CONTRACTS: tuple[Contract, ...] = (anchoring.CONTRACT, membership.CONTRACT, nodes.CONTRACT)

#: The contracts by the version of the chain's rules. A version that any chain has run stays as it was: who
#: replays that chain's blocks needs it.
VERSIONS: Mapping[int, Sequence[Contract]] = {1: CONTRACTS}
