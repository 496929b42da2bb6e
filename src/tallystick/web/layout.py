"""Which cards and which ways the page of an application has; ``services.sight`` says what is in them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tallystick.records.models import Application
from tallystick.services import sight
from tallystick.services.access import Actor
from tallystick.services.sight import Side

_BOTH: Final = frozenset({Side.APPLICANT, Side.LENDER})
_LENDER: Final = frozenset({Side.LENDER})

#: Card of the page -> the sides that are shown it.
CARDS: Final[Mapping[str, frozenset[Side]]] = MappingProxyType(
    {
        "reasons": _BOTH,
        "offer": _BOTH,
        "limits": _LENDER,
        "admission": _LENDER,
        "grading": _LENDER,
        "request": _BOTH,
        "documents": _BOTH,
        "anchors": _BOTH,
        "history": _BOTH,
    }
)
#: Cards that hold what the applicant has written and handed in.
PAPERS: Final = frozenset({"request", "documents"})

#: Address of a page -> the use case that it carries out (``sight.WAYS``).
WAYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "form": "fill",
        "accept": "confirm",
        "withdraw": "withdraw",
        "assign": "assign_programme",
        "assess": "assess",
        "admit": "admit_referred",
        "offer": "make_offer",
        "decline": "decline",
        "pay": "disburse",
    }
)


def shown(side: Side, application: Application) -> frozenset[str]:
    """Return the cards that the side is shown; a card may still have nothing to say yet."""
    with_papers = sight.sees_papers(side, application)
    return frozenset(
        card for card, sides in CARDS.items() if side in sides and (with_papers or card not in PAPERS)
    )


def open_ways(actor: Actor, application: Application) -> frozenset[str]:
    """Return the addresses by which the actor can move the application now."""
    possible = sight.possible(actor, application)
    return frozenset(address for address, use_case in WAYS.items() if use_case in possible)
