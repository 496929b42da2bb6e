"""Consents as rows of a page: whose, for what, whether they hold, and what was read under them."""

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _

from tallystick.records.models import Consent, MediaReading, Member
from tallystick.services import consents
from tallystick.services.access import Actor
from tallystick.services.installation import Installation
from tallystick.web.stages import StageLabel

CONSENTS_AT_MOST: Final = 200
READINGS_AT_MOST: Final = 50

LIVE: Final = StageLabel(_("Live"), "good")
ON_ITS_WAY: Final = StageLabel(_("On its way to the ledger"), "warn")
ENDED: Final = StageLabel(_("Ended"), "quiet")
WITHDRAWN: Final = StageLabel(_("Taken back"), "quiet")
NOT_TAKEN: Final = StageLabel(_("Not taken by the ledger"), "bad")


@dataclass(frozen=True)
class ConsentRow:
    """One consent.

    Attributes:
        other: the lender of one that was given, the supplier of one that was received.
        is_of_books: whether it lets tax and invoice books be pulled, and no delivery be read.
        deliveries: references that it covers; empty for all.
        readings: what was read under it, newest first; only for who gave it.
        can_end: whether the asker can take it back now.
    """

    consent: Consent
    is_given: bool
    other: Member
    label: StageLabel
    is_of_books: bool
    deliveries: tuple[str, ...]
    readings: tuple[MediaReading, ...]
    can_end: bool


def consent_rows(installation: Installation, actor: Actor) -> list[ConsentRow]:
    """Return the consents that the asker's member gave and was given, newest first."""
    found = Consent.objects.visible_to(actor.member_id).select_related("owner", "recipient", "sent")
    return [_row(installation, actor, consent) for consent in found[:CONSENTS_AT_MOST]]


def _row(installation: Installation, actor: Actor, consent: Consent) -> ConsentRow:
    is_given = consent.owner_id == actor.member_id
    label = _label(installation, consent)
    read = consent.readings.select_related("media__delivery", "user")[:READINGS_AT_MOST] if is_given else ()
    return ConsentRow(
        consent=consent,
        is_given=is_given,
        other=consent.recipient if is_given else consent.owner,
        label=label,
        is_of_books=consent.purpose == consents.ADMISSION,
        deliveries=tuple(
            scope.removeprefix(f"{consents.EVERY_DELIVERY}/")
            for scope in consent.scope
            if scope != consents.EVERY_DELIVERY
        ),
        readings=tuple(read),
        can_end=is_given and label == LIVE and actor.may("grant_consent"),
    )


def _label(installation: Installation, consent: Consent) -> StageLabel:
    if consents.is_withdrawn(installation, consent):
        return WITHDRAWN
    if consent.sent.code not in ("", "ok"):
        return NOT_TAKEN
    if consent.until <= installation.clock.now():
        return ENDED
    return LIVE if consent.sent.address else ON_ITS_WAY
