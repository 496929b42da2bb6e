"""Qualification (mission E6 to E10): ask for a supplier's records, see and grade them, decide."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from tallystick.bootstrap.parts import installation
from tallystick.errors import Rejection, Unavailable
from tallystick.evidence.assessment import Quality
from tallystick.evidence.by_hand import grade_by_hand
from tallystick.records.models import Member, Qualification
from tallystick.services import qualification as service
from tallystick.services.access import Actor
from tallystick.web.asking import for_members
from tallystick.web.cards.qualification import qualification_card, tier_word
from tallystick.web.qualification_forms import CURRENCY, DecisionForm, GradeForm, QueryForm
from tallystick.web.sentences import sentence

PER_PAGE = 25


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def qualifications(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Return what was asked before; ask about a supplier."""
    actor.require("qualify")
    suppliers = [member for member in Member.objects.all() if "enterprise" in member.roles]
    form = QueryForm(suppliers, request.POST if request.method == "POST" else None, request.GET.dict())
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            row = service.query(
                installation(),
                actor,
                asked["supplier"],
                days=asked["days"],
                application=asked["application"].strip(),
                family=asked["family"],
            )
        except Unavailable as later:
            messages.warning(request, sentence(later))
            return redirect("web:qualifications")
        except Rejection as refused:
            form.add_error(None, sentence(refused))
        else:
            return redirect("web:qualification", row.reference)
    rows = Qualification.objects.visible_to(actor.member_id).select_related("supplier")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    listed = [(row, tier_word(row.findings["tier"]) if row.findings else "") for row in page]
    context = {"form": form, "page": page, "rows": listed}
    return render(request, "web/qualifications/list.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD"])
@for_members
def qualification(request: HttpRequest, actor: Actor, reference: str) -> HttpResponse:
    """Return the records that a query gave, with everything that they were held against."""
    actor.require("qualify")
    return _page(request, actor, reference)


@require_POST
@for_members
def examine(request: HttpRequest, actor: Actor, reference: str) -> HttpResponse:
    """Check and grade the records again, with what has come in since."""
    service.examine(installation(), actor, service.find(actor, reference))
    messages.success(request, _("Checked and graded again."))
    return redirect("web:qualification", reference)


@require_POST
@for_members
def grade(request: HttpRequest, actor: Actor, reference: str, record: str) -> HttpResponse:
    """Keep what the reviewer saw in the media of one record."""
    form = GradeForm(request.POST, auto_id=f"{record}-%s")
    if not form.is_valid():
        return _page(request, actor, reference, grading={record: form}, status=422)
    seen = form.cleaned_data
    quantity = "" if seen["quantity"] is None else str(seen["quantity"])
    quality = Quality(seen["quality"] or Quality.UNKNOWN)
    assessment = grade_by_hand(
        request.user.get_username(), quality, seen["because"], quantity, seen["value"], CURRENCY
    )
    service.grade_by_hand(installation(), actor, reference, record, assessment)
    messages.success(request, _("Your grade is kept; it counts before any model's."))
    return redirect("web:qualification", reference)


@require_POST
@for_members
def decide(request: HttpRequest, actor: Actor, reference: str) -> HttpResponse:
    """Take the decision."""
    form = DecisionForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        is_grant = said["outcome"] == service.GRANT
        try:
            service.decide(
                installation(),
                actor,
                reference,
                outcome=said["outcome"],
                reason=said["reason"],
                amount=said["amount"] if is_grant else None,
                rate=said["rate"] if is_grant else None,
            )
        except Rejection as refused:
            form.add_error(None, sentence(refused))
        else:
            messages.success(request, _("The decision is kept, with everything that it rests on."))
            return redirect("web:qualification", reference)
    return _page(request, actor, reference, deciding=form, status=422)


def _page(
    request: HttpRequest,
    actor: Actor,
    reference: str,
    *,
    grading: dict[str, GradeForm] | None = None,
    deciding: DecisionForm | None = None,
    status: int = 200,
) -> HttpResponse:
    row = service.find(actor, reference)
    card = qualification_card(installation(), row)
    records = card.records if card else ()
    context = {
        "row": row,
        "card": card,
        "records": [
            (each, (grading or {}).get(each.address, GradeForm(auto_id=f"{each.address}-%s")))
            for each in records
        ],
        "form": deciding or DecisionForm(),
        "amount": row.amount,
        "rate": row.rate,
    }
    return render(request, "web/qualifications/page.html", context, status=status)
