"""Qualification: ask for a supplier's delivery records, read what was found, decide (E6 to E11)."""

from django.http import HttpRequest
from ninja import Path, Query, Router, Status

from tallystick.api.auth import actor, user_of
from tallystick.api.paging import PageOf, page
from tallystick.api.presenting_qualifications import chain as shown_chain
from tallystick.api.presenting_qualifications import common, qualification
from tallystick.api.schemas.common import Reference
from tallystick.api.schemas.qualifications import (
    AskQualification,
    Chain,
    Cores,
    DecideQualification,
    GradeByHand,
    Place,
    Qualification,
    QualificationDetail,
    QualificationPage,
)
from tallystick.bootstrap.parts import installation
from tallystick.evidence import by_hand
from tallystick.evidence.assessment import Quality
from tallystick.records.models import Qualification as Row
from tallystick.services import chain
from tallystick.services import qualification as service
from tallystick.values.money import Money
from tallystick.values.rates import Rate

router = Router()


@router.get("", response=QualificationPage, summary="Queries", operation_id="list_qualifications")
def list_qualifications(request: HttpRequest, asked: Query[PageOf]) -> QualificationPage:
    """Return what the asker's institution has asked about suppliers, newest first."""
    asker = actor(request)
    asker.require("qualify")
    rows = Row.objects.visible_to(asker.member_id).select_related("supplier", "sent", "application")
    found, following = page(rows, asked, descending=True)
    return QualificationPage(items=[Qualification(**common(row)) for row in found], next=following)


@router.post(
    "", response={201: QualificationDetail}, summary="Ask about a supplier", operation_id="ask_qualification"
)
def ask(request: HttpRequest, sent: AskQualification) -> Status[QualificationDetail]:
    """Ask the ledger for a supplier's delivery records; the institution signs, each record is checked."""
    row = service.query(
        installation(),
        actor(request),
        sent.supplier,
        days=sent.days,
        application=sent.application or "",
        family=sent.product_family,
    )
    return Status(201, qualification(row))


@router.get(
    "/{reference}", response=QualificationDetail, summary="A query", operation_id="read_qualification"
)
def read_qualification(request: HttpRequest, reference: Path[Reference]) -> QualificationDetail:
    """Return a query with its records, each check by name, figures, tiers, and the decision."""
    asker = actor(request)
    asker.require("qualify")
    return qualification(service.find(asker, reference))


@router.post(
    "/{reference}/examination",
    response=QualificationDetail,
    summary="Check again",
    operation_id="examine_qualification",
)
def examine(request: HttpRequest, reference: Path[Reference]) -> QualificationDetail:
    """Check and grade every record anew, with what has come in since."""
    asker = actor(request)
    asker.require("qualify")
    return qualification(service.examine(installation(), asker, service.find(asker, reference)))


@router.post(
    "/{reference}/records/{record}/grade",
    response=QualificationDetail,
    summary="Grade by hand",
    operation_id="grade_record",
)
def grade(
    request: HttpRequest, reference: Path[Reference], record: Path[Place], sent: GradeByHand
) -> QualificationDetail:
    """Keep what a reviewer saw in the media of one record; it counts before any model's."""
    user = user_of(request)
    seen = by_hand.grade_by_hand(
        user.get_username() if user else "",
        Quality(sent.quality or Quality.UNKNOWN),
        sent.because,
        sent.quantity or "",
        sent.value or "",
        sent.currency,
    )
    return qualification(service.grade_by_hand(installation(), actor(request), reference, record, seen))


@router.post(
    "/{reference}/decision",
    response=QualificationDetail,
    summary="Decide",
    operation_id="decide_qualification",
)
def decide(
    request: HttpRequest, reference: Path[Reference], sent: DecideQualification
) -> QualificationDetail:
    """Take the decision, once; a programme may let it cap and price the supplier's loan."""
    decided = service.decide(
        installation(),
        actor(request),
        reference,
        outcome=sent.outcome,
        reason=sent.reason,
        amount=None if sent.amount is None else Money.parse(sent.amount, sent.currency),
        rate=None if sent.annual_rate is None else Rate.parse(sent.annual_rate),
    )
    return qualification(decided)


@router.get("/{reference}/chain", response=Chain, summary="The chain below", operation_id="trace_chain")
def trace(
    request: HttpRequest,
    reference: Path[Reference],
    asked: Query[Cores],
) -> Chain:
    """Follow the supplier's deliveries from buyer to buyer, to the core enterprises where some are named."""
    return shown_chain(chain.trace(installation(), actor(request), reference, asked.core))
