"""Applications as they go out: rows turned into schemas, each part as far as ``sight`` lets it be seen."""

from tallystick.api import sight
from tallystick.api.schemas import applications as out
from tallystick.api.schemas.common import Money as MoneyOut
from tallystick.api.schemas.common import member, money
from tallystick.lending.application import Stage
from tallystick.records.models import Anchor, Application, Disbursement, Event, Finding, Instalment, Offer
from tallystick.services.access import Actor
from tallystick.values.money import Money


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
    papers = sight.has_papers(side, application)
    offer = Offer.objects.filter(application=application).first()
    paid = Disbursement.objects.filter(application=application).first()
    return out.ApplicationDetail(
        **dict(summary(application)),
        side=side.value,
        items=application.items if papers else {},
        books=[out.Book.from_orm(row) for row in application.books.order_by("item")] if papers else [],
        findings=[
            _finding(side, row) for row in application.findings.order_by("pk") if sight.sees(side, row)
        ],
        offer=None if offer is None else _offer(side, offer),
        disbursement=None if paid is None else _disbursement(paid),
        anchors=[_anchor(row) for row in application.anchors.select_related("transmission")],
        history=[_event(actor, application, row) for row in application.events.select_related("user")],
        moves=sight.possible(actor, application),
    )


def _finding(side: sight.Side, row: Finding) -> out.Finding:
    return out.Finding(
        kind=row.kind,
        made_at=row.made_at,
        digest=sight.finding_digest(side, row),
        document=sight.finding_document(side, row),
    )


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


def _anchor(row: Anchor) -> out.Anchor:
    sent = row.transmission
    return out.Anchor(
        step=row.step,
        digest=row.digest,
        address=sent.address,
        transaction_hash=sent.transaction_hash,
        code=sent.code,
        committed_at=sent.committed_at,
    )


def _event(actor: Actor, application: Application, row: Event) -> out.HistoryEvent:
    return out.HistoryEvent(
        move=row.move,
        stage=Stage(row.stage),
        by=sight.mover(row, application),
        user=sight.mover_name(actor, row),
        reason=row.reason,
        at=row.at,
    )
