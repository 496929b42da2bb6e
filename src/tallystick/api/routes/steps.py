"""The steps of an application after it was begun; each answers with the application as it then stands."""

from django.http import HttpRequest
from ninja import Path, Router

from tallystick.api import presenting
from tallystick.api.auth import actor
from tallystick.api.schemas.applications import (
    ApplicationDetail,
    ApplicationSummary,
    Assign,
    Completeness,
    OptionalReason,
    Reason,
)
from tallystick.api.schemas.common import Reference
from tallystick.bootstrap.parts import installation
from tallystick.services import applications, assessment, disbursement, offers
from tallystick.services.access import Actor

router = Router()


def _now(asker: Actor, reference: str) -> ApplicationDetail:
    return presenting.detail(asker, applications.find(asker, reference))


@router.post(
    "/{reference}/programme",
    response=ApplicationSummary,
    summary="Assign a programme",
    operation_id="assign_programme",
)
def assign_programme(request: HttpRequest, reference: Path[Reference], sent: Assign) -> ApplicationSummary:
    """Give the application a programme; it is then the applicant's draft again, out of the lender's sight."""
    row = applications.assign_programme(installation(), actor(request), reference, sent.programme_id)
    return presenting.summary(row)


@router.post("/{reference}/submission", response=Completeness, summary="Submit", operation_id="submit")
def submit(request: HttpRequest, reference: Path[Reference]) -> Completeness:
    """Submit: complete and on its way, or ``complete: false`` with what to add first."""
    found = applications.submit(installation(), actor(request), reference)
    return Completeness.model_validate(found.document())


@router.post("/{reference}/assessment", response=ApplicationDetail, summary="Assess", operation_id="assess")
def assess(request: HttpRequest, reference: Path[Reference]) -> ApplicationDetail:
    """Judge admission on the books and grade: assessed, referred to a person, or declined."""
    asker = actor(request)
    assessment.assess(installation(), asker, reference)
    return _now(asker, reference)


@router.post(
    "/{reference}/admission",
    response=ApplicationDetail,
    summary="Admit a referred one",
    operation_id="admit_referred",
)
def admit_referred(request: HttpRequest, reference: Path[Reference], sent: Reason) -> ApplicationDetail:
    """Admit by a person's judgement what the rules referred."""
    asker = actor(request)
    offers.admit_referred(installation(), asker, reference, sent.reason)
    return _now(asker, reference)


@router.post(
    "/{reference}/offer", response=ApplicationDetail, summary="Make the offer", operation_id="make_offer"
)
def make_offer(request: HttpRequest, reference: Path[Reference]) -> ApplicationDetail:
    """Price by grade: offered, or declined with a finding of the kind ``refusal``."""
    asker = actor(request)
    offers.make_offer(installation(), asker, reference)
    return _now(asker, reference)


@router.post("/{reference}/decline", response=ApplicationDetail, summary="Decline", operation_id="decline")
def decline(request: HttpRequest, reference: Path[Reference], sent: Reason) -> ApplicationDetail:
    """Decline by a person's judgement."""
    asker = actor(request)
    offers.decline(installation(), asker, reference, sent.reason)
    return _now(asker, reference)


@router.post(
    "/{reference}/confirmation", response=ApplicationDetail, summary="Confirm", operation_id="confirm"
)
def confirm(request: HttpRequest, reference: Path[Reference]) -> ApplicationDetail:
    """Accept the offer, signed with the key made for this application."""
    asker = actor(request)
    offers.confirm(installation(), asker, reference)
    return _now(asker, reference)


@router.post(
    "/{reference}/disbursement", response=ApplicationDetail, summary="Pay out", operation_id="disburse"
)
def disburse(request: HttpRequest, reference: Path[Reference]) -> ApplicationDetail:
    """Record the payment once; asking again answers with the first record."""
    asker = actor(request)
    disbursement.disburse(installation(), asker, reference)
    return _now(asker, reference)


@router.post(
    "/{reference}/withdrawal", response=ApplicationDetail, summary="Withdraw", operation_id="withdraw"
)
def withdraw(request: HttpRequest, reference: Path[Reference], sent: OptionalReason) -> ApplicationDetail:
    """Take the application back; possible until the offer is confirmed."""
    asker = actor(request)
    applications.withdraw(installation(), asker, reference, sent.reason)
    return _now(asker, reference)
