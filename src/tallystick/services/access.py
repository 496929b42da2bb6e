"""Who asks, and what they may do: one table for every use case."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tallystick.errors import Forbidden
from tallystick.records.models import User

#: Use case -> the user roles that may carry it out (for their own member only).
PERMISSIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "apply": frozenset({"applicant"}),
        "confirm_offer": frozenset({"applicant"}),
        "assign_programme": frozenset({"business_manager"}),
        "assess": frozenset({"credit_officer"}),
        "make_offer": frozenset({"credit_officer"}),
        "decline": frozenset({"credit_officer"}),
        "disburse": frozenset({"credit_officer"}),
        "publish_programme": frozenset({"business_manager"}),
        "record_delivery": frozenset({"delivery_clerk"}),
        "countersign": frozenset({"delivery_clerk"}),
        "grant_consent": frozenset({"applicant"}),
        "qualify": frozenset({"credit_officer"}),
        "read_policies": frozenset({"analyst", "business_manager", "credit_officer", "auditor"}),
        "draft_policy": frozenset({"analyst"}),
        "decide_policy": frozenset({"analyst", "business_manager"}),
        "administer": frozenset({"operator"}),
    }
)


@dataclass(frozen=True)
class Actor:
    """A user acting for a member.

    Attributes:
        user_id: row of the user.
        member_id: row of the member, or ``None`` for a user of none (who sees no member's rows).
        roles: the user's roles.
    """

    user_id: int
    member_id: int | None
    roles: frozenset[str]

    def may(self, use_case: str) -> bool:
        """Return whether one of the actor's roles allows ``use_case``."""
        return self.member_id is not None and bool(self.roles & PERMISSIONS[use_case])

    def require(self, use_case: str) -> int:
        """Return the actor's member when ``use_case`` is allowed.

        Raises:
            Forbidden: ``not_permitted`` otherwise.
        """
        if self.member_id is None or not self.may(use_case):
            raise Forbidden("not_permitted", "Your role does not allow this.", use_case=use_case)
        return self.member_id


def actor_of(user: User) -> Actor:
    """Return ``user`` as an actor."""
    return Actor(user.pk, user.member_id, frozenset(user.roles))
