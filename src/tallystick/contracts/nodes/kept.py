"""Nodes, validators and ballots as the ledger keeps them, and how each record is read.

``nodes/validator/<member>`` stands in the state exactly while the member's node has power. A member's ballots
stand only while it is a validator, so that none of a former term comes back to life in a later one.
"""

from typing import Final

from tallystick.contracts.membership.office import VALIDATOR_PREFIX
from tallystick.contracts.shapes import Kept, Read, decode_kept, read_kept
from tallystick.ledger.protocols import Call, Reader

NODE_PREFIX: Final = "nodes/node/"
ID_PREFIX: Final = "nodes/id/"
BALLOTS_PREFIX: Final = "nodes/ballots/"
CHANGE_PREFIX: Final = "nodes/change/"
UPGRADES_KEY: Final = "nodes/upgrades"


class Node(Kept, frozen=True):
    """What the ledger says about one member's node.

    Attributes:
        address: the member's account address.
        consensus_key: Ed25519 key with which it votes on blocks, 64 hex digits.
        endpoint: where its peers reach it, ``host:port``, or None.
        node_id: under which its peers let it in, 40 hex digits.
        registered_at: block time, milliseconds since 1970 UTC.
    """

    address: str
    consensus_key: str
    endpoint: str | None
    node_id: str
    registered_at: int


class NodeIdUse(Kept, frozen=True):
    """Which member says that a node id is its node's; two members may say so of one."""

    address: str


class Validator(Kept, frozen=True):
    """A node with power, or in a ballot, what a node's power shall be.

    Attributes:
        consensus_key: with which it votes on blocks, 64 hex digits.
        member: account address of the member who runs it.
        power: its weight; 0 only in a ballot.
    """

    consensus_key: str
    member: str
    power: int


class Upgrade(Kept, frozen=True):
    """A protocol version and the height of the first block under it."""

    height: int
    version: int


class Upgrades(Kept, frozen=True):
    """All upgrades decided, by height and by version rising; only the last can be still to come."""

    upgrades: tuple[Upgrade, ...] = ()


class Ballots(Kept, frozen=True):
    """What one validator has agreed to and is not done: at most one power for each member, one upgrade."""

    appointments: tuple[Validator, ...] = ()
    upgrade: Upgrade | None = None


class PowerChange(Kept, frozen=True):
    """The power of one consensus key before and after a block."""

    after: int
    before: int
    consensus_key: str
    member: str


class Changes(Kept, frozen=True):
    """The changes of power that one block made, each key once, in the order of the keys."""

    changes: tuple[PowerChange, ...] = ()


def node_from_state(read: Read, address: str) -> Node | None:
    """Return the node of the member at ``address``, or None; raises Corruption ``damaged_state``."""
    return read_kept(read, NODE_PREFIX + address, Node)


def validator_from_state(read: Read, address: str) -> Validator | None:
    """Return the member's node if it has power, or None; raises Corruption ``damaged_state``."""
    return read_kept(read, VALIDATOR_PREFIX + address, Validator)


def validators_from_state(reader: Reader) -> tuple[Validator, ...]:
    """Return all who have power, in the order of their members' addresses; none on a chain of one node.

    Raises:
        Corruption: ``damaged_state``.
    """
    return tuple(decode_kept(key, value, Validator) for key, value in reader.scan(VALIDATOR_PREFIX))


def ballots_from_state(read: Read, address: str) -> Ballots:
    """Return what the validator of the member at ``address`` has agreed to and is not done."""
    return read_kept(read, BALLOTS_PREFIX + address, Ballots) or Ballots()


def upgrades_from_state(read: Read) -> tuple[Upgrade, ...]:
    """Return all upgrades decided, the earliest first."""
    return (read_kept(read, UPGRADES_KEY, Upgrades) or Upgrades()).upgrades


def change_key(height: int) -> str:
    """Return the state key under which the block at ``height`` keeps its changes of power."""
    return f"{CHANGE_PREFIX}{height:016d}"


def changes_from_state(read: Read, height: int) -> tuple[PowerChange, ...]:
    """Return the changes of power that the block at ``height`` made, in the order of the consensus keys."""
    return (read_kept(read, change_key(height), Changes) or Changes()).changes


def keep_or_delete(call: Call, key: str, kept: Kept, is_empty: bool) -> None:
    """Write a record, or remove it when nothing is left in it."""
    if is_empty:
        call.delete(key)
    else:
        call.put(key, kept.encoded())
