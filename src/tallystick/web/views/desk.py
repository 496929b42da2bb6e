"""The lender's desk: assign, assess, admit, offer, decline, pay out."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from tallystick.bootstrap.parts import installation
from tallystick.lending.application import Stage
from tallystick.lending.offer import Refusal
from tallystick.records.models import Programme
from tallystick.services import applications, assessment, disbursement, offers
from tallystick.services.access import Actor
from tallystick.services.casework import find
from tallystick.web.asking import for_members, to_application
from tallystick.web.cards.programme import programme_card
from tallystick.web.case import Case, open_case
from tallystick.web.forms import AssignForm, ReasonForm
from tallystick.web.views.applications import ask
from tallystick.web.wording import words

#: What to say after an assessment, by the stage that it led to.
ASSESSED: Final[Mapping[Stage, str | Promise]] = MappingProxyType(
    {
        Stage.ASSESSED: gettext_lazy("Admitted and graded. An offer can be made."),
        Stage.REFERRED: gettext_lazy(
            "The rules refer this application to you. Admit it with a reason, or decline."
        ),
        Stage.DECLINED: gettext_lazy("The rules decline this application. The applicant sees the reasons."),
    }
)


@require_POST
@for_members
def assess(request: HttpRequest, actor: Actor, reference: str) -> HttpResponse:
    """Judge admission on the books and grade."""
    assessment.assess(installation(), actor, reference)
    stage = Stage(find(actor, reference).stage)
    messages.add_message(
        request, messages.SUCCESS if stage is Stage.ASSESSED else messages.WARNING, str(ASSESSED[stage])
    )
    return to_application(reference)


@require_POST
@for_members
def offer(request: HttpRequest, actor: Actor, reference: str) -> HttpResponse:
    """Price by grade: an offer, or no offer with the reasons."""
    made = offers.make_offer(installation(), actor, reference)
    if isinstance(made, Refusal) and made.outcome == "refer":
        messages.warning(
            request, _("The offer policy refers the application: decide with its reasons in view.")
        )
    elif isinstance(made, Refusal):
        messages.warning(request, _("No offer can be made; the application is declined."))
    else:
        messages.success(request, _("The offer is with the applicant."))
    return to_application(reference)


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def admit(request: HttpRequest, actor: Actor, reference: str) -> HttpResponse:
    """Ask for a reason, then admit what the rules referred."""
    case, form = _open(actor, reference, "admit"), ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        offers.admit_referred(installation(), actor, reference, form.cleaned_data["reason"])
        messages.success(request, _("Admitted. An offer can be made."))
        return to_application(reference)
    return _reason_page(request, case, form, "web/desk/admit.html")


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def decline(request: HttpRequest, actor: Actor, reference: str) -> HttpResponse:
    """Ask for a reason, then decline."""
    case, form = _open(actor, reference, "decline"), ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        offers.decline(installation(), actor, reference, form.cleaned_data["reason"])
        messages.success(request, _("Declined. The applicant sees the reason."))
        return to_application(reference)
    return _reason_page(request, case, form, "web/desk/decline.html")


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def pay(request: HttpRequest, actor: Actor, reference: str) -> HttpResponse:
    """Ask, then pay out; a second yes finds the first payment."""
    if request.method == "POST":
        paid = disbursement.disburse(installation(), actor, reference)
        said = _("%(amount)s paid out to the account ending in %(tail)s, recorded once.")
        messages.success(request, said % {"amount": paid.amount, "tail": paid.account[-4:]})
        return to_application(reference)
    return ask(request, open_case(actor, reference), "pay")


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def assign(request: HttpRequest, actor: Actor, reference: str) -> HttpResponse:
    """Give a request that names no programme one of the lender's own."""
    case = _open(actor, reference, "assign")
    own = Programme.objects.filter(lender_id=actor.member_id, retired_at=None).order_by("slug")
    choices = [(str(row.pk), words(programme_card(row).programme.names)) for row in own]
    form = AssignForm(choices, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        applications.assign_programme(installation(), actor, reference, int(form.cleaned_data["programme"]))
        messages.success(request, _("Assigned. The applicant can now fill in the application."))
        return redirect("web:home")
    status = 422 if form.errors else 200
    return render(request, "web/desk/assign.html", {"case": case, "form": form}, status=status)


def _open(actor: Actor, reference: str, way: str) -> Case:
    """Return the case when ``way`` is open to the asker now. Raises as ``open_case`` and ``require``."""
    case = open_case(actor, reference)
    case.require(way)
    return case


def _reason_page(request: HttpRequest, case: Case, form: ReasonForm, template: str) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, template, {"case": case, "form": form}, status=status)
