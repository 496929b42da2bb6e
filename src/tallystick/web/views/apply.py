"""Applying (mission rows O1 to O3): choose, fill in, hand in the books, check, submit."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tallystick.bootstrap.parts import installation
from tallystick.errors import Conflict, Malformed, NotFound, TooLarge
from tallystick.lending.completeness import Completeness, check_completeness
from tallystick.lending.items import Items, read_items
from tallystick.lending.programme import Programme
from tallystick.records.models import Member
from tallystick.services import applications, files
from tallystick.services.access import Actor
from tallystick.services.assessment import rulebook_of
from tallystick.services.casework import find_as_applicant
from tallystick.web.asking import for_members, is_htmx, to_application
from tallystick.web.cards.request import BookRow, book_rows, written
from tallystick.web.case import Case, open_case
from tallystick.web.forms import BeginForm, BookForm, ItemsForm
from tallystick.web.paper_forms import PaperForm
from tallystick.web.sentences import sentence
from tallystick.web.views.home import offered
from tallystick.web.wording import words


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def apply(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Return what is on offer; begin an application for the programme or at the lender that was chosen."""
    actor.require("apply")
    if request.method == "POST":
        chosen = BeginForm(request.POST)
        if not chosen.is_valid():
            raise Malformed("no_lender", "Name a programme or a lender.")
        programme, lender = chosen.cleaned_data["programme"], chosen.cleaned_data["lender"]
        begun = applications.begin(installation(), actor, programme_id=programme, lender_id=lender)
        return to_application(begun.reference) if programme is None else redirect("web:form", begun.reference)
    lenders = [member for member in Member.objects.all() if member.is_lender]
    return render(request, "web/apply/choose.html", {"programmes": offered(), "lenders": lenders})


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def form(request: HttpRequest, actor: Actor, reference: str) -> HttpResponse:
    """Return the information page; save what was typed, and go on to the check where that is asked."""
    case = editable(actor, reference)
    if request.method == "POST":
        names = {item.name for item in programme_of(case).items if item.kind != "books"}
        if "from_paper" in request.POST:
            names &= set(request.POST.getlist("use"))  # of what a paper says, only what was confirmed
        typed = {name: str(request.POST[name]) for name in names if name in request.POST}
        items = applications.fill(installation(), actor, reference, typed)
        case = editable(actor, reference)
        if not items.problems and request.POST.get("then") == "check":
            return redirect("web:check", reference)
        return _saved(request, case, items)
    return form_page(request, case)


@require_POST
@for_members
def book(request: HttpRequest, actor: Actor, reference: str, item: str) -> HttpResponse:
    """Keep an invoice book; what is wrong with it stands beside the field."""
    case = editable(actor, reference)
    sent = BookForm(item, request.POST, request.FILES, auto_id=f"{item}-%s")
    if sent.is_valid():
        try:
            _hand_in(actor, reference, item, sent.cleaned_data)
        except (Malformed, NotFound, TooLarge, Conflict) as refused:
            sent.add_error("file", sentence(refused))
    if not sent.errors:
        if not is_htmx(request):
            messages.success(request, _("The book was read and kept."))
            return redirect("web:form", reference)
        case, sent = editable(actor, reference), _book_form(item)
    status = 422 if sent.errors else 200
    if not is_htmx(request):
        return form_page(request, case, {item: sent}, status)
    row = next((each for each in book_rows(case) if each.item == item), None)
    if row is None:
        raise Malformed("unknown_item", "The programme does not ask for this book.")
    context = {"case": case, "row": row, "form": sent, "found": _completeness(case), "is_part": True}
    return render(request, "web/apply/book_and_progress.html", context, status=status)


@require_GET
@for_members
def check(request: HttpRequest, actor: Actor, reference: str) -> HttpResponse:
    """Return all that will be submitted, on one page."""
    case = editable(actor, reference)
    context = {
        "case": case,
        "rows": written(programme_of(case), case.application),
        "books": book_rows(case),
        "found": _completeness(case),
    }
    return render(request, "web/apply/check.html", context)


@require_POST
@for_members
def submit(request: HttpRequest, actor: Actor, reference: str) -> HttpResponse:
    """Submit: on its way, or refused for now with the list of what to add."""
    found = applications.submit(installation(), actor, reference)
    if not found.complete:
        messages.warning(
            request, _("Refused for now: something is still missing. The list says what to add.")
        )
        return redirect("web:form", reference)
    messages.success(request, _("Submitted. The lender can now see the application and assess it."))
    return to_application(reference)


def editable(actor: Actor, reference: str) -> Case:
    """Return the case of an application that the asker may still fill in.

    Raises:
        NotFound: ``unknown_application``, also for the lender: a form is not its to see.
        Conflict: ``not_editable``, ``no_programme_yet``.
    """
    find_as_applicant(actor, reference)
    case = open_case(actor, reference)
    rulebook_of(case.application)
    if "form" not in case.ways:
        raise Conflict("not_editable", "The application was submitted and can no longer be changed.")
    return case


def programme_of(case: Case) -> Programme:
    """Return the programme that the case applies for."""
    return rulebook_of(case.application).programme


def _completeness(case: Case) -> Completeness:
    programme = programme_of(case)
    return check_completeness(programme, read_items(programme, case.application.items))


def _book_form(item: str) -> BookForm:
    return BookForm(item, auto_id=f"{item}-%s")


def _hand_in(actor: Actor, reference: str, item: str, sent: Mapping[str, Any]) -> None:
    upload = sent["file"]
    if upload.size > files.MAX_FILE_BYTES:
        raise TooLarge("file_too_large", "The file is larger than 64 MB.")
    applications.hand_in_book(
        installation(),
        actor,
        reference,
        item=item,
        file_name=upload.name,
        content=upload.read(),
        mapping=sent["mapping"],
        enterprise=sent["enterprise"],
    )


def form_page(
    request: HttpRequest,
    case: Case,
    sent: Mapping[str, BookForm] | None = None,
    status: int = 200,
    papers: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Return the information page, with the forms that were sent and what a paper says."""
    items = read_items(programme_of(case), case.application.items)
    context = _context(case, items, sent or {}) | dict(papers or {})
    return render(request, "web/apply/form.html", context, status=status)


def _saved(request: HttpRequest, case: Case, items: Items) -> HttpResponse:
    context = _context(case, items, {}) | {"saved_at": installation().clock.now()}
    if is_htmx(request):
        return render(request, "web/apply/items_and_progress.html", context | {"is_part": True})
    if not items.problems:
        messages.success(request, _("Saved."))
        return redirect("web:form", case.application.reference)
    return render(request, "web/apply/form.html", context, status=422)


def _context(case: Case, items: Items, sent: Mapping[str, BookForm]) -> dict[str, Any]:
    programme = programme_of(case)
    pairs: list[tuple[BookRow, BookForm]] = [
        (row, sent.get(row.item, _book_form(row.item))) for row in book_rows(case)
    ]
    return {
        "case": case,
        "paper": PaperForm(auto_id="paper-%s"),
        "form": ItemsForm(programme, case.application.items, items.problems),
        "books": pairs,
        "found": _completeness(case),
        "programme_name": words(programme.names),
    }
