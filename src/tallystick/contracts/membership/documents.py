"""What transactions of membership carry, and the statements by which a new key proves that it is held."""

import re
from collections.abc import Sequence
from typing import Annotated, Final

import msgspec

from tallystick.contracts.membership.rules import ROLES
from tallystick.contracts.shapes import Address, Arguments, PublicKey, Signature
from tallystick.errors import Malformed
from tallystick.values import canonical

MAX_NAME_LENGTH: Final = 200
#: A founding member takes three state keys, and one call may write 1,024; the others join afterwards.
MAX_FOUNDERS: Final = 300

# Listed by code point and not asked of the Unicode tables, which differ between versions of Python:
# controls, joiners and direction marks, invisible characters, blanks other than the plain ones.
_UNFIT_IN_NAME = re.compile(
    r"[\x00-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U000e0000-\U000e0fff]"
    r"|\A[ \u3000]|[ \u3000]\Z"
)

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_LENGTH)]
RoleName = Annotated[str, msgspec.Meta(max_length=16)]
Roles = Annotated[Sequence[RoleName], msgspec.Meta(min_length=1, max_length=len(ROLES))]


class Founder(Arguments, frozen=True):
    """A member that the genesis document names."""

    public_key: PublicKey
    roles: Roles
    name: Name


class Founding(Arguments, frozen=True):
    """The contract's part of the genesis document."""

    members: Annotated[Sequence[Founder], msgspec.Meta(max_length=MAX_FOUNDERS)]


class Join(Arguments, frozen=True):
    """Admit a member; ``possession`` is its key's signature over ``join_statement``."""

    public_key: PublicKey
    possession: Signature
    roles: Roles
    name: Name


class Joined(msgspec.Struct, frozen=True):
    """What ``join`` answers: the address of the new account."""

    address: str


class RotateKey(Arguments, frozen=True):
    """Change the sender's key; ``possession`` is the new key's signature over ``rotate_statement``."""

    public_key: PublicKey
    possession: Signature


class Suspend(Arguments, frozen=True):
    """Stop a member from acting until it is reinstated."""

    address: Address


class Reinstate(Arguments, frozen=True):
    """Let a suspended member act again."""

    address: Address


class Leave(Arguments, frozen=True):
    """Leave the consortium for good."""


def join_statement(chain_id: str, public_key: str) -> bytes:
    """Return what a new member's key (64 hex digits) signs to prove that it is held."""
    return canonical.encode(
        {"chain_id": chain_id, "public_key": public_key, "purpose": "tallystick/membership/join/1"}
    )


def rotate_statement(chain_id: str, address: str, public_key: str) -> bytes:
    """Return what the next key (64 hex digits) of the member at ``address`` signs: proof that it is held."""
    return canonical.encode(
        {
            "address": address,
            "chain_id": chain_id,
            "public_key": public_key,
            "purpose": "tallystick/membership/rotate/1",
        }
    )


def check_name(name: str) -> str:
    """Return ``name`` if it can be shown: no control, direction or invisible characters, no outer blanks.

    Raises:
        Malformed: ``bad_name``.
    """
    if _UNFIT_IN_NAME.search(name):
        raise Malformed("bad_name", "A name may not hold invisible characters or begin or end with a blank.")
    return name


def check_roles(roles: Sequence[str]) -> tuple[str, ...]:
    """Return the roles in the order of ``ROLES``.

    Raises:
        Malformed: ``unknown_role``, ``repeated_role``.
    """
    for role in roles:
        if role not in ROLES:
            raise Malformed("unknown_role", f"There is no role {role!r}; the roles are {', '.join(ROLES)}.")
        if roles.count(role) > 1:
            raise Malformed("repeated_role", f"The role {role} is named twice.")
    return tuple(role for role in ROLES if role in roles)
