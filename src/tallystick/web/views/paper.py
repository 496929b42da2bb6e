"""Filling in from a paper: what it says is offered, and the applicant takes over what is right (O2)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from tallystick.errors import Malformed, TooLarge, Unavailable
from tallystick.evidence.papers import Kind
from tallystick.services.access import Actor
from tallystick.services.suggesting import suggest
from tallystick.web.asking import for_members, is_htmx
from tallystick.web.paper_forms import PaperForm, Suggestion, offered_values
from tallystick.web.sentences import sentence
from tallystick.web.views.apply import editable, form_page, programme_of


@require_POST
@for_members
def paper(request: HttpRequest, actor: Actor, reference: str) -> HttpResponse:
    """Return what a paper says, beside what the form holds; nothing of it is kept."""
    case = editable(actor, reference)
    sent = PaperForm(request.POST, request.FILES, auto_id="paper-%s")
    offered: list[Suggestion] = []
    if sent.is_valid():
        kind, upload = Kind(sent.cleaned_data["kind"]), sent.cleaned_data["file"]
        try:
            found = suggest(actor, reference, kind, [upload.read()])
            offered = offered_values(programme_of(case), found, case.application.items)
        except (Malformed, TooLarge, Unavailable) as refused:
            sent.add_error("file", sentence(refused))
    papers = {"paper": sent, "offered": offered}
    status = 422 if sent.errors else 200
    if is_htmx(request):
        return render(request, "web/apply/paper.html", {"case": case, **papers}, status=status)
    return form_page(request, case, status=status, papers=papers)
