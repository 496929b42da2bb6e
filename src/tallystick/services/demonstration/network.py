"""The demonstration on a network: who runs a node, whom each installation hosts, and who signs in where.

Lenders, a supplier and a buyer each run a node with a database of their own. A supplier applies on the
lender's site, where its person has a login; its own node follows the ledger and checks what is anchored. It
records deliveries on its own site; the buyer's and the lenders' installations fetch them from there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from tallystick.records.models import Member
from tallystick.services import consortium
from tallystick.services.demonstration.consortium import (
    PARTS,
    Login,
    Part,
    People,
    admitted,
    let_in,
    logins,
    offer_invoice_loan,
)
from tallystick.services.demonstration.journey import Line, carry
from tallystick.services.demonstration.requests import sample_requests
from tallystick.services.installation import Installation

_PARTS: Final = MappingProxyType({part.key: part for part in PARTS})
_OPERATOR: Final = ("operator",)


@dataclass(frozen=True)
class Home:
    """What one member's installation holds.

    Attributes:
        key: the member that runs the node, a key of ``PARTS``.
        hosted: members whose keys are here too; this node's member admits them.
        known: members with nodes of their own whose people sign in here, or who are named in books.
        people: who signs in here.
    """

    key: str
    people: People
    hosted: tuple[str, ...] = ()
    known: tuple[str, ...] = ()

    @property
    def part(self) -> Part:
        """The member that runs the node."""
        return _PARTS[self.key]


HOMES: Final = (
    Home(
        "harbour",
        {
            "rubber.owner": ("rubber", ("applicant",)),
            "harbour.officer": ("harbour", ("credit_officer",)),
            "harbour.manager": ("harbour", ("business_manager",)),
            "harbour.operator": ("harbour", _OPERATOR),
        },
        known=("rubber", "tyres"),
    ),
    Home(
        "river",
        {
            "castings.owner": ("castings", ("applicant",)),
            "river.officer": ("river", ("credit_officer", "business_manager")),
            "river.operator": ("river", _OPERATOR),
        },
        hosted=("castings",),
        known=("tyres",),
    ),
    Home(
        "rubber",
        {
            "rubber.clerk": ("rubber", ("applicant", "delivery_clerk")),
            "rubber.operator": ("rubber", _OPERATOR),
        },
        known=("tyres", "harbour", "river"),
    ),
    Home(
        "tyres",
        {"tyres.clerk": ("tyres", ("delivery_clerk",)), "tyres.operator": ("tyres", _OPERATOR)},
        known=("rubber",),
    ),
    Home(
        "hill",
        {
            "hill.officer": ("hill", ("credit_officer", "business_manager")),
            "hill.operator": ("hill", _OPERATOR),
        },
    ),
)


def home_of(key: str) -> Home:
    """Return the home of the member with this key of ``PARTS``."""
    return next(home for home in HOMES if home.key == key)


def take_part(installation: Installation, home: Home) -> dict[str, Member]:
    """Set up one installation: its member, those it hosts and knows, its people; return members by key."""
    addresses = {one.name: one.address for one in consortium.members_on_ledger(installation)}
    members: dict[str, Member] = {}
    for key in (home.key, *home.known):
        part = _PARTS[key]
        members[key] = consortium.recognise(
            installation, addresses[part.name], name_zh=part.name_zh, credit_code=part.whole_credit_code
        )
    for key in home.hosted:
        members[key] = admitted(installation, members[home.key].address, _PARTS[key])
    if home.part.role == "lender":
        offer_invoice_loan(installation, members[home.key])
    let_in(installation, members, home.people)
    return members


def carry_all(installation: Installation, members: Mapping[str, Member], today: date) -> Iterator[Line]:
    """Carry the requests to the lender whose installation this is as far as they go."""
    own = installation.keys.addresses()
    for request in sample_requests(members, today):
        if request.lender.address in own:
            yield from carry(installation, request)


def logins_of(installation: Installation, home: Home) -> list[Login]:
    """Return how each person of one installation signs in."""
    return logins(installation, home.people)
