"""Membership: who belongs to the consortium, in which roles, with which key, and who decides it (E1).

``rules`` is the contract as two tables; ``documents`` is what transactions carry and keys sign;
``members`` is what the ledger keeps and how it is read; ``actions`` carries the rules out.
"""

from tallystick.contracts.membership.actions import CONTRACT
from tallystick.contracts.membership.documents import (
    Founder,
    Founding,
    Join,
    Joined,
    Leave,
    Reinstate,
    RotateKey,
    Suspend,
    check_name,
    check_roles,
    join_statement,
    rotate_statement,
)
from tallystick.contracts.membership.members import (
    KEY_PREFIX,
    MEMBER_PREFIX,
    KeyUse,
    Member,
    key_use_from_state,
    member,
    member_from_state,
    members,
    require_member,
    require_role,
)
from tallystick.contracts.membership.rules import ROLES, RULES, Status

__all__ = [
    "CONTRACT",
    "KEY_PREFIX",
    "MEMBER_PREFIX",
    "ROLES",
    "RULES",
    "Founder",
    "Founding",
    "Join",
    "Joined",
    "KeyUse",
    "Leave",
    "Member",
    "Reinstate",
    "RotateKey",
    "Status",
    "Suspend",
    "check_name",
    "check_roles",
    "join_statement",
    "key_use_from_state",
    "member",
    "member_from_state",
    "members",
    "require_member",
    "require_role",
    "rotate_statement",
]
