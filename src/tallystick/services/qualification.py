"""Qualification: a supplier's delivery records asked for, examined and decided on (mission E6 to E10).

The query is the lender's signed transaction and stays on the ledger. What it gives is examined record by
record (``services.examination``). An officer decides; what was decided is kept with what it rested on.
"""

from typing import Final

from django.db import transaction

from tallystick.contracts import qualification as contract
from tallystick.contracts.shapes import decode_kept
from tallystick.errors import Conflict, Malformed, NotFound, Rejection, Unavailable
from tallystick.evidence import tiers
from tallystick.evidence.assessment import Assessment, Basis
from tallystick.records.models import (
    Application,
    Delivery,
    HandGrade,
    Member,
    Qualification,
    Transmission,
)
from tallystick.services import outbox
from tallystick.services.access import Actor
from tallystick.services.examination import examined, tier_policy
from tallystick.services.installation import Installation
from tallystick.services.looking import Looker, product_families
from tallystick.services.numbers import next_reference
from tallystick.services.peers import releases
from tallystick.values import canonical
from tallystick.values.money import Money
from tallystick.values.rates import Rate

#: The terms of a lender that has published none: a year back, as many records as one query gives.
DAYS: Final = 365
RECORDS: Final = contract.MAX_RECORDS
GRANT, DECLINE = "grant", "decline"
MAX_REASON: Final = 500
#: Queries about a supplier that it is shown.
MAX_ASKED: Final = 200


def find(actor: Actor, reference: str) -> Qualification:
    """Return a qualification of the actor's member.

    Raises:
        NotFound: ``unknown_qualification``.
    """
    rows = Qualification.objects.visible_to(actor.member_id).select_related("lender", "supplier", "sent")
    row = rows.filter(reference=reference).first()
    if row is None:
        raise NotFound("unknown_qualification", "There is no such qualification.")
    return row


def asked_about(installation: Installation, actor: Actor) -> list[tuple[Member | None, contract.Asked]]:
    """Return who has asked about the actor's member, newest first: lender, if known here, and query.

    Raises:
        Corruption: ``damaged_state``.
    """
    if actor.member_id is None:
        return []
    member = Member.objects.get(pk=actor.member_id)
    kept = installation.ledger.scan(contract.queries_prefix(member.address), MAX_ASKED)
    asked = [decode_kept(key, value, contract.Asked) for key, value in reversed(kept)]
    lenders = {
        each.address: each for each in Member.objects.filter(address__in={one.lender for one in asked})
    }
    return [(lenders.get(each.lender), each) for each in asked]


def query(
    installation: Installation,
    actor: Actor,
    supplier: str,
    *,
    days: int = DAYS,
    application: str = "",
    family: str = "",
) -> Qualification:
    """Ask the ledger for a supplier's delivery records, and check and grade what it gives.

    Args:
        supplier: account address.
        days: how far back; each reach is a contract of the lender's own, published when it is first used.
        family: product family whose registered model looks at the pictures; empty: none does.
        application: reference of a loan application to this lender that the query is about; may be empty.

    Raises:
        Forbidden: ``not_permitted``. NotFound: ``unknown_supplier``, ``unknown_application``.
        Malformed: ``bad_days``, ``unknown_product_family``.
        Rejection: with the ledger's code when the contract refuses.
        Unavailable: ``not_yet_committed`` when the ledger does not answer; the query goes on by itself.
    """
    lender_id = actor.require("qualify")
    if not 1 <= days <= contract.MAX_DAYS:
        raise Malformed("bad_days", f"A query reaches back 1 to {contract.MAX_DAYS} days.")
    if family and family not in product_families():
        raise Malformed("unknown_product_family", f"No registered model knows {family!r:.60}.")
    lender = Member.objects.get(pk=lender_id)
    subject = Member.objects.filter(address=supplier).first()
    if subject is None:
        raise NotFound("unknown_supplier", "No member has that account address here.")
    about = _application(lender_id, application)
    now = installation.clock.now()
    identifier = contract.contract_id(lender.address, days, RECORDS)
    asked = contract.Query(identifier, subject.address)
    reference = next_reference("QQ", now.year)
    with transaction.atomic():
        if contract.terms_from_state(installation.ledger.read, lender.address, identifier) is None:
            terms = contract.Publish(days, RECORDS).as_arguments()
            outbox.enqueue(lender.address, "qualification", "publish", terms, now)
        sent = outbox.enqueue(lender.address, "qualification", "query", asked.as_arguments(), now)
        row = Qualification.objects.create(
            reference=reference,
            lender=lender,
            supplier=subject,
            contract=identifier,
            sent=sent,
            application=about,
            product_family=family,
            asked_by_id=actor.user_id,
            asked_at=now,
        )
    outbox.relay(installation)
    return examine(installation, actor, row)


