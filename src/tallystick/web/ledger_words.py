"""What stands on the ledger, in words: standing and roles of members, contracts and their actions."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tallystick.services.ledger_state import AccountSeen
from tallystick.web.stages import Tone


@dataclass(frozen=True)
class Standing:
    """How an account stands, as word and tone."""

    word: str | Promise
    tone: Tone


#: Status of a member -> how it is shown.
STANDINGS: Final[Mapping[str, Standing]] = MappingProxyType(
    {
        "active": Standing(_("Active"), "good"),
        "suspended": Standing(_("Suspended"), "bad"),
        "departed": Standing(_("Departed"), "quiet"),
    }
)
#: Roles of members as the membership contract names them.
ROLES: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "lender": _("lender"),
        "enterprise": _("enterprise"),
        "person": _("person"),
        "operator": _("node operator"),
        "auditor": _("auditor"),
    }
)
#: Contract -> what it is for.
CONTRACTS: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "anchoring": _(
            "Records the steps of a loan in their order, as digests that tell nobody whose loan it is."
        ),
        "consent": _(
            "Records that an owner lets somebody use something, as a digest that tells nobody whom."
        ),
        "countersignature": _("Asks the buyer of a delivery to sign for it, and keeps the answer."),
        "delivery": _("Keeps the record of each delivery that its buyer has countersigned."),
        "membership": _("Says who is a member, in which roles, and with which key each member signs."),
        "nodes": _("Says which members run nodes, and which of the nodes decide on blocks."),
        "qualification": _("Gives a lender the delivery records of a supplier, and keeps that it asked."),
        "signing_keys": _("Says which other keys sign documents for a member."),
    }
)
#: Contract and action -> what the action does.
ACTIONS: Final[Mapping[tuple[str, str], str | Promise]] = MappingProxyType(
    {
        ("anchoring", "anchor"): _("A lender records one step of one of its loan cases."),
        ("consent", "grant"): _("A member consents to a use of something of its own, until a day."),
        ("consent", "withdraw"): _("A member takes back a consent."),
        ("countersignature", "refuse"): _("The buyer refuses to sign for a delivery, for a reason."),
        ("countersignature", "request"): _("A supplier asks the buyer to sign for a delivery."),
        ("countersignature", "sign"): _("The buyer signs for a delivery."),
        ("countersignature", "withdraw"): _("A supplier takes back its request."),
        ("delivery", "record"): _("A signed delivery becomes a record with a hash of its own."),
        ("membership", "join"): _("A node operator admits a member, whose key proves that it is held."),
        ("membership", "leave"): _("A member leaves the consortium for good."),
        ("membership", "reinstate"): _("A node operator lets a suspended member act again."),
        ("membership", "rotate_key"): _("A member changes the key that signs for it; its address stays."),
        ("membership", "suspend"): _("A node operator stops a member from acting until it is reinstated."),
        ("nodes", "appoint"): _("Validators agree on the power of a member's node."),
        ("nodes", "register"): _(
            "A node operator names its node, whose consensus key proves that it is held."
        ),
        ("nodes", "retire"): _("A validator gives up its own power."),
        ("nodes", "schedule_upgrade"): _(
            "Validators agree from which block on the next version is in force."
        ),
        ("qualification", "publish"): _("A lender publishes how far its queries reach."),
        ("qualification", "query"): _("A lender asks for the delivery records of a supplier."),
        ("signing_keys", "register"): _("A member registers a key that signs documents for it."),
        ("signing_keys", "revoke"): _("A member lets one of its signing keys sign no longer."),
    }
)


def standing_of(seen: AccountSeen) -> Standing:
    """Return how an account stands; one that is no member's is active or suspended."""
    status = seen.member.status if seen.member else ("active" if seen.account.active else "suspended")
    return STANDINGS[status]


def roles_of(seen: AccountSeen) -> str:
    """Return the roles of the account's member in words."""
    return " · ".join(str(ROLES.get(role, role)) for role in (seen.member.roles if seen.member else ()))
