"""The outbox: what a member wants on the ledger is saved with the papers, then sent until answered.

A signed transaction is kept before it is sent, so that a process that dies in between sends the very
same bytes again: the ledger takes them once. It is signed anew only when its sequence number has been
used by another transaction, for then the old one can never be committed.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db.models import F, Q

from tallystick.errors import Conflict, Rejection, Unavailable
from tallystick.ledger.accounts import account_state_key, decode_account
from tallystick.ledger.protocols import Receipt
from tallystick.ledger.transaction import Body, assemble, parse, signing_bytes, transaction_hash
from tallystick.records.models import Transmission
from tallystick.services.installation import Installation
from tallystick.values import canonical

#: Our sequence number is taken or not yet due: another transaction of ours is under way.
SEQUENCE_RACES: Final = frozenset({"transaction_replayed", "sequence_gap"})
#: A claim that is not released (its process died) can be taken over after this long.
CLAIM: Final = timedelta(seconds=60)
MAX_ATTEMPTS_AT_ONCE: Final = 5


def enqueue(
    signer: str, contract: str, action: str, arguments: Mapping[str, object], at: datetime
) -> Transmission:
    """Save a call to be sent; the caller's database transaction decides whether it counts."""
    return Transmission.objects.create(
        signer=signer, contract=contract, action=action, arguments=dict(arguments), created_at=at
    )


def relay(installation: Installation, limit: int = 200) -> int:
    """Send what waits, oldest first for each signer; return how many rows the ledger answered.

    Never raises for a ledger that does not answer: the rows stay, and the next relay tries again.
    """
    answered = 0
    for row in _claimed(installation, limit):
        try:
            _note(row, _settle(installation, row))
            answered += 1
        except Rejection as refused:
            _refuse(row, refused)
            answered += 1
        except Unavailable:
            _release(row)
            break
    return answered


def waiting() -> int:
    """Return how many calls the ledger has not answered yet."""
    return Transmission.objects.filter(code="").count()


def _claimed(installation: Installation, limit: int) -> Iterator[Transmission]:
    """Yield the oldest waiting row of each signer, claimed for this process, until none is left."""
    busy: set[str] = set()
    for _ in range(limit):
        row = Transmission.objects.filter(code="").exclude(signer__in=busy).order_by("id").first()
        if row is None:
            return
        now = installation.clock.now()
        free = Q(claimed_until=None) | Q(claimed_until__lt=now)
        claim = Transmission.objects.filter(free, pk=row.pk, code="")
        if claim.update(claimed_until=now + CLAIM, attempts=F("attempts") + 1):
            row.refresh_from_db()
            yield row
        else:
            busy.add(row.signer)  # another process is sending for this signer; order matters


def _settle(installation: Installation, row: Transmission) -> Receipt:
    """Bring one row to its receipt: find it, send it again, or sign it anew."""
    ledger = installation.ledger
    for _ in range(MAX_ATTEMPTS_AT_ONCE):
        if row.wire:
            done = ledger.receipt(row.transaction_hash)
            if done is not None:
                return done
        if not row.wire or _is_spent(installation, bytes(row.wire)):
            _sign(installation, row)
        try:
            ledger.submit(bytes(row.wire))
            return ledger.wait(row.transaction_hash)
        except Conflict as refused:
            if refused.code not in SEQUENCE_RACES:
                raise
            if not _is_spent(installation, bytes(row.wire)):
                return ledger.wait(row.transaction_hash)  # it is in the mempool already
    raise Unavailable("account_busy", "Other transactions of this account keep coming first; try again.")


def _sign(installation: Installation, row: Transmission) -> None:
    ledger, keys = installation.ledger, installation.keys
    body = Body(
        chain_id=ledger.chain_id,
        sender=row.signer,
        sequence=ledger.next_sequence(row.signer),
        contract=row.contract,
        action=row.action,
        arguments=canonical.encode(row.arguments),
    )
    row.wire = assemble(body, keys.sign(row.signer, signing_bytes(body)))
    row.transaction_hash = transaction_hash(row.wire)
    row.save(update_fields=["wire", "transaction_hash"])


def _is_spent(installation: Installation, wire: bytes) -> bool:
    """Return whether another committed transaction has used this one's sequence number."""
    body = parse(wire).body
    value = installation.ledger.read(account_state_key(body.sender))
    return value is not None and decode_account(value).sequence >= body.sequence


def _note(row: Transmission, receipt: Receipt) -> None:
    row.code, row.message = receipt.code, receipt.message
    row.height, row.index = receipt.height, receipt.index
    row.committed_at = datetime.fromtimestamp(receipt.time // 1000, UTC)
    row.claimed_until = None
    row.save()


def _refuse(row: Transmission, refused: Rejection) -> None:
    row.code, row.message, row.claimed_until = refused.code, refused.message, None
    row.save()


def _release(row: Transmission) -> None:
    row.claimed_until = None
    row.save(update_fields=["claimed_until"])
