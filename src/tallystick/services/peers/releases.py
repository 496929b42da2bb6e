"""A lender's side: consents handed over by their owner's installation, what they open, and its end.

A consent counts here for what the ledger says of its digest; that the owner's installation hands it over, and
gives out files, is its own decision each time.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db import transaction

from tallystick.contracts.consent import Grant, consent_digest, consent_from_state
from tallystick.contracts.delivery import record_from_state
from tallystick.contracts.qualification import Given
from tallystick.errors import TallystickError
from tallystick.records.models import Consent, Delivery, MediaFile, Member, Transmission
from tallystick.services import consents, deliveries
from tallystick.services.installation import Installation
from tallystick.services.peers import errands
from tallystick.services.peers.asking import Line
from tallystick.services.peers.questions import Handed

#: A lender that asks waits so long for files; what comes later counts when it looks again.
PATIENCE: Final = timedelta(seconds=20)

_log = logging.getLogger(__name__)


def bring_in(installation: Installation, lender: Member, supplier: Member, given: Sequence[Given]) -> None:
    """Fetch what a query gave a lender and the supplier's consent opens, from the supplier's installation.

    Never raises for that installation: what could not be fetched was not, and the checks say so.
    """
    own = installation.keys.addresses()
    if supplier.address in own or lender.address not in own or supplier.address not in installation.peers:
        return
    try:
        take_over(installation, lender, supplier)
    except TallystickError as problem:
        _log.warning("The consents of %s were not handed over: %s", supplier.address, problem.code)
        return
    if any_live(installation, lender, supplier):
        read = installation.ledger.read
        found = (record_from_state(read, supplier.address, each.address) for each in given)
        requests = [record.request for record in found if record]
        errands.note(installation, lender, supplier, requests)
        errands.run(installation, PATIENCE, member=lender, supplier=supplier)
        for row in Delivery.objects.filter(supplier=supplier, request__in=requests, record=""):
            deliveries.follow(installation, row)


def take_over(installation: Installation, lender: Member, supplier: Member) -> int:
    """Keep the consents that are handed over and that the ledger holds; return how many are new.

    Raises:
        Unavailable, Malformed: as ``asking.Line``.
    """
    until = installation.clock.now() + PATIENCE
    handed = Line(installation, lender, supplier.address, until).consents().consents
    return sum(_kept(installation, lender, supplier, each) for each in handed)


def any_live(installation: Installation, lender: Member, supplier: Member) -> bool:
    """Return whether the supplier lets the lender read anything now."""
    return bool(consents.live_documents(installation, supplier, lender.pk))


def is_withheld(installation: Installation, lender: Member, supplier: Member, request: str) -> bool:
    """Return whether a delivery that is not here is so for want of the supplier's consent."""
    return not any_live(installation, lender, supplier) or errands.refused(lender, supplier, request)


def forget(installation: Installation) -> int:
    """Remove files that were fetched under consents which have ended; return how many.

    What was decided on them stays, as does that they were read.
    """
    own, now, removed = installation.keys.addresses(), installation.clock.now(), 0
    fetched = Delivery.objects.exclude(named="").exclude(buyer__address__in=own)
    held = fetched.filter(media__in=MediaFile.objects.exclude(wrapped_key=b"")).distinct()
    for supplier in Member.objects.filter(pk__in=held.order_by().values("supplier")):
        given = Consent.objects.select_related("owner", "recipient", "sent").filter(
            owner=supplier, recipient__address__in=own, purpose=consents.QUALIFICATION
        )
        live = [consents.document_of(row) for row in given if consents.is_live(installation, row, now)]
        for row in held.filter(supplier=supplier):
            if not any(document.covers(consents.scope_of(row)) for document in live):
                for file in row.media.exclude(wrapped_key=b""):
                    _forget_file(installation, file)
                    removed += 1
    return removed


def _forget_file(installation: Installation, file: MediaFile) -> None:
    gone = [file.sha256, file.thumbnail_sha256]
    file.wrapped_key = file.thumbnail_wrapped_key = b""
    file.thumbnail_sha256 = file.thumbnail_commitment = ""
    file.paper = None
    file.save()
    for sha256 in filter(None, gone):
        installation.media.discard(sha256)


def _kept(installation: Installation, lender: Member, supplier: Member, handed: Handed) -> bool:
    """Keep one consent if it is what the ledger holds under its address, and not here yet."""
    document = handed.document
    on_ledger = consent_from_state(installation.ledger.read, supplier.address, handed.address)
    is_meant = (document.owner, document.recipient) == (supplier.address, lender.address)
    if on_ledger is None or not is_meant or on_ledger.digest != consent_digest(document):
        _log.warning("A consent of %s is not what the ledger holds.", supplier.address)
        return False
    height, index = (int(part) for part in handed.address.split("-"))
    if Consent.objects.filter(owner=supplier, sent__height=height, sent__index=index).exists():
        return False
    granted_at = datetime.fromtimestamp(on_ledger.granted_at // 1000, UTC)
    with transaction.atomic():
        sent = Transmission.objects.create(
            signer=supplier.address,
            contract="consent",
            action="grant",
            arguments=Grant(on_ledger.digest, on_ledger.until).as_arguments(),
            created_at=granted_at,
            code="ok",
            height=height,
            index=index,
            committed_at=granted_at,
        )
        Consent.objects.create(
            owner=supplier,
            recipient=lender,
            purpose=document.purpose,
            scope=list(document.scope),
            until=datetime.fromtimestamp(document.until / 1000, UTC),
            salt=document.salt,
            sent=sent,
            granted_at=granted_at,
        )
    return True
