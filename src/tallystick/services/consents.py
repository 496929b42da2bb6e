"""Consents: an owner lets a lender read deliveries for a purpose until a day, and takes it back (E12, A1)."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from tallystick.contracts.consent import (
    Consent as OnLedger,
)
from tallystick.contracts.consent import Document, Grant, Withdraw, consent_digest, consent_from_state
from tallystick.errors import Conflict, Forbidden, Malformed, NotFound, Unavailable
from tallystick.records.models import Consent, Delivery, Member
from tallystick.services import outbox
from tallystick.services.access import Actor
from tallystick.services.installation import Installation
from tallystick.values.clock import milliseconds

#: What every consent to read media is for, and what one to pull books is for.
QUALIFICATION: Final = "loan-qualification"
ADMISSION: Final = "admission"
#: Scope of all deliveries; one alone is ``evidence/REFERENCE``.
EVERY_DELIVERY: Final = "evidence"
#: Scope of all books; one table alone is ``books/TABLE``.
EVERY_BOOK: Final = "books"
MAX_SCOPE: Final = 200


def scope_of(delivery: Delivery) -> str:
    """Return the name by which a consent covers one delivery."""
    return f"{EVERY_DELIVERY}/{delivery.named or delivery.reference}"


def scope_for(purpose: str, deliveries: Sequence[str] = ()) -> list[str]:
    """Return what a consent covers: the deliveries named (references), or everything of its purpose.

    Raises:
        Malformed: ``bad_scope`` for deliveries in a consent to pull books.
    """
    if purpose == ADMISSION:
        if deliveries:
            raise Malformed("bad_scope", "A consent to pull books names no deliveries.")
        return [EVERY_BOOK]
    return [f"{EVERY_DELIVERY}/{each}" for each in deliveries] or [EVERY_DELIVERY]


def grant(
    installation: Installation,
    actor: Actor,
    *,
    recipient: str,
    until: datetime,
    scope: Sequence[str] = (EVERY_DELIVERY,),
    purpose: str = QUALIFICATION,
) -> Consent:
    """Let the lender at ``recipient`` (account address) use what ``scope`` names until a day.

    Raises:
        Forbidden: ``not_permitted``.
        NotFound: ``unknown_recipient`` when no lender hosted here or recorded here has the address.
        Malformed: ``bad_consent_period``, ``bad_scope``. Conflict: ``signs_elsewhere``.
        Rejection: with the ledger's code when the contract refuses.
    """
    owner_id = actor.require("grant_consent")
    owner = Member.objects.get(pk=owner_id)
    _require_key(installation, owner)
    other = Member.objects.filter(address=recipient).first()
    if other is None or not other.is_lender or other.pk == owner_id:
        raise NotFound("unknown_recipient", "No lender has that account address here.")
    now = installation.clock.now()
    if until <= now:
        raise Malformed("bad_consent_period", "A consent must end after now.")
    if not 1 <= len(scope) <= MAX_SCOPE:
        raise Malformed("bad_scope", "Say what the consent covers.")
    row = Consent(
        owner=owner,
        recipient=other,
        purpose=purpose,
        scope=list(scope),
        until=until,
        salt=secrets.token_hex(32),
        granted_by_id=actor.user_id,
        granted_at=now,
    )
    arguments = Grant(consent_digest(document_of(row)), milliseconds(until)).as_arguments()
    with transaction.atomic():
        row.sent = outbox.enqueue(owner.address, "consent", "grant", arguments, now)
        row.save()
    outbox.relay(installation)
    row.sent.refresh_from_db()
    return row


def withdraw(installation: Installation, actor: Actor, consent_id: int) -> Consent:
    """Take back a consent: no read begins under it from now on, whenever the ledger hears of it.

    Raises:
        Forbidden: ``not_permitted``. NotFound: ``unknown_consent``.
        Conflict: ``already_withdrawn``, ``signs_elsewhere``.
        Unavailable: ``not_yet_committed`` while the consent itself is not on the ledger.
    """
    owner_id = actor.require("grant_consent")
    now = installation.clock.now()
    with transaction.atomic():
        rows = Consent.objects.select_for_update(of=("self",)).select_related("owner", "sent")
        row = rows.filter(pk=consent_id, owner_id=owner_id).first()
        if row is None:
            raise NotFound("unknown_consent", "There is no such consent.")
        _require_key(installation, row.owner)
        if row.withdrawn_at is not None:
            raise Conflict("already_withdrawn", "The consent is withdrawn already.")
        if not row.sent.address:
            raise Unavailable("not_yet_committed", "The ledger has not taken the consent in yet; try again.")
        arguments = Withdraw(row.sent.address).as_arguments()
        row.withdrawal = outbox.enqueue(row.owner.address, "consent", "withdraw", arguments, now)
        row.withdrawn_at = now
        row.save(update_fields=["withdrawal", "withdrawn_at"])
    outbox.relay(installation)
    return row


def require_live(installation: Installation, delivery: Delivery, member_id: int) -> Consent:
    """Return the consent by which a lender may read a delivery's media now, asked of ledger and papers alike.

    Raises:
        Forbidden: ``consent_missing``, ``consent_withdrawn``, ``consent_expired``.
    """
    wanted, at = scope_of(delivery), installation.clock.now()
    given = Consent.objects.select_related("owner", "recipient", "sent").filter(
        owner_id=delivery.supplier_id, recipient_id=member_id, purpose=QUALIFICATION
    )
    covering = [row for row in given if document_of(row).covers(wanted)]
    for row in covering:
        if is_live(installation, row, at):
            return row
    if not covering:
        raise Forbidden("consent_missing", "The supplier has not consented to let you read this.")
    if any(is_withdrawn(installation, row) for row in covering):
        raise Forbidden("consent_withdrawn", "The supplier has taken back its consent.")
    raise Forbidden("consent_expired", "The supplier's consent has ended, or is not on the ledger yet.")


def live_documents(installation: Installation, owner: Member, member_id: int) -> list[Document]:
    """Return what ``owner`` lets a lender read now: every consent that ``require_live`` would accept."""
    at = installation.clock.now()
    given = Consent.objects.select_related("owner", "recipient", "sent").filter(
        owner=owner, recipient_id=member_id, purpose=QUALIFICATION, withdrawn_at=None
    )
    return [document_of(row) for row in given if is_live(installation, row, at)]


def document_of(row: Consent) -> Document:
    """Return the document whose digest stands on the ledger."""
    return Document(
        owner=row.owner.address,
        recipient=row.recipient.address,
        purpose=row.purpose,
        scope=tuple(row.scope),
        until=milliseconds(row.until),
        salt=row.salt,
    )


def on_ledger(installation: Installation, row: Consent) -> OnLedger | None:
    """Return what the ledger says about the consent; None while it is not there."""
    if not row.sent.address:
        return None
    return consent_from_state(installation.ledger.read, row.owner.address, row.sent.address)


def _require_key(installation: Installation, owner: Member) -> None:
    """Check that the owner, whose people may sign in at other members' sites too, signs from here."""
    if owner.address not in installation.keys.addresses():
        raise Conflict("signs_elsewhere", "Do this on your own installation, where your key is.")


def is_withdrawn(installation: Installation, row: Consent) -> bool:
    """Return whether the owner has taken it back, here or, from its own installation, on the ledger."""
    if row.withdrawn_at is not None:
        return True
    kept = on_ledger(installation, row)
    return kept is not None and bool(kept.withdrawn_at)


def is_live(installation: Installation, row: Consent, at: datetime) -> bool:
    """Return whether a consent holds at a time by its papers and by the ledger."""
    kept = on_ledger(installation, row)
    if row.withdrawn_at is not None or kept is None or kept.digest != consent_digest(document_of(row)):
        return False
    return kept.is_live(milliseconds(at))
