"""Consent: without it nothing is pulled (mission A1); the rule, over a value that says what was agreed to."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from tallystick.errors import Forbidden


@dataclass(frozen=True)
class Consent:
    """What a subject has agreed to, as it stands now.

    Attributes:
        address: where the consent itself is recorded.
        subject: whose data.
        recipient: who may pull them.
        purpose: what for.
        scope: which tables.
        until: the moment from which it no longer holds, with its time zone.
    """

    address: str
    subject: str
    recipient: str
    purpose: str
    scope: frozenset[str]
    until: datetime


def require_consent(
    consent: Consent | None,
    *,
    subject: str,
    recipient: str,
    purpose: str,
    tables: Collection[str],
    now: datetime,
) -> Consent:
    """Return the consent when it covers who asks, about whom, what for, which tables and when.

    Raises:
        Forbidden: ``consent_missing``, ``consent_expired``, ``consent_does_not_cover`` (names what is not).
    """
    if consent is None:
        raise Forbidden("consent_missing", "There is no consent to pull these data.")
    if now >= consent.until:
        raise Forbidden("consent_expired", "The consent to pull these data has ended.")
    asked = {
        "subject": consent.subject == subject,
        "recipient": consent.recipient == recipient,
        "purpose": consent.purpose == purpose,
        "scope": bool(tables) and set(tables) <= consent.scope,
    }
    for what, covered in asked.items():
        if not covered:
            raise Forbidden(
                "consent_does_not_cover", f"The consent does not cover the {what} of this pull.", what=what
            )
    return consent
