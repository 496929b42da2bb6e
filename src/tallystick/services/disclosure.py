"""Who may read what of the shared ledger: the one place that decides it, as two tables.

Everybody who reads the ledger sees the frame of a call: where it stands, when, who sent it to which action
of which contract, what code it ended with, and its hash. Arguments, result and message are content, and so
are the wire bytes and every proof that holds them. Content that somebody may not read is shown as the
SHA-256 of the wire bytes; a signature is among those, so that nobody can find the content by guessing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from tallystick.errors import Forbidden


class Readers(StrEnum):
    """Who reads something: the users of every member, or those of one member, and the auditors."""

    MEMBERS = "members"
    OWNER = "owner"


#: Contract -> who reads what is sent to it; the owner of a call is the member that sent it.
CALLS: Final[Mapping[str, Readers]] = MappingProxyType(
    {
        "anchoring": Readers.OWNER,
        "consent": Readers.OWNER,
        "countersignature": Readers.OWNER,
        "delivery": Readers.OWNER,
        "membership": Readers.MEMBERS,
        "nodes": Readers.MEMBERS,
        "qualification": Readers.OWNER,
        "signing_keys": Readers.MEMBERS,
    }
)
#: A contract that is not listed is taken for one that keeps its members' secrets.
UNLISTED_CALLS: Final = Readers.OWNER
#: First part of a state key -> who reads what stands under it; the second part names the owner.
#: What is not listed is read by nobody.
STATE: Final[Mapping[str, Readers]] = MappingProxyType(
    {
        "accounts": Readers.MEMBERS,
        "anchoring": Readers.OWNER,
        "consent": Readers.OWNER,
        "countersignature": Readers.OWNER,
        "delivery": Readers.OWNER,
        "membership": Readers.MEMBERS,
        "nodes": Readers.MEMBERS,
        "qualification": Readers.OWNER,
        "signing_keys": Readers.MEMBERS,
    }
)


@dataclass(frozen=True)
class Viewer:
    """Somebody who reads the ledger.

    Attributes:
        member: account address of the member that they work for; empty for nobody's.
        is_auditor: whether they audit for the consortium.
    """

    member: str
    is_auditor: bool = False


def may_read_call(viewer: Viewer, contract: str, sender: str) -> bool:
    """Return whether the viewer reads the content of a call that ``sender`` made to ``contract``."""
    return _may_read(viewer, CALLS.get(contract, UNLISTED_CALLS), sender)


def may_read_state(viewer: Viewer, key: str) -> bool:
    """Return whether the viewer reads what the state holds under ``key``, or that it holds nothing."""
    first, slash, rest = key.partition("/")
    readers = STATE.get(first) if slash else None
    return readers is not None and _may_read(viewer, readers, rest.partition("/")[0])


def require_call(viewer: Viewer, contract: str, sender: str) -> None:
    """Check that the viewer reads the content of a call.

    Raises:
        Forbidden: ``not_yours_to_read``.
    """
    if not may_read_call(viewer, contract, sender):
        raise _not_yours()


def require_state(viewer: Viewer, key: str) -> None:
    """Check that the viewer reads what the state holds under ``key``.

    Raises:
        Forbidden: ``not_yours_to_read``.
    """
    if not may_read_state(viewer, key):
        raise _not_yours()


def _may_read(viewer: Viewer, readers: Readers, owner: str) -> bool:
    if not viewer.member:
        return False
    return readers is Readers.MEMBERS or viewer.is_auditor or viewer.member == owner


def _not_yours() -> Forbidden:
    return Forbidden(
        "not_yours_to_read", "Only the member that sent this and the auditors may read it; its hash is open."
    )
