"""Paying out: the confirmed amount, to the account named in the form, once and only once (O6).

The row of the disbursement is unique for its application, the step is unique for its case on the
ledger, and the move is possible from one stage only: three locks, each of which would be enough.
"""

from datetime import date

from django.db import transaction

from tallystick.errors import Conflict
from tallystick.lending.application import Move, advance
from tallystick.lending.schedule import Schedule, repayment_schedule
from tallystick.lending.terms import Method, Terms
from tallystick.records.models import Disbursement, Offer
from tallystick.services import anchoring, outbox
from tallystick.services.access import Actor
from tallystick.services.casework import find_as_lender, locked, move
from tallystick.services.installation import Installation
from tallystick.services.offers import save_instalments
from tallystick.values.calendar import add_months
from tallystick.values.rates import DayCount


def disburse(installation: Installation, actor: Actor, reference: str) -> Disbursement:
    """Record the payment of a confirmed offer; asking again returns the first record.

    Raises:
        NotFound: ``unknown_application``.
        Forbidden: ``not_permitted``, ``lender_not_in_standing``.
        Conflict: ``illegal_move`` when the offer is not confirmed; ``confirmation_not_committed`` while
            the ledger has not committed the applicant's confirmation.
    """
    actor.require("disburse")
    with transaction.atomic():
        application = locked(find_as_lender(actor, reference))
        paid = Disbursement.objects.filter(application=application).first()
        if paid is not None:
            return paid
        anchoring.require_standing(installation, application)
        advance(application.stage, Move.DISBURSE)
        confirmation = application.anchors.select_related("transmission").get(step="confirmation")
        if confirmation.transmission.code != "ok":
            raise Conflict(
                "confirmation_not_committed", "The confirmation is not on the ledger yet; try again shortly."
            )
        offer, now = application.offer, installation.clock.now()
        account = str(offer.document["account"])
        schedule = _schedule_from(offer, now.date())
        save_instalments(offer, schedule)
        paid = Disbursement.objects.create(
            application=application,
            currency=offer.currency,
            amount_minor=offer.amount_minor,
            account=account,
            paid_at=now,
            paid_by_id=actor.user_id,
        )
        document: dict[str, object] = {
            "account": account,
            "amount": offer.amount.text,
            "confirmation": confirmation.digest,
            "currency": offer.currency,
            "paid_at": now.isoformat(),
            "schedule": schedule.document(),
        }
        anchoring.anchor(installation, application, "disbursement", document)
        move(installation, application, Move.DISBURSE, actor)
    outbox.relay(installation)
    return paid


def _schedule_from(offer: Offer, paid_on: date) -> Schedule:
    """Return the schedule of the confirmed terms, counted from the day of payment: no interest before it."""
    return repayment_schedule(
        Terms(
            principal=offer.amount,
            annual_rate=offer.rate,
            instalments=offer.term_months,
            method=Method.parse(offer.method),
            day_count=DayCount.parse(offer.day_count),
            first_due_on=add_months(paid_on, 1),
            disbursed_on=paid_on,
        )
    )
