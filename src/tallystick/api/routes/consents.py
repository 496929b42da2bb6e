"""Consents: let a lender read deliveries until a day, and take it back."""

from django.http import HttpRequest
from ninja import Path, Query, Router, Status

from tallystick.api.auth import actor
from tallystick.api.paging import PageOf, page
from tallystick.api.presenting_evidence import consent, require_zone
from tallystick.api.schemas.common import RowId
from tallystick.api.schemas.evidence import Consent, ConsentPage, GrantConsent
from tallystick.bootstrap.parts import installation
from tallystick.records.models import Consent as Row
from tallystick.services import consents

router = Router()


@router.get("", response=ConsentPage, summary="Consents", operation_id="list_consents")
def list_consents(request: HttpRequest, asked: Query[PageOf]) -> ConsentPage:
    """Return the consents that the asker's member gave and was given, newest first."""
    rows = Row.objects.visible_to(actor(request).member_id).select_related("owner", "recipient", "sent")
    found, following = page(rows, asked, descending=True)
    return ConsentPage(items=[consent(row) for row in found], next=following)


@router.post("", response={201: Consent}, summary="Consent", operation_id="grant_consent")
def grant(request: HttpRequest, sent: GrantConsent) -> Status[Consent]:
    """Let a lender read the media of some deliveries, or of all, or have books pulled, until a day."""
    given = consents.grant(
        installation(),
        actor(request),
        recipient=sent.recipient,
        until=require_zone(sent.until),
        scope=consents.scope_for(sent.purpose, sent.deliveries),
        purpose=sent.purpose,
    )
    return Status(201, consent(given))


@router.post(
    "/{consent_id}/withdrawal", response=Consent, summary="Take back", operation_id="withdraw_consent"
)
def withdraw(request: HttpRequest, consent_id: Path[RowId]) -> Consent:
    """Take back a consent; no read begins under it from now on."""
    return consent(consents.withdraw(installation(), actor(request), consent_id))
