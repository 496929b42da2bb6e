"""Lists of deliveries: what waits for the asker's answer, and what its member has made and received."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from tallystick.records.models import Delivery
from tallystick.services.access import Actor
from tallystick.services.installation import Installation
from tallystick.web.cards.delivery import DeliveryCard, delivery_card, followed

PER_PAGE: Final = 20
INBOX_AT_MOST: Final = 100
#: Deliveries on their way that one look at a list asks the ledger about.
FOLLOWED_AT_MOST: Final = 50
SIDES: Final = ("", "made", "received")


@dataclass(frozen=True)
class DeliveryList:
    """One page of a member's deliveries: of one side, or of both (``side`` is empty)."""

    side: str
    page: Page[Delivery]
    rows: list[DeliveryCard]


def inbox(installation: Installation, actor: Actor) -> list[DeliveryCard]:
    """Return what waits for the asker's countersignature, the most urgent first."""
    if not actor.may("countersign"):
        return []
    waiting = _of(actor).filter(buyer_id=actor.member_id, stage="waiting").order_by("due_at", "pk")
    cards = [delivery_card(installation, actor, row) for row in waiting[:INBOX_AT_MOST]]
    return [card for card in cards if "sign" in card.ways]


def delivery_list(installation: Installation, actor: Actor, asked: Mapping[str, Any]) -> DeliveryList:
    """Return the page that ``asked`` names (``side``, ``page``); what cannot be meant is left aside."""
    side = asked.get("side", "") if asked.get("side") in SIDES else ""
    rows = _of(actor)
    if side:
        rows = rows.filter(**{"supplier_id" if side == "made" else "buyer_id": actor.member_id})
    page = Paginator(rows, PER_PAGE).get_page(asked.get("page"))
    return DeliveryList(side, page, [delivery_card(installation, actor, row) for row in page])


def follow_all(installation: Installation, actor: Actor) -> None:
    """Bring the member's deliveries that are on their way up to what the ledger says."""
    for row in _of(actor).filter(stage__in=("sending", "signed"))[:FOLLOWED_AT_MOST]:
        followed(installation, row)


def _of(actor: Actor) -> QuerySet[Delivery]:
    visible = Delivery.objects.visible_to(actor.member_id)
    found: QuerySet[Delivery] = visible.select_related("supplier", "buyer", "sent", "answer")
    return found
