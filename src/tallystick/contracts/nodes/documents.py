"""What transactions of nodes carry and answer, and the statement by which a consensus key proves itself."""

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec

from tallystick.contracts.nodes.rules import MAX_TOTAL_POWER, MAX_VALIDATORS, MAX_VERSION
from tallystick.contracts.shapes import Address, Arguments, PublicKey, Signature
from tallystick.values import canonical

MAX_ENDPOINT_LENGTH: Final = 260

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
_PORT = r"(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"

#: Name under which a CometBFT node is met by its peers: 20 bytes of its own key's SHA-256, lower-case hex.
NodeId = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{40}\Z")]
#: Where the others reach the node: host name, IPv4 address or IPv6 address in brackets; colon; port.
Endpoint = Annotated[
    str,
    msgspec.Meta(
        pattern=rf"\A(?:{_NAME}|\[[0-9A-Fa-f:.]+\]):{_PORT}\Z",
        max_length=MAX_ENDPOINT_LENGTH,
    ),
]
Power = Annotated[int, msgspec.Meta(ge=0, le=MAX_TOTAL_POWER)]


class FoundingNode(Arguments, frozen=True):
    """A validator that the genesis document names; ``operator`` is its member's account key."""

    operator: PublicKey
    consensus_key: PublicKey
    node_id: NodeId
    power: Annotated[int, msgspec.Meta(ge=1, le=MAX_TOTAL_POWER)]
    endpoint: Endpoint | None = None


class FoundingNodes(Arguments, frozen=True):
    """The contract's part of the genesis document."""

    nodes: Annotated[Sequence[FoundingNode], msgspec.Meta(min_length=1, max_length=MAX_VALIDATORS)]


class Register(Arguments, frozen=True):
    """Name the sender's node, or another in its place.

    Attributes:
        consensus_key: Ed25519 key with which the node votes on blocks.
        possession: that key's signature over ``register_statement``.
        node_id: under which its peers let it in.
        endpoint: where they reach it, if it can be reached.
    """

    consensus_key: PublicKey
    possession: Signature
    node_id: NodeId
    endpoint: Endpoint | None = None


class Appoint(Arguments, frozen=True):
    """Agree that the node of ``member`` (account address) shall have ``power``; 0 takes it away."""

    member: Address
    power: Power


class Retire(Arguments, frozen=True):
    """Give up the power of the sender's own node."""


class ScheduleUpgrade(Arguments, frozen=True):
    """Agree that protocol ``version`` shall be in force from the block at ``height`` on."""

    version: Annotated[int, msgspec.Meta(ge=1, le=MAX_VERSION)]
    height: Annotated[int, msgspec.Meta(ge=1, le=canonical.MAX_INTEGER)]


class Outcome(msgspec.Struct, frozen=True):
    """What an action answers that validators agree on together.

    Attributes:
        agreed_power: power of those who have agreed to exactly this so far; 0 for a ballot taken back.
        took_effect: whether it was enough, and is done.
        total_power: all power before it took effect.
    """

    agreed_power: int
    took_effect: bool
    total_power: int


def register_statement(chain_id: str, address: str, consensus_key: str) -> bytes:
    """Return what a node's consensus key (64 hex digits) signs: it is held for the member at ``address``."""
    return canonical.encode(
        {
            "address": address,
            "chain_id": chain_id,
            "consensus_key": consensus_key,
            "purpose": "tallystick/nodes/register/1",
        }
    )
