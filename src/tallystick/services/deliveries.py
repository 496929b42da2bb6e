"""Deliveries: the supplier puts one on the ledger, the buyer countersigns or refuses (mission E2 to E5)."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from tallystick.contracts import countersignature, delivery, signing_keys
from tallystick.errors import Conflict, Malformed, NotFound, Rejection
from tallystick.evidence.delivery import delivery_statement, media_hash
from tallystick.records.models import Delivery, Member, Transmission
from tallystick.services import media, outbox
from tallystick.services.access import Actor
from tallystick.services.installation import Installation
from tallystick.services.numbers import next_reference
from tallystick.values import canonical
from tallystick.values.clock import milliseconds

MAX_NOTE: Final = 1000
#: Stages in which the ledger may still know more than the row.
OPEN: Final = frozenset({"sending", "waiting", "signed"})


def find(actor: Actor, reference: str) -> Delivery:
    """Return a delivery that the actor's member made or received.

    Raises:
        NotFound: ``unknown_delivery``.
    """
    rows = Delivery.objects.visible_to(actor.member_id).select_related("supplier", "buyer", "sent", "answer")
    row = rows.filter(reference=reference).first()
    if row is None:
        raise NotFound("unknown_delivery", "There is no such delivery.")
    return row


def submit(
    installation: Installation, actor: Actor, *, buyer: str, media_ids: Sequence[int], due_at: datetime
) -> Delivery:
    """Put a delivery on the ledger, for its buyer to countersign.

    Args:
        buyer: account address.
        media_ids: uploaded files of the member's, in the order in which they count.
        due_at: when an answer is due; a late one still counts.

    Raises:
        Forbidden: ``not_permitted``.
        NotFound: ``unknown_buyer``, ``unknown_media``.
        Malformed: ``no_media``, ``too_many_media``, ``bad_due_date``.
        Conflict: ``own_buyer``.
        Rejection: with the ledger's code when the contract refuses; the files stay for another try.
    """
    supplier_id = actor.require("record_delivery")
    receiver = _buyer(buyer, supplier_id)
    now = installation.clock.now()
    if due_at <= now:
        raise Malformed("bad_due_date", "The answer must be due after now.")
    reference = next_reference("DL", now.year)
    with transaction.atomic():
        files = media.loose(actor, list(media_ids))
        media_of = tuple(media.as_medium(row) for row in files)
        supplier = Member.objects.get(pk=supplier_id)
        asked = countersignature.Ask(receiver.address, media_of, milliseconds(due_at))
        sent = outbox.enqueue(
            supplier.address, "countersignature", "request", asked.as_arguments(), installation.clock.now()
        )
        row = Delivery.objects.create(
            reference=reference,
            supplier=supplier,
            buyer=receiver,
            stage="sending",
            due_at=due_at,
            media_hash=media_hash(media_of),
            sent=sent,
            created_by_id=actor.user_id,
            created_at=now,
        )
        for position, file in enumerate(files):
            file.delivery, file.position = row, position
            file.save(update_fields=["delivery", "position"])
    outbox.relay(installation)
    return follow(installation, row)


def statement(installation: Installation, actor: Actor, reference: str) -> bytes:
    """Return what the buyer signs, for a key that is not in this installation's store.

    Raises:
        NotFound: ``unknown_delivery``. Conflict: ``not_waiting``. Forbidden: ``not_permitted``.
    """
    return _statement(installation, _for_answer(installation, actor, reference))


def sign(
    installation: Installation, actor: Actor, reference: str, *, key: str = "", signature: str = ""
) -> Delivery:
    """Countersign a delivery, and store its record.

    Args:
        key, signature: of a key that the buyer holds elsewhere (64 and 128 hex digits) over ``statement``;
            left out, the buyer's key in this installation's store signs.

    Raises:
        NotFound: ``unknown_delivery``; Conflict: ``not_waiting``; Forbidden: ``not_permitted``.
        Rejection: with the ledger's code when the contract refuses the signature.
    """
    row = _for_answer(installation, actor, reference)
    if not key:
        key = installation.keys.public_key(row.buyer.address).hex()
        signature = installation.keys.sign(row.buyer.address, _statement(installation, row)).hex()
    signed = countersignature.Sign(row.supplier.address, row.request, key, signature)
    recorded = delivery.Record(row.supplier.address, row.request)
    with transaction.atomic():
        _answer(installation, actor, row, "sign", signed)
        outbox.enqueue(
            row.buyer.address, "delivery", "record", recorded.as_arguments(), installation.clock.now()
        )
    outbox.relay(installation)
    return _answered(installation, row)


def refuse(installation: Installation, actor: Actor, reference: str, reason: str, note: str = "") -> Delivery:
    """Refuse to countersign, for a reason of the contract's list; the note goes to the supplier alone.

    Raises:
        Malformed: ``unknown_reason``; and as ``sign``.
    """
    row = _for_answer(installation, actor, reference)
    if reason not in countersignature.REASONS:
        known = ", ".join(countersignature.REASONS)
        raise Malformed("unknown_reason", f"A refusal names one of these reasons: {known}.")
    row.reason, row.note, row.note_salt = reason, note.strip()[:MAX_NOTE], secrets.token_hex(32)
    digest = canonical.digest({"note": row.note, "salt": row.note_salt}) if row.note else None
    refused = countersignature.Refuse(row.supplier.address, row.request, reason, digest)
    with transaction.atomic():
        _answer(installation, actor, row, "refuse", refused)
    outbox.relay(installation)
    return _answered(installation, row)


def withdraw(installation: Installation, actor: Actor, reference: str) -> Delivery:
    """Take back a delivery that its buyer has not answered.

    Raises:
        NotFound: ``unknown_delivery``; Conflict: ``not_waiting``; Forbidden: ``not_permitted``.
    """
    supplier_id = actor.require("record_delivery")
    row = follow(installation, find(actor, reference))
    if row.supplier_id != supplier_id:
        raise NotFound("unknown_delivery", "There is no such delivery.")
    _require_waiting(row)
    with transaction.atomic():
        taken = countersignature.Withdraw(row.request).as_arguments()
        outbox.enqueue(row.supplier.address, "countersignature", "withdraw", taken, installation.clock.now())
    outbox.relay(installation)
    return follow(installation, row)


def follow(installation: Installation, row: Delivery) -> Delivery:
    """Bring a delivery up to what the ledger says of it.

    Raises:
        Rejection: with the ledger's code when it would not have the request; its files are free again.
    """
    if row.stage not in OPEN:
        return row
    if not row.request and row.sent is not None:
        row.sent.refresh_from_db()
        if row.sent.code not in ("", "ok"):
            return _failed(row, row.sent)
        row.request = row.sent.address
    if row.request:
        read = installation.ledger.read
        kept = countersignature.request_from_state(read, row.supplier.address, row.request)
        if kept is not None:
            row.stage, row.reason = kept.status, kept.reason or row.reason
            row.record = delivery.record_of_request(read, row.supplier.address, row.request) or ""
        if row.record:
            found = delivery.record_from_state(read, row.supplier.address, row.record)
            row.stage, row.record_hash = "recorded", "" if found is None else found.record_hash
    row.save()
    return row


def register_key(installation: Installation, actor: Actor, key: str, possession: str) -> None:
    """Register a key that the buyer's own browser or device holds, to countersign with.

    Args:
        key: 64 hex digits.
        possession: its signature over ``signing_keys.key_statement``, 128 hex digits.

    Raises:
        Forbidden: ``not_permitted``.
        Rejection: with the ledger's code when the contract refuses.
    """
    member = Member.objects.get(pk=actor.require("countersign"))
    arguments = signing_keys.Register(key, possession).as_arguments()
    sent = outbox.enqueue(member.address, "signing_keys", "register", arguments, installation.clock.now())
    outbox.relay(installation)
    _require_taken(sent)


def _buyer(address: str, supplier_id: int) -> Member:
    member = Member.objects.filter(address=address).first()
    if member is None or "enterprise" not in member.roles:
        raise NotFound("unknown_buyer", "No enterprise has that account address here.")
    if member.pk == supplier_id:
        raise Conflict("own_buyer", "A supplier cannot countersign its own deliveries.")
    return member


def _for_answer(installation: Installation, actor: Actor, reference: str) -> Delivery:
    buyer_id = actor.require("countersign")
    row = follow(installation, find(actor, reference))
    if row.buyer_id != buyer_id:
        raise NotFound("unknown_delivery", "There is no such delivery for you to answer.")
    _require_waiting(row)
    return row


def _require_waiting(row: Delivery) -> None:
    if row.stage != "waiting":
        raise Conflict("not_waiting", f"The delivery is {row.stage}; only a waiting one is answered.")


def _statement(installation: Installation, row: Delivery) -> bytes:
    return delivery_statement(
        installation.ledger.chain_id, row.request, row.supplier.address, row.buyer.address, row.media_hash
    )


def _answer(
    installation: Installation,
    actor: Actor,
    row: Delivery,
    action: str,
    arguments: countersignature.Sign | countersignature.Refuse,
) -> None:
    now = installation.clock.now()
    row.answer = outbox.enqueue(row.buyer.address, "countersignature", action, arguments.as_arguments(), now)
    row.answered_by_id, row.answered_at = actor.user_id, now
    row.save()


def _answered(installation: Installation, row: Delivery) -> Delivery:
    if row.answer is not None:
        _require_taken(row.answer)
    return follow(installation, row)


def _require_taken(sent: Transmission) -> None:
    sent.refresh_from_db()
    if sent.code not in ("", "ok"):
        raise Rejection(sent.code, sent.message)


def _failed(row: Delivery, sent: Transmission) -> Delivery:
    with transaction.atomic():
        row.stage = "failed"
        row.save(update_fields=["stage"])
        row.media.update(delivery=None)
    raise Rejection(sent.code, sent.message)
