"""Pulls: books brought from an HTTP source, by a consent that the ledger says is live (mission A1 to A3).

Without such a consent nothing is asked. The consent comes as its paper (a file that owner and recipient hold)
or as the row recorded here; in both cases the ledger is asked whether it stands, unchanged and not withdrawn.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from tallystick.admission.consent import Consent as Agreed
from tallystick.admission.pull_source import PullSource
from tallystick.analytics.pulling import Progress, PullLimits, pull, unheard
from tallystick.contracts.consent import Document, consent_digest, consent_from_state
from tallystick.contracts.places import Place
from tallystick.errors import Forbidden, Malformed, NotFound
from tallystick.records.models import Consent, Member
from tallystick.services import consents
from tallystick.services.installation import Installation
from tallystick.values import canonical
from tallystick.values.clock import milliseconds

MAX_PAPER_BYTES: Final = 64 * 1024


class Paper(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A consent as its holders keep it: the document, and its storage address on the ledger."""

    address: Place
    document: Document


def read_paper(data: bytes) -> Paper:
    """Return the paper that a JSON file holds.

    Raises:
        Malformed: ``bad_consent``.
    """
    if len(data) > MAX_PAPER_BYTES:
        raise Malformed("bad_consent", f"A consent may have {MAX_PAPER_BYTES} bytes at most.")
    try:
        return canonical.decode(data, Paper)
    except Malformed as error:
        raise Malformed("bad_consent", f"The consent cannot be read: {error.message}") from error


def written(paper: Paper) -> bytes:
    """Return the paper as ``read_paper`` reads it."""
    return canonical.encode(paper)


def paper_of(consent_id: int) -> Paper:
    """Return the paper of a consent that is recorded here.

    Raises:
        NotFound: ``unknown_consent``.
    """
    row = Consent.objects.select_related("owner", "recipient", "sent").filter(pk=consent_id).first()
    if row is None:
        raise NotFound("unknown_consent", "There is no such consent.")
    return Paper(row.sent.address, consents.document_of(row))


def pull_books(
    installation: Installation,
    source: PullSource,
    folder: Path,
    paper: Paper | None,
    *,
    secret: str = "",
    limits: PullLimits | None = None,
    progress: Progress = unheard,
) -> Mapping[str, Path]:
    """Pull every table of a source into ``folder``; the same folder again goes on with what broke off.

    Args:
        installation: whose ledger is asked, and whose allowed hosts hold.
        source: what to pull; the source is asked for the owner's credit code, or its name where it has none.
        folder: where the pages and the files are kept.
        paper: of the owner's consent to the lender hosted here.
        secret: what the source's secret header carries.
        limits: of this pull.
        progress: told after every page which table has how many records so far.

    Raises:
        Forbidden: ``consent_missing``, ``consent_withdrawn``, ``consent_expired``,
            ``consent_does_not_cover``: nothing was asked of the source.
        NotFound: ``unknown_owner``, ``unknown_recipient``.
        Malformed, TooLarge, Unavailable: as ``tallystick.analytics.pulling.pull``.
    """
    now = installation.clock.now()
    agreed = _live(installation, paper, source, milliseconds(now))
    return pull(
        source,
        folder,
        consent=agreed,
        subject=agreed.subject,
        recipient=agreed.recipient,
        purpose=consents.ADMISSION,
        now=now,
        allowed_hosts=installation.pull_hosts,
        secret=secret,
        limits=limits,
        progress=progress,
    )


def _live(installation: Installation, paper: Paper | None, source: PullSource, now_ms: int) -> Agreed:
    """What the owner has agreed to as it stands on the ledger now, with the tables that it covers."""
    if paper is None:
        raise Forbidden("consent_missing", "There is no consent to pull these data.")
    document = paper.document
    kept = consent_from_state(installation.ledger.read, document.owner, paper.address)
    if kept is None or kept.digest != consent_digest(document):
        raise Forbidden("consent_missing", "The ledger holds no such consent at its address.")
    if kept.withdrawn_at or _withdrawn_here(paper):
        raise Forbidden("consent_withdrawn", "The owner has taken back its consent.")
    if not kept.is_live(now_ms):
        raise Forbidden("consent_expired", "The consent to pull these data has ended.")
    owner = Member.objects.filter(address=document.owner).first()
    if owner is None:
        raise NotFound("unknown_owner", "No member has the address of the consent's owner here.")
    recipient = Member.objects.filter(address=document.recipient).first()
    if (
        recipient is None
        or not recipient.is_lender
        or document.recipient not in installation.keys.addresses()
    ):
        raise NotFound("unknown_recipient", "The consent is not for a lender that is hosted here.")
    return Agreed(
        address=paper.address,
        subject=owner.credit_code or owner.name,
        recipient=document.recipient,
        purpose=document.purpose,
        scope=frozenset(
            table for table in source.tables if document.covers(f"{consents.EVERY_BOOK}/{table}")
        ),
        until=datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=kept.until),
    )


def _withdrawn_here(paper: Paper) -> bool:
    """Whether the owner has taken it back here, even before the ledger has heard of it."""
    taken_back = Consent.objects.select_related("sent").filter(
        owner__address=paper.document.owner, withdrawn_at__isnull=False
    )
    return any(row.sent.address == paper.address for row in taken_back)
