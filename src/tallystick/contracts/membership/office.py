"""What membership must know of nodes, read from the other contract's state, which builds on membership.

Who holds validator power cannot be suspended and cannot leave, and a key that signs blocks is no account's.
"""

from typing import Final

from tallystick.contracts.shapes import Read

#: ``nodes/validator/<member's address>`` stands in the state exactly while the member's node has power.
VALIDATOR_PREFIX: Final = "nodes/validator/"
#: ``nodes/key/<consensus key>`` stands there for ever, once a node was registered with the key.
CONSENSUS_KEY_PREFIX: Final = "nodes/key/"


def is_validator(read: Read, address: str) -> bool:
    """Return whether the node of the member at ``address`` has a say in which blocks are made."""
    return read(VALIDATOR_PREFIX + address) is not None


def is_consensus_key(read: Read, public_key: str) -> bool:
    """Return whether a node is or was registered with this key (64 hex digits)."""
    return read(CONSENSUS_KEY_PREFIX + public_key) is not None
