"""Consents (mission row E12): given, received, taken back, and what was read under them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tallystick.bootstrap.parts import installation
from tallystick.errors import Conflict, NotFound, Rejection
from tallystick.records.models import Consent, Delivery, Member
from tallystick.services import consents as service
from tallystick.services import qualification
from tallystick.services.access import Actor
from tallystick.web.asking import for_members
from tallystick.web.cards.consent import consent_rows
from tallystick.web.evidence_forms import ALL, BOOKS, CHOSEN, CONSENT, ConsentForm, end_of
from tallystick.web.sentences import sentence
from tallystick.web.wording import called


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def consents(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Return the consents that the asker's member gave and was given; give one."""
    form = _form(request, actor) if actor.may("grant_consent") else None
    if request.method == "POST":
        actor.require("grant_consent")
        if form is not None and form.is_valid() and _granted(actor, form):
            messages.success(request, _("The consent is given."))
            return redirect("web:consents")
    context = {
        "rows": consent_rows(installation(), actor),
        "form": form,
        "asked": qualification.asked_about(installation(), actor),
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "web/consents/page.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def withdraw(request: HttpRequest, actor: Actor, consent_id: int) -> HttpResponse:
    """Ask, then take a consent back."""
    actor.require("grant_consent")
    row = Consent.objects.select_related("recipient").filter(pk=consent_id, owner_id=actor.member_id).first()
    if row is None:
        raise NotFound("unknown_consent", "There is no such consent.")
    if row.withdrawn_at is not None:
        raise Conflict("already_withdrawn", "The consent is withdrawn already.")
    if request.method == "POST":
        service.withdraw(installation(), actor, consent_id)
        messages.success(request, _("Taken back. No read begins under it from now on."))
        return redirect("web:consents")
    text = _(
        "%(lender)s can read nothing under this consent from now on."
        " What it has read already it may have kept."
    ) % {"lender": called(row.recipient)}
    context = {
        "title": _("Take this consent back?"),
        "text": text,
        "action": _("Take back"),
        "danger": True,
        "address": reverse("web:withdraw_consent", args=[row.pk]),
        "back": reverse("web:consents"),
    }
    return render(request, "web/confirm.html", context)


def _form(request: HttpRequest, actor: Actor) -> ConsentForm:
    lenders = [member for member in Member.objects.all() if member.is_lender]
    made = Delivery.objects.visible_to(actor.member_id).filter(supplier_id=actor.member_id)
    own = list(made.exclude(stage="failed").select_related("buyer")[: service.MAX_SCOPE])
    if request.method == "POST":
        return ConsentForm(lenders, own, request.POST)
    until = timezone.localdate(installation().clock.now() + CONSENT)
    return ConsentForm(lenders, own, initial={"covers": ALL, "until": until})


def _granted(actor: Actor, form: ConsentForm) -> bool:
    """Give the consent; what speaks against it stands in the form."""
    given = form.cleaned_data
    purpose = service.ADMISSION if given["covers"] == BOOKS else service.QUALIFICATION
    chosen = given["deliveries"] if given["covers"] == CHOSEN else ()
    try:
        made = service.grant(
            installation(),
            actor,
            recipient=given["recipient"],
            until=end_of(given["until"]),
            scope=service.scope_for(purpose, chosen),
            purpose=purpose,
        )
    except Rejection as error:
        return _refused(form, error)
    sent = made.sent
    return sent.code in ("", "ok") or _refused(form, Rejection(sent.code, sent.message))


def _refused(form: ConsentForm, error: Rejection) -> bool:
    form.add_error("until" if error.code == "bad_consent_period" else None, sentence(error))
    return False
