"""What the main menu offers, by role."""

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: Stands for every role: whoever is signed in.
EVERYONE: Final[frozenset[str]] = frozenset()
LENDER_STAFF: Final = frozenset({"credit_officer", "business_manager"})


@dataclass(frozen=True)
class Entry:
    """One entry of the menu, as the table below states it."""

    label: str | Promise
    route: str
    roles: frozenset[str]


@dataclass(frozen=True)
class Link:
    """One entry as a reader sees it; ``current`` when the page lies under it."""

    label: str
    address: str
    current: bool


ENTRIES: Final[tuple[Entry, ...]] = (
    Entry(_("Overview"), "web:home", EVERYONE),
    Entry(_("Apply"), "web:apply", frozenset({"applicant"})),
    Entry(_("Deliveries"), "web:deliveries", frozenset({"delivery_clerk"})),
    Entry(_("Consents"), "web:consents", frozenset({"applicant"})),
    Entry(_("Qualification"), "web:qualifications", frozenset({"credit_officer"})),
    Entry(_("Programmes"), "web:programmes", LENDER_STAFF),
    Entry(_("Policies"), "web:policies", frozenset({"analyst", "business_manager"})),
    Entry(_("Ledger"), "web:ledger", EVERYONE),
)


def links(request: HttpRequest) -> list[Link]:
    """Return the menu for who asks; nothing for whoever has not signed in."""
    user = request.user
    if not user.is_authenticated:
        return []
    allowed = [entry for entry in ENTRIES if not entry.roles or entry.roles & set(user.roles)]
    made = [(str(entry.label), reverse(entry.route)) for entry in allowed]
    return [Link(label, address, _lies_under(request.path, address)) for label, address in made]


def _lies_under(path: str, address: str) -> bool:
    return path == address if address == reverse("web:home") else path.startswith(address)
