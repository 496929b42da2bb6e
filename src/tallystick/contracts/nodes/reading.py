"""What the engine asks of the contract: whom to let in, whose votes count, which version is in force."""

import re
from collections.abc import Mapping
from typing import Final

from tallystick.contracts.membership import member_from_state
from tallystick.contracts.membership.office import VALIDATOR_PREFIX
from tallystick.contracts.nodes.kept import (
    CHANGE_PREFIX,
    ID_PREFIX,
    Changes,
    NodeIdUse,
    upgrades_from_state,
)
from tallystick.contracts.nodes.rules import FIRST_VERSION
from tallystick.contracts.shapes import Read, decode_kept
from tallystick.ledger.protocols import Reader

_NODE_ID: Final = re.compile(r"[0-9a-f]{40}")


def validator_updates(state_changes: Mapping[str, bytes | None]) -> dict[str, int]:
    """Return the power by consensus key (64 hex digits) of each node whose power a block changed.

    It is the difference between the states before and after the block, whatever happened within it:
    each key once, power 0 for one that lost all, in the order of the keys. Block 0 changes none:
    its validators are those of ``validators_from_state``.

    Args:
        state_changes: of one block, as ``ledger.execution`` gives them; None deletes.

    Raises:
        Corruption: ``damaged_state``.
    """
    return {
        change.consensus_key: change.after
        for key, value in state_changes.items()
        if key.startswith(CHANGE_PREFIX) and value is not None
        for change in decode_kept(key, value, Changes).changes
    }


def change_heights(reader: Reader) -> tuple[int, ...]:
    """Return the heights of the blocks that changed the power of a node, rising."""
    return tuple(int(key.removeprefix(CHANGE_PREFIX)) for key, _ in reader.scan(CHANGE_PREFIX))


def is_network(reader: Reader) -> bool:
    """Return whether validators decide on this chain's blocks; where they ever did, one is always left."""
    return next(iter(reader.scan(VALIDATOR_PREFIX)), None) is not None


def is_peer_allowed(reader: Reader, node_id: str) -> bool:
    """Return whether an active member has registered a node under this id; without validators, always True.

    Args:
        reader: committed state.
        node_id: as the peer has proved it to CometBFT; what is no such name is not let in.

    Raises:
        Corruption: ``damaged_state``.
    """
    if not is_network(reader):
        return True
    if not _NODE_ID.fullmatch(node_id):
        return False
    for key, value in reader.scan(f"{ID_PREFIX}{node_id}/"):
        member = member_from_state(reader.get, decode_kept(key, value, NodeIdUse).address)
        if member is not None and member.status == "active":
            return True
    return False


def version_at(read: Read, height: int) -> int:
    """Return the protocol version of the block at ``height``, as far as the state knows of upgrades.

    The answer for the next block, and for those before it, is final; a later one's may still be put off.

    Raises:
        Corruption: ``damaged_state``.
    """
    reached = [upgrade.version for upgrade in upgrades_from_state(read) if upgrade.height <= height]
    return reached[-1] if reached else FIRST_VERSION