def examine(installation: Installation, actor: Actor, row: Qualification) -> Qualification:
    """Check and grade what the query gave, as it stands now; again whenever files or grades have come in.

    Raises:
        Conflict: ``already_decided``.
        Rejection: with the ledger's code when it refused the query.
        Unavailable: ``not_yet_committed``.
    """
    actor.require("qualify")
    if row.outcome:
        raise Conflict("already_decided", "The qualification is decided; ask again for a new one.")
    answer = _answer(installation, row.sent)
    releases.bring_in(installation, row.lender, row.supplier, answer.records)
    looker = Looker(installation, row.lender, row.product_family)
    found = [
        examined(installation, actor, row.lender, row.supplier, given, looker) for given in answer.records
    ]
    counting = [each.tier for each in found if each.counts]
    overall = tiers.supplier_tier(
        tier_policy(installation, row.lender, "supplier-tier"), counting, len(found) - len(counting)
    )
    row.findings = {
        "address": answer.address,
        "since": answer.since,
        "left_out": answer.left_out,
        "records": [each.document for each in found],
        "tier": overall.tier,
        "decision": overall.decision.document(),
        "reasons": [reason.document() for reason in overall.reasons],
    }
    row.save(update_fields=["findings"])
    return row


def grade_by_hand(
    installation: Installation, actor: Actor, reference: str, record: str, assessment: Assessment
) -> Qualification:
    """Record what a reviewer, who has looked at the media, makes of one delivery; it outranks a model.

    Args:
        record: storage address of a record that the query gave.
        assessment: whose figures rest on ``Basis.PERSON``.

    Raises:
        NotFound: ``unknown_qualification``, ``unknown_record``. Malformed: ``not_by_hand``.
        Forbidden: ``not_permitted``. Conflict: ``already_decided``.
    """
    lender_id = actor.require("qualify")
    row = find(actor, reference)
    if Basis.PERSON not in (assessment.quality.basis, assessment.quantity.basis, assessment.value.basis):
        raise Malformed("not_by_hand", "A grade by hand says at least one figure on a person's word.")
    delivery = Delivery.objects.filter(supplier=row.supplier, record=record).first()
    given = {each.address for each in _answer(installation, row.sent).records}
    if delivery is None or record not in given:
        raise NotFound("unknown_record", "The query gave no such record.")
    HandGrade.objects.create(
        delivery=delivery,
        lender_id=lender_id,
        assessment=canonical.decode(canonical.encode(assessment), dict),
        made_by_id=actor.user_id,
        made_at=installation.clock.now(),
    )
    return examine(installation, actor, row)


def decide(
    installation: Installation,
    actor: Actor,
    reference: str,
    *,
    outcome: str,
    reason: str,
    amount: Money | None = None,
    rate: Rate | None = None,
) -> Qualification:
    """Take the officer's decision: grant, with amount and rate, or decline (E10).

    Raises:
        Forbidden: ``not_permitted``. NotFound: ``unknown_qualification``.
        Conflict: ``already_decided``, ``not_examined``.
        Malformed: ``bad_decision`` when a grant names no amount and rate, or no reason is given.
    """
    actor.require("qualify")
    with transaction.atomic():
        row = Qualification.objects.select_for_update(of=("self",)).get(pk=find(actor, reference).pk)
        if row.outcome:
            raise Conflict("already_decided", "The qualification is decided already.")
        if row.findings is None:
            raise Conflict("not_examined", "The ledger has not answered the query yet.")
        if outcome not in (GRANT, DECLINE) or not reason.strip():
            raise Malformed("bad_decision", "Grant or decline, with a reason.")
        if (outcome == GRANT) != _is_priced(amount, rate):
            raise Malformed("bad_decision", "A grant names an amount and a rate; a decline names neither.")
        row.outcome, row.reason = outcome, reason.strip()[:MAX_REASON]
        if amount is not None and rate is not None:
            row.currency, row.amount_minor = amount.currency.code, amount.amount_minor
            row.annual_rate = rate.text
        row.decided_by_id, row.decided_at = actor.user_id, installation.clock.now()
        row.save()
    return row


def _is_priced(amount: Money | None, rate: Rate | None) -> bool:
    """Return whether both are named, and are such as a loan can have."""
    return amount is not None and rate is not None and amount.amount_minor > 0 and 0 <= rate.value <= 1


def _application(lender_id: int, reference: str) -> Application | None:
    if not reference:
        return None
    found = Application.objects.visible_to(lender_id).filter(reference=reference, lender_id=lender_id).first()
    if found is None:
        raise NotFound("unknown_application", "There is no such application.")
    return found


def _answer(installation: Installation, sent: Transmission) -> contract.Answer:
    sent.refresh_from_db()
    if not sent.code:
        raise Unavailable(
            "not_yet_committed", "The ledger has not answered yet; the query goes on by itself."
        )
    if sent.code != "ok":
        raise Rejection(sent.code, sent.message)
    receipt = installation.ledger.receipt(sent.transaction_hash)
    if receipt is None:
        raise Unavailable(
            "receipt_not_kept", "The ledger's node does not keep the answer any more; ask again."
        )
    return canonical.decode(receipt.data, contract.Answer)
