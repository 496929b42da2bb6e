"""The list of contracts that every engine runs: one list, so that all engines agree on the state."""

from collections.abc import Mapping, Sequence

from tallystick.contracts import (
    anchoring,
    consent,
    countersignature,
    delivery,
    membership,
    nodes,
    qualification,
    signing_keys,
)
from tallystick.ledger.protocols import Contract

CONTRACTS: tuple[Contract, ...] = (
    anchoring.CONTRACT,
    consent.CONTRACT,
    countersignature.CONTRACT,
    delivery.CONTRACT,
    membership.CONTRACT,
    nodes.CONTRACT,
    qualification.CONTRACT,
    signing_keys.CONTRACT,
)

#: The contracts by the version of the chain's rules. A version that a released Tallystick has run stays as
#: it was: who replays such a chain's blocks needs it. None is released yet; until then a contract may join
#: version 1: what is sent to a contract that is not there enters no block, so old blocks stay as they are.
VERSIONS: Mapping[int, Sequence[Contract]] = {1: CONTRACTS}
