"""The page of one application, as each side may see it, and what the applicant does to it at the end."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tallystick.bootstrap.parts import installation
from tallystick.services import applications, offers
from tallystick.services.access import Actor
from tallystick.web.asking import for_members, to_application
from tallystick.web.cards.admission import admission_card
from tallystick.web.cards.anchors import anchor_rows
from tallystick.web.cards.grading import grading_card
from tallystick.web.cards.history import history_rows, reasons
from tallystick.web.cards.offer import offer_card
from tallystick.web.cards.qualified import qualified_card
from tallystick.web.cards.request import book_rows, item_rows
from tallystick.web.cards.steps import steps
from tallystick.web.case import Case, open_case
from tallystick.web.next_steps import NEXT_STEPS
from tallystick.web.questions import QUESTIONS, question


@require_GET
@for_members
def application(request: HttpRequest, actor: Actor, reference: str) -> HttpResponse:
    """Return the page: where the application stands, every card that the side is shown, and what to do."""
    case = open_case(actor, reference)
    context = {
        "case": case,
        "application": case.application,
        "steps": steps(case),
        "next_step": NEXT_STEPS[case.stage],
        "reasons": reasons(case),
        "offer": offer_card(case),
        "qualified": qualified_card(installation(), case),
        "admission": admission_card(case),
        "grading": grading_card(case),
        "items": item_rows(case),
        "books": book_rows(case),
        "anchors": anchor_rows(case),
        "history": history_rows(case),
        "questions": {way: question(way, case) for way in QUESTIONS if way in case.ways},
    }
    return render(request, "web/application/page.html", context)


@require_GET
@for_members
def anchors(request: HttpRequest, actor: Actor, reference: str) -> HttpResponse:
    """Return the card of steps on the ledger, which asks again while one is on its way."""
    case = open_case(actor, reference)
    return render(request, "web/cards/anchors.html", {"case": case, "anchors": anchor_rows(case)})


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def accept(request: HttpRequest, actor: Actor, reference: str) -> HttpResponse:
    """Ask, then accept the offer: the applicant signs it."""
    if request.method == "POST":
        offers.confirm(installation(), actor, reference)
        messages.success(request, _("Accepted and signed. The lender can now pay out."))
        return to_application(reference)
    return ask(request, open_case(actor, reference), "accept")


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def withdraw(request: HttpRequest, actor: Actor, reference: str) -> HttpResponse:
    """Ask, then take the application back."""
    if request.method == "POST":
        applications.withdraw(installation(), actor, reference)
        messages.success(request, _("The application was withdrawn."))
        return to_application(reference)
    return ask(request, open_case(actor, reference), "withdraw")


def ask(request: HttpRequest, case: Case, way: str) -> HttpResponse:
    """Return the page that says what will happen and asks for a yes. Raises as ``Case.require``."""
    case.require(way)
    asked = question(way, case)
    reference = case.application.reference
    context = {
        "title": asked.title,
        "text": asked.text,
        "action": asked.action,
        "danger": asked.danger,
        "address": reverse(f"web:{way}", args=[reference]),
        "back": reverse("web:application", args=[reference]),
    }
    return render(request, "web/confirm.html", context)
