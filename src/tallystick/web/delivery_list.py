"""Lists of deliveries: what waits for the asker's answer, and what its member has made and received."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from tallystick.contracts.countersignature import request_from_state
from tallystick.records.models import Awaited, Delivery
from tallystick.services.access import Actor
from tallystick.services.installation import Installation
from tallystick.web.cards.delivery import DeliveryCard, delivery_card, followed
from tallystick.web.delivery_words import due_label
from tallystick.web.sentences import said
from tallystick.web.stages import StageLabel

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


@dataclass(frozen=True)
class AwaitedRow:
    """A delivery that the ledger says waits for the asker, and why its files are not here yet."""

    awaited: Awaited
    due_at: datetime
    due: StageLabel
    problem: str


def inbox(installation: Installation, actor: Actor) -> list[DeliveryCard]:
    """Return what waits for the asker's countersignature, the most urgent first."""
    if not actor.may("countersign"):
        return []
    waiting = _of(actor).filter(buyer_id=actor.member_id, stage="waiting").order_by("due_at", "pk")
    cards = [delivery_card(installation, actor, row) for row in waiting[:INBOX_AT_MOST]]
    return [card for card in cards if "sign" in card.ways]


def awaited(installation: Installation, actor: Actor) -> list[AwaitedRow]:
    """Return what waits for the asker's countersignature and is not here: its files lie with the supplier."""
    if not actor.may("countersign"):
        return []
    found = []
    for row in Awaited.objects.visible_to(actor.member_id).select_related("supplier")[:INBOX_AT_MOST]:
        kept = request_from_state(installation.ledger.read, row.supplier.address, row.request)
        if kept is not None and kept.status == "waiting":
            due_at = datetime.fromtimestamp(kept.due_at / 1000, UTC)
            problem = said(row.problem, row.problem) if row.problem else ""
            found.append(AwaitedRow(row, due_at, due_label(due_at, installation.clock.now()), problem))
    return found


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
