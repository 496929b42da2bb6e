"""Applications as they go out: rows turned into schemas, each part as far as ``sight`` lets it be seen."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tallystick.api.schemas import applications as out
from tallystick.api.schemas.common import Money as MoneyOut
from tallystick.api.schemas.common import member, money
from tallystick.lending.application import Stage
from tallystick.records.models import Anchor, Application, Disbursement, Event, Instalment, Offer
from tallystick.services import sight
from tallystick.services.access import Actor
from tallystick.values.money import Money

#: Use case (``sight.WAYS``) -> last part of the address that carries it out.
ADDRESSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "fill": "items",
        "hand_in_book": "books",
        "submit": "submission",
        "confirm": "confirmation",
        "withdraw": "withdrawal",
        "assign_programme": "programme",
        "assess": "assessment",
        "admit_referred": "admission",
        "make_offer": "offer",
        "decline": "decline",
        "disburse": "disbursement",
    }
)


def summary(application: Application) -> out.ApplicationSummary:
    """Return the application as it stands in a list."""
    programme = application.programme
    named = None
    if programme is not None:
        named = out.ProgrammeOfApplication(id=programme.pk, slug=programme.slug, version=programme.version)
    return out.ApplicationSummary(
        reference=application.reference,
        stage=Stage(application.stage),
        applicant=member(application.applicant),
        lender=member(application.lender),
        programme=named,
        created_at=application.created_at,
        submitted_at=application.submitted_at,
    )


def detail(actor: Actor, application: Application) -> out.ApplicationDetail:
    """Return everything that the actor may see of an application that it may see."""
    side = sight.side_of(actor, application)
    papers = sight.sees_papers(side, application)
    offer = Offer.objects.filter(application=application).first()
    paid = Disbursement.objects.filter(application=application).first()
    return out.ApplicationDetail(
        **dict(summary(application)),
        side="lender" if side is sight.Side.LENDER else "applicant",
        items=application.items if papers else {},
        books=[out.Book.from_orm(row) for row in application.books.order_by("item")] if papers else [],
        findings=_findings(side, application),
        offer=None if offer is None else _offer(side, offer),
        disbursement=None if paid is None else _disbursement(paid),
        anchors=[_anchor(side, row) for row in application.anchors.select_related("transmission")],
        history=[_event(actor, application, row) for row in application.events.select_related("user")],
        moves=[ADDRESSES[use_case] for use_case in sight.possible(actor, application)],
    )


def _findings(side: sight.Side, application: Application) -> list[out.Finding]:
    told = ((row, sight.finding_document(side, row)) for row in application.findings.order_by("pk"))
    return [
        out.Finding(
            kind=row.kind, made_at=row.made_at, digest=sight.finding_digest(side, row), document=document
        )
        for row, document in told
        if document is not None
    ]


def _offer(side: sight.Side, row: Offer) -> out.Offer:
    def amount(text: str) -> MoneyOut:
        return money(Money.parse(text, row.currency))

    limits = {name: amount(text) for name, text in row.document["limits"].items()}
    return out.Offer(
        amount=money(row.amount),
        annual_rate=row.annual_rate,
        term_months=row.term_months,
        method=row.method,
        day_count=row.day_count,
        grade=row.grade,
        made_at=row.made_at,
        expires_on=row.expires_on,
        instalments=[_instalment(each) for each in row.instalments.select_related("offer")],
        total_interest=amount(row.document["total_interest"]),
        total_payment=amount(row.document["total_payment"]),
        limits=limits if side is sight.Side.LENDER else None,
    )


def _instalment(row: Instalment) -> out.OfferInstalment:
    return out.OfferInstalment(
        number=row.number,
        due_on=row.due_on,
        principal=money(row.principal),
        interest=money(row.interest),
        payment=money(row.payment),
        balance=money(row.balance),
    )


def _disbursement(row: Disbursement) -> out.Disbursement:
    return out.Disbursement(amount=money(row.amount), account=row.account, paid_at=row.paid_at)


def _anchor(side: sight.Side, row: Anchor) -> out.Anchor:
    sent = row.transmission
    return out.Anchor(
        step=row.step,
        digest=row.digest,
        address=sent.address,
        transaction_hash=sent.transaction_hash,
        code=sent.code,
        paper=row.document if sight.sees_anchored_paper(side, row.step) else None,
        committed_at=sent.committed_at,
    )


def _event(actor: Actor, application: Application, row: Event) -> out.HistoryEvent:
    return out.HistoryEvent(
        move=row.move,
        stage=Stage(row.stage),
        by=sight.mover(row, application).value,
        user=row.user.username if row.user is not None and sight.is_own(actor, row) else None,
        reason=sight.reason_of(actor, row),
        at=row.at,
    )
