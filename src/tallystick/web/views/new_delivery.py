"""Recording a delivery (mission row E2): one form that works by itself, and better where scripts run."""

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth import authenticate
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tallystick.bootstrap.parts import installation
from tallystick.errors import Malformed, Rejection, TallystickError, Unavailable
from tallystick.evidence.papers import Kind
from tallystick.records.models import MediaFile, Member
from tallystick.services import deliveries, media, uploading
from tallystick.services.access import Actor
from tallystick.web.asking import for_members
from tallystick.web.cards.delivery import FileRow, file_row
from tallystick.web.delivery_words import PAPERS
from tallystick.web.evidence_forms import DUE, DeliveryForm, FilmForm, PaperKindForm, end_of
from tallystick.web.evidence_sentences import OF_FILES
from tallystick.web.sentences import DETAILED, sentence
from tallystick.web.wording import called

#: Enterprises that are offered to choose from; any other's address can be typed.
ENTERPRISES_AT_MOST: Final = 500
PIECE_BYTES: Final = 512 * 1024
#: Field of the form -> whether its files are documents of the chosen kind.
FILE_FIELDS: Final = {"goods": False, "camera": False, "document": True}
#: Code of a refusal -> the field beside which it stands.
AT_FIELD: Final = {
    "unknown_buyer": "buyer",
    "own_buyer": "buyer",
    "buyer_not_active": "buyer",
    "bad_due_date": "due_on",
}


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def new_delivery(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Return the form; add or remove a file, or put the delivery on the ledger, as the button says."""
    actor.require("record_delivery")
    if request.method != "POST":
        form = DeliveryForm(initial={"due_on": timezone.localdate(installation().clock.now() + DUE)})
        return _page(request, actor, form)
    then, _colon, which = str(request.POST.get("then", "")).partition(":")
    if then == "send":
        return _send(request, actor)
    typed = DeliveryForm(initial={name: request.POST.get(name, "") for name in ("buyer", "due_on")})
    refused = ""
    try:
        if then == "film":
            film = FilmForm(request.POST)
            if not film.is_valid():
                return _page(request, actor, typed, film=film)
            media.keep_location(installation(), actor, **film.cleaned_data)
        elif then == "remove" and which.isascii() and which.isdigit():
            media.discard(installation(), actor, int(which[:15]))
        else:
            _add(request, actor)
    except (Rejection, Unavailable) as error:
        refused = sentence(error)
    return _page(request, actor, typed, refused=refused)


@require_GET
@for_members
def buyer_name(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Return whose the typed account address is."""
    actor.require("record_delivery")
    return render(request, "web/deliveries/buyer.html", {"named": _named(request.GET.get("buyer", ""))})


def _send(request: HttpRequest, actor: Actor) -> HttpResponse:
    form = DeliveryForm(request.POST)
    chosen = [int(each) for each in request.POST.getlist("media") if each.isascii() and each.isdigit()]
    if form.is_valid() and not _is_operator(request, form.cleaned_data["password"]):
        form.add_error("password", _("The password is not right. Nothing was sent and nothing is lost."))
    if form.is_valid():
        try:
            made = deliveries.submit(
                installation(),
                actor,
                buyer=form.cleaned_data["buyer"].strip(),
                media_ids=chosen,
                due_at=end_of(form.cleaned_data["due_on"]),
            )
        except Rejection as error:
            form.add_error(AT_FIELD.get(error.code), sentence(error))
        else:
            _say_where(request, made.request, made.media_hash)
            return redirect("web:delivery", made.reference)
    return _page(request, actor, form)


def _is_operator(request: HttpRequest, password: str) -> bool:
    """Return whether the password is that of who has signed in; a wrong one counts towards the lockout."""
    user = request.user
    found = authenticate(request=request, username=user.get_username(), password=password)
    return found is not None and found.pk == user.pk


def _say_where(request: HttpRequest, address: str, media_hash: str) -> None:
    if address:
        said = _("On the ledger at storage address %(address)s, with the media hash %(hash)s.")
        messages.success(request, said % {"address": address, "hash": media_hash})
    else:
        said = _("Saved with the media hash %(hash)s, and on its way to the ledger.")
        messages.info(request, said % {"hash": media_hash})


def _add(request: HttpRequest, actor: Actor) -> None:
    """Take in every file of the form, and stop at the first that is refused."""
    kind = str(request.POST.get("paper_kind", ""))
    if kind and kind not in {each.value for each in PAPERS}:
        raise Malformed("unknown_paper_kind", "There is no such kind of document.")
    is_any = False
    for field, is_document in FILE_FIELDS.items():
        for file in request.FILES.getlist(field):
            is_any = True
            _take_in(actor, file, Kind(kind) if is_document and kind else None)
    if not is_any:
        raise Malformed("no_media", "Choose a file first.")


def _take_in(actor: Actor, file: "UploadedFile[Any]", kind: Kind | None) -> None:
    house = installation()
    token = uploading.begin(house, actor, file_name=file.name or "file", size_bytes=file.size or 0)
    try:
        offset = 0
        for piece in file.chunks(PIECE_BYTES):
            uploading.append(house, actor, token, offset, piece)
            offset += len(piece)
    except TallystickError:
        uploading.abandon(house, actor, token)
        raise
    uploading.finish(house, actor, token, paper_kind=kind)


def _page(
    request: HttpRequest,
    actor: Actor,
    form: DeliveryForm,
    *,
    film: FilmForm | None = None,
    refused: str = "",
) -> HttpResponse:
    kind = request.POST.get("paper_kind", next(iter(PAPERS)).value)
    context: dict[str, Any] = {
        "supplier": Member.objects.get(pk=actor.require("record_delivery")),
        "operator": request.user,
        "form": form,
        "film": film or FilmForm(),
        "kinds": PaperKindForm(initial={"paper_kind": kind}),
        "files": _loose(actor),
        "refused": refused,
        "enterprises": _enterprises(actor),
        "named": _named(str(form["buyer"].value() or "")),
        "piece_bytes": PIECE_BYTES,
        "sentences": {**OF_FILES, "file_too_large": DETAILED["file_of_kind_too_large"]},
    }
    status = 422 if refused or form.errors or context["film"].errors else 200
    return render(request, "web/deliveries/new.html", context, status=status)


def _loose(actor: Actor) -> list[FileRow]:
    """Return the files that the asker has added and that no delivery holds yet."""
    rows = MediaFile.objects.visible_to(actor.member_id).filter(
        owner_id=actor.member_id, uploaded_by_id=actor.user_id, delivery=None
    )
    return [file_row(row) for row in rows.order_by("pk")[: media.MAX_LOOSE_FILES]]


def _enterprises(actor: Actor) -> list[Member]:
    others = Member.objects.exclude(pk=actor.require("record_delivery"))
    return [each for each in others if "enterprise" in each.roles][:ENTERPRISES_AT_MOST]


def _named(address: str) -> dict[str, str]:
    """Return the typed address and whose it is (empty where no enterprise has it)."""
    typed = "".join(letter for letter in address if letter.isprintable()).strip()
    member = Member.objects.filter(address=typed).first() if typed else None
    is_buyer = member is not None and "enterprise" in member.roles
    return {"address": typed, "name": called(member) if member is not None and is_buyer else ""}
