"""The outbox: what a member wants on the ledger is saved with the papers, then sent until answered.

A signed transaction is kept before it is sent, so that a process that dies in between sends the very
same bytes again: the ledger takes them once. It is signed anew only when it can never be committed any
more: another transaction has used its sequence number, or its signer's key has changed.
"""

import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db.models import F, Q

from tallystick.errors import Corruption, Rejection, Unavailable
from tallystick.ledger.accounts import Account, account_state_key, decode_account
from tallystick.ledger.answers import Receipt
from tallystick.ledger.check import is_genuine, unknown_account
from tallystick.ledger.transaction import Body, assemble, parse, signing_bytes, transaction_hash
from tallystick.records.models import Transmission
from tallystick.services.installation import Installation
from tallystick.values import canonical

#: Another transaction of this signer came first and used the sequence number or changed the key. The
#: ledger has not looked at what ours asks for, and has not counted it.
OVERTAKEN: Final = frozenset({"transaction_replayed", "sequence_gap", "forged_signature"})
#: Failures of one signer's account, which hold back nobody else.
OF_ONE_SIGNER: Final = frozenset({"account_busy", "cannot_sign", "damaged_key_file", "sender_suspended"})
#: A claim that is not released (its process died) can be taken over after this long.
CLAIM: Final = timedelta(seconds=60)
MAX_ATTEMPTS_AT_ONCE: Final = 5

_log = logging.getLogger(__name__)


def enqueue(
    signer: str, contract: str, action: str, arguments: Mapping[str, object], at: datetime
) -> Transmission:
    """Save a call to be sent; the caller's database transaction decides whether it counts."""
    return Transmission.objects.create(
        signer=signer, contract=contract, action=action, arguments=dict(arguments), created_at=at
    )


def relay(installation: Installation, limit: int = 200) -> int:
    """Send what waits, oldest first for each signer; return how many rows the ledger answered.

    Never raises for a ledger that does not answer: the rows stay, and the next relay tries again. Nor
    for a signer whose key cannot be used: its rows stay until the key store is mended.

    Raises:
        Corruption: when the ledger contradicts itself.
    """
    answered = 0
    held: set[str] = set()
    for row in _claimed(installation, limit, held):
        try:
            _note(row, _settle(installation, row))
            answered += 1
        except Rejection as refused:
            _refuse(row, refused)
            answered += 1
        except (Unavailable, Corruption) as failure:
            _release(row)
            if failure.code in OF_ONE_SIGNER:
                _log.warning("The transactions of %s wait: %s", row.signer, failure.message)
                held.add(row.signer)
            elif isinstance(failure, Unavailable):
                break
            else:
                raise
    return answered


def keep_in_step(installation: Installation, address: str) -> None:
    """Let the key store sign for ``address`` with the key that the ledger has for it now.

    A rotation is finished here, whoever sent it and wherever a process died on the way.

    Raises:
        Unauthorised: ``unknown_account``; NotFound: ``unknown_key``, ``unknown_successor`` when the key
        is not in the store; and as ``KeyStore.sign``.
    """
    installation.keys.succeed(address, _account(installation, address).public_key)


def waiting() -> int:
    """Return how many calls the ledger has not answered yet."""
    return Transmission.objects.filter(code="").count()


def _claimed(installation: Installation, limit: int, busy: set[str]) -> Iterator[Transmission]:
    """Yield the oldest waiting row of each signer that is not ``busy``, claimed for this process."""
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
        # Asked in this order: what the account shows as committed has its receipt by then.
        is_void = not row.wire or _is_void(installation, bytes(row.wire))
        receipt = ledger.receipt(row.transaction_hash) if row.wire else None
        if receipt is not None and receipt.code not in OVERTAKEN:
            return receipt
        is_new = is_void or receipt is not None
        if is_new:
            _sign(installation, row)
        receipt = _sent(installation, row, is_new)
        if receipt is not None:
            return receipt
    raise Unavailable("account_busy", "Other transactions of this account keep coming first; try again.")


def _sent(installation: Installation, row: Transmission, is_new: bool) -> Receipt | None:
    """Send the row's transaction and wait for it; ``None`` when another of its signer came first.

    One that was sent before, and whose sender is suspended since, may still wait at some node and be
    committed later: it is not refused before that is out of the question.
    """
    ledger, wire = installation.ledger, bytes(row.wire)
    try:
        ledger.submit(wire)
    except Rejection as refused:
        if refused.code == "account_suspended" and not is_new:
            raise Unavailable("sender_suspended", refused.message) from refused
        if refused.code not in OVERTAKEN:
            raise
        if _is_void(installation, wire):
            return None
        # else it is in the mempool already
    try:
        receipt = ledger.wait(row.transaction_hash)
    except Rejection as refused:
        if refused.code not in OVERTAKEN:
            raise
        return None
    return None if receipt.code in OVERTAKEN else receipt


def _sign(installation: Installation, row: Transmission) -> None:
    ledger = installation.ledger
    # The number after the last committed one, not after what waits: a node that falls away loses what only
    # waited there, and a later number could then never come to its turn.
    body = Body(
        chain_id=ledger.chain_id,
        sender=row.signer,
        sequence=_account(installation, row.signer).sequence + 1,
        contract=row.contract,
        action=row.action,
        arguments=canonical.encode(row.arguments),
    )
    row.wire = assemble(body, _signature(installation, body))
    row.transaction_hash = transaction_hash(row.wire)
    row.save(update_fields=["wire", "transaction_hash"])


def _signature(installation: Installation, body: Body) -> bytes:
    """Sign with the key that the ledger knows; that we cannot is no refusal of the ledger's."""
    try:
        keep_in_step(installation, body.sender)
        return installation.keys.sign(body.sender, signing_bytes(body))
    except Rejection as refused:
        raise Corruption("cannot_sign", refused.message) from refused


def _is_void(installation: Installation, wire: bytes) -> bool:
    """Return whether this can never be committed: its number is used, or its signer has another key."""
    transaction = parse(wire)
    account = _account(installation, transaction.body.sender)
    is_spent = account.sequence >= transaction.body.sequence
    return is_spent or not is_genuine(transaction, account.public_key)


def _account(installation: Installation, address: str) -> Account:
    value = installation.ledger.read(account_state_key(address))
    if value is None:
        raise unknown_account(address)
    return decode_account(value)


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
