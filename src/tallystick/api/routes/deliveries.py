"""Deliveries: put one on the ledger, read it, countersign or refuse it."""

from django.http import HttpRequest
from ninja import Path, Query, Router, Status

from tallystick.api.auth import actor
from tallystick.api.paging import PageOf, page
from tallystick.api.presenting_evidence import delivery, require_zone
from tallystick.api.schemas.common import Reference
from tallystick.api.schemas.evidence import (
    Countersign,
    Delivery,
    DeliveryPage,
    Refuse,
    RegisterKey,
    Statement,
    SubmitDelivery,
)
from tallystick.bootstrap.parts import installation
from tallystick.errors import Malformed
from tallystick.records.models import Delivery as Row
from tallystick.services import deliveries

router = Router()


@router.get("", response=DeliveryPage, summary="Deliveries", operation_id="list_deliveries")
def list_deliveries(request: HttpRequest, asked: Query[PageOf]) -> DeliveryPage:
    """Return what the asker's member has delivered and received, newest first."""
    rows = Row.objects.visible_to(actor(request).member_id).select_related("supplier", "buyer")
    found, following = page(rows, asked, descending=True)
    return DeliveryPage(items=[delivery(row) for row in found], next=following)


@router.post("", response={201: Delivery}, summary="Record a delivery", operation_id="submit_delivery")
def submit(request: HttpRequest, sent: SubmitDelivery) -> Status[Delivery]:
    """Put a delivery on the ledger; answers with the storage address as soon as the ledger has it."""
    made = deliveries.submit(
        installation(),
        actor(request),
        buyer=sent.buyer,
        media_ids=sent.media,
        due_at=require_zone(sent.due_at),
    )
    return Status(201, delivery(made))


@router.post("/keys", response={204: None}, summary="Register a key", operation_id="register_signing_key")
def register_key(request: HttpRequest, sent: RegisterKey) -> Status[None]:
    """Register a key that is held outside this installation, to countersign with."""
    deliveries.register_key(installation(), actor(request), sent.key, sent.possession)
    return Status(204, None)


@router.get("/{reference}", response=Delivery, summary="A delivery", operation_id="read_delivery")
def read_delivery(request: HttpRequest, reference: Path[Reference]) -> Delivery:
    """Return a delivery as the ledger has it now."""
    asker = actor(request)
    return delivery(deliveries.follow(installation(), deliveries.find(asker, reference)))


@router.get(
    "/{reference}/statement", response=Statement, summary="What to sign", operation_id="read_statement"
)
def statement(request: HttpRequest, reference: Path[Reference]) -> Statement:
    """Return the bytes over which a key outside this installation countersigns."""
    return Statement(text=deliveries.statement(installation(), actor(request), reference).decode())


@router.post(
    "/{reference}/countersignature", response=Delivery, summary="Countersign", operation_id="countersign"
)
def countersign(request: HttpRequest, reference: Path[Reference], sent: Countersign) -> Delivery:
    """Countersign as the buyer; the record is stored with it."""
    if (sent.key is None) != (sent.signature is None):
        raise Malformed("key_and_signature", "Send key and signature together, or neither.")
    signed = deliveries.sign(
        installation(), actor(request), reference, key=sent.key or "", signature=sent.signature or ""
    )
    return delivery(signed)


@router.post("/{reference}/refusal", response=Delivery, summary="Refuse", operation_id="refuse_delivery")
def refuse(request: HttpRequest, reference: Path[Reference], sent: Refuse) -> Delivery:
    """Refuse as the buyer, for a reason."""
    return delivery(deliveries.refuse(installation(), actor(request), reference, sent.reason, sent.note))


@router.post(
    "/{reference}/withdrawal", response=Delivery, summary="Take back", operation_id="withdraw_delivery"
)
def withdraw(request: HttpRequest, reference: Path[Reference]) -> Delivery:
    """Take back, as the supplier, what the buyer has not answered."""
    return delivery(deliveries.withdraw(installation(), actor(request), reference))
