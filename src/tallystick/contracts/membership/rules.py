"""The contract of membership as two tables: the roles, and who may change whose standing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Status = Literal["active", "suspended", "departed"]

#: Each role and what it stands for, in the order in which a member's roles are kept.
ROLES: Final[Mapping[str, str]] = {
    "lender": "lends: opens loan cases and anchors their steps",
    "enterprise": "takes part in trade: supplier, buyer or applicant",
    "person": "a natural person who applies for loans",
    "operator": "runs a node: admits, suspends and reinstates members",
    "auditor": "verifies records; no action asks for this role",
}

ITSELF: Final = "itself"


@dataclass(frozen=True)
class Rule:
    """One row of the table of membership; nobody whose node has validator power ceases to be active.

    Attributes:
        by: the role that the sender must hold as an active member, or ``ITSELF``: the member concerned.
        before: status that the member concerned must have; None: it is not a member yet.
        after: status that it has afterwards.
    """

    by: str
    before: Status | None
    after: Status


RULES: Final[Mapping[str, Rule]] = {
    # action               by        before       after
    "join": Rule("operator", None, "active"),
    "rotate_key": Rule(ITSELF, "active", "active"),
    "suspend": Rule("operator", "active", "suspended"),
    "reinstate": Rule("operator", "suspended", "active"),
    "leave": Rule(ITSELF, "active", "departed"),
}
