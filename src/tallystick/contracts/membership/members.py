"""Members as the ledger keeps them: reading one, and asking that the sender is one in good standing.

``membership/member/<address>`` holds a ``Member``; ``membership/key/<public key>`` names the one account
that a key belongs, or ever belonged, to. Which key signs for a member now stands in its account.
"""

from collections.abc import Iterator
from typing import Final

from tallystick.contracts.membership.rules import Status
from tallystick.contracts.shapes import Kept, Read, decode_kept, read_kept
from tallystick.errors import Forbidden, NotFound
from tallystick.ledger.protocols import Call, Reader

MEMBER_PREFIX: Final = "membership/member/"
KEY_PREFIX: Final = "membership/key/"


class Member(Kept, frozen=True):
    """What the ledger says about one member.

    Attributes:
        address: account address; it stays when the key changes.
        joined_at: block time of joining, milliseconds since 1970 UTC.
        name: as the consortium knows it; every member can read it.
        roles: in the order of ``ROLES``.
        status: whether it may act.
    """

    address: str
    joined_at: int
    name: str
    roles: tuple[str, ...]
    status: Status


class KeyUse(Kept, frozen=True):
    """Which account a key was taken for, and when (block time, milliseconds); never deleted."""

    address: str
    used_from: int


def member_from_state(read: Read, address: str) -> Member | None:
    """Return the member at ``address`` whatever its status, or None.

    Raises:
        Corruption: ``damaged_state``.
    """
    return read_kept(read, MEMBER_PREFIX + address, Member)


def key_use_from_state(read: Read, public_key: str) -> KeyUse | None:
    """Return which member a key (64 hex digits) belongs or belonged to, or None.

    Raises:
        Corruption: ``damaged_state``.
    """
    return read_kept(read, KEY_PREFIX + public_key, KeyUse)


def member(reader: Reader, address: str) -> Member:
    """Return the member at ``address`` whatever its status.

    Raises:
        NotFound: ``unknown_member``.
    """
    found = member_from_state(reader.get, address)
    if found is None:
        raise NotFound("unknown_member", "There is no member with this address in the consortium.")
    return found


def members(reader: Reader) -> Iterator[Member]:
    """Yield every member whatever its status, in the order of their addresses.

    Raises:
        Corruption: ``damaged_state``.
    """
    for key, value in reader.scan(MEMBER_PREFIX):
        yield decode_kept(key, value, Member)


def require_member(call: Call) -> Member:
    """Return the sender, who must be an active member.

    Raises:
        Forbidden: ``not_a_member``, ``sender_not_active``.
    """
    sender = member_from_state(call.get, call.sender)
    if sender is None:
        raise Forbidden("not_a_member", "The sender is not a member of the consortium.")
    if sender.status != "active":
        raise Forbidden("sender_not_active", f"The sender is {sender.status} and may not act.")
    return sender


def require_role(call: Call, role: str) -> Member:
    """Return the sender, who must be an active member in ``role``.

    Raises:
        Forbidden: ``role_required``; ``not_a_member``, ``sender_not_active``.
    """
    sender = require_member(call)
    if role not in sender.roles:
        raise Forbidden("role_required", f"Only a member in the role {role} may do this.", role=role)
    return sender
