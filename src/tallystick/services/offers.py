"""Offer and confirmation: what the lender offers, and what the applicant accepts (mission row O5)."""

from django.db import transaction

from tallystick.errors import Conflict, Malformed
from tallystick.lending import offer as lending
from tallystick.lending.application import Move, Stage
from tallystick.lending.grading import Grading
from tallystick.lending.items import read_items
from tallystick.lending.qualification import Qualification
from tallystick.lending.request import loan_request
from tallystick.lending.schedule import Schedule
from tallystick.records.models import Application, Instalment, Offer
from tallystick.services import anchoring, outbox, qualifying
from tallystick.services.access import Actor
from tallystick.services.assessment import decided_again, keep_decision, rulebook_of, twelve_month_sales
from tallystick.services.casework import (
    close_case,
    find_as_applicant,
    find_as_lender,
    keep_finding,
    locked,
    move,
)
from tallystick.services.installation import Installation


def admit_referred(installation: Installation, actor: Actor, reference: str, reason: str) -> Application:
    """Let a credit officer admit an application that the rules referred; a reason is required.

    Raises:
        NotFound: ``unknown_application``.
        Malformed: ``reason_required``.
        Conflict: ``illegal_move``; ``no_grade`` when the figures give no grade to price by.
    """
    actor.require("make_offer")
    _require_reason(reason)
    with transaction.atomic():
        application = locked(find_as_lender(actor, reference))
        if application.stage == Stage.SUBMITTED:
            raise Conflict("illegal_move", "An application must be assessed before a person admits it.")
        if application.stage == Stage.REFERRED and decided_again(application)[1].grade is None:
            raise Conflict(
                "no_grade", "The figures give no grade to price by; decline the application instead."
            )
        move(installation, application, Move.APPROVE, actor, reason)
    return application


def make_offer(installation: Installation, actor: Actor, reference: str) -> Offer | lending.Refusal:
    """Price an assessed application by its grade and offer it, or refuse it where a limit says so.

    Where the programme looks at a qualification of the supplier, the one that is live caps the amount and
    sets the rate (``services.qualifying``).

    Returns the offer as saved, or the refusal with its reasons (the application is then declined, or
    referred where the offer policy refers).

    Raises:
        NotFound: ``unknown_application``.
        Forbidden: ``not_permitted``, ``lender_not_in_standing``.
        Conflict: ``illegal_move``, ``no_grade``, ``qualification_required``.
        Malformed: ``currency_mismatch`` when the qualification grants another currency.
    """
    actor.require("make_offer")
    with transaction.atomic():
        application = locked(find_as_lender(actor, reference))
        if application.stage != Stage.ASSESSED:
            raise Conflict("illegal_move", f"An application that is {application.stage} cannot get an offer.")
        anchoring.require_standing(installation, application)
        admission, grading = decided_again(application)
        qualified = qualifying.use(installation, application, rulebook_of(application).programme)
        priced = _priced(installation, application, grading, qualified)
        decided = keep_decision(installation, application, admission, grading, priced, qualified)
        made: Offer | lending.Refusal
        if isinstance(priced, lending.Refusal):
            made = priced
            _refuse(installation, application, actor, priced)
        else:
            made = _saved(installation, application, priced)
            papers = {"decision": decided.digest, "offer": priced.terms_document()}
            anchoring.anchor(installation, application, "offer", papers)
            move(installation, application, Move.MAKE_OFFER, actor)
    outbox.relay(installation)
    return made


def decline(installation: Installation, actor: Actor, reference: str, reason: str) -> Application:
    """Decline an application as a person; a reason is required and shown to the applicant.

    Raises:
        NotFound: ``unknown_application``.
        Malformed: ``reason_required``.
        Conflict: ``illegal_move``.
    """
    actor.require("decline")
    _require_reason(reason)
    with transaction.atomic():
        application = locked(find_as_lender(actor, reference))
        move(installation, application, Move.DECLINE, actor, reason)
        close_case(installation, application, "declined")
    outbox.relay(installation)
    return application


def confirm(installation: Installation, actor: Actor, reference: str) -> Application:
    """Accept the offer: the applicant signs its document with the key made for this case.

    An offer whose last day has passed expires instead.

    Raises:
        NotFound: ``unknown_application``.
        Conflict: ``illegal_move``; ``offer_expired``.
    """
    actor.require("confirm_offer")
    with transaction.atomic():
        application = locked(find_as_applicant(actor, reference))
        expired = _has_expired(installation, application)
        if expired:
            move(installation, application, Move.EXPIRE, None)
            close_case(installation, application, "expired")
        else:
            move(installation, application, Move.CONFIRM, actor)
            accepted = {"offer": application.anchors.get(step="offer").digest}
            anchoring.anchor(installation, application, "confirmation", accepted)
    outbox.relay(installation)
    if expired:
        raise Conflict("offer_expired", "The offer has expired; ask the lender for a new one.")
    return application


def _has_expired(installation: Installation, application: Application) -> bool:
    if application.stage != Stage.OFFERED:
        return False
    return not lending.is_open(application.offer.expires_on, installation.clock.now().date())


def _priced(
    installation: Installation, application: Application, grading: Grading, qualified: Qualification | None
) -> lending.Offer | lending.Refusal:
    rules = rulebook_of(application)
    programme = rules.programme
    if grading.grade is None or grading.risk_index is None:
        raise Conflict("no_grade", "The figures give no grade to price by; decline the application instead.")
    return lending.make_offer(
        programme,
        rules.tables[programme.offer_policy],
        loan_request(read_items(programme, application.items)),
        grade=grading.grade,
        risk_index=grading.risk_index,
        twelve_month_sales=twelve_month_sales(application, programme.currency),
        made_on=installation.clock.now().date(),
        qualification=qualified,
    )


def _saved(installation: Installation, application: Application, priced: lending.Offer) -> Offer:
    terms = priced.schedule.terms
    row = Offer.objects.create(
        application=application,
        currency=priced.amount.currency.code,
        amount_minor=priced.amount.amount_minor,
        annual_rate=priced.rate.text,
        term_months=priced.term_months,
        method=terms.method.value,
        day_count=terms.day_count.value,
        grade=priced.grade,
        made_at=installation.clock.now(),
        expires_on=priced.expires_on,
        document=priced.document(),
    )
    save_instalments(row, priced.schedule)
    return row


def _refuse(
    installation: Installation, application: Application, actor: Actor, refusal: lending.Refusal
) -> None:
    """Do as the refusal says: decline, or hand the application to a person."""
    keep_finding(installation, application, "refusal", refusal.document())
    if refusal.outcome == "refer":
        move(installation, application, Move.REFER, actor)
    else:
        move(installation, application, Move.DECLINE, actor)
        close_case(installation, application, "declined")


def save_instalments(offer: Offer, schedule: Schedule) -> None:
    """Save the rows of the offer's schedule in place of those that were there."""
    offer.instalments.all().delete()
    Instalment.objects.bulk_create(
        Instalment(
            offer=offer,
            number=each.number,
            due_on=each.due_on,
            principal_minor=each.principal.amount_minor,
            interest_minor=each.interest.amount_minor,
            balance_minor=each.balance.amount_minor,
        )
        for each in schedule.instalments
    )


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Malformed("reason_required", "Give a reason; the applicant will see it.")
