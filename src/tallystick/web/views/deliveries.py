"""Deliveries (mission rows E2 to E5): lists, the page of one, and each side's answer to it."""

from collections.abc import Mapping
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tallystick.bootstrap.parts import installation
from tallystick.contracts.signing_keys import key_statement
from tallystick.errors import Conflict, Forbidden, NotFound
from tallystick.services import deliveries as service
from tallystick.services.access import Actor
from tallystick.web.asking import for_members
from tallystick.web.cards.delivery import DeliveryCard, delivery_card, file_rows, followed, readings
from tallystick.web.delivery_list import awaited, delivery_list, follow_all, inbox
from tallystick.web.evidence_forms import RefusalForm
from tallystick.web.wording import called

#: Stands for the key in the statement that a browser completes: no key has these digits.
KEY_TO_COME: Final = "0" * 64
#: Way of the card -> the permission that it needs.
_NEEDS: Final[Mapping[str, str]] = {
    "sign": "countersign",
    "refuse": "countersign",
    "take_back": "record_delivery",
}


@require_GET
@for_members
def deliveries(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Return what waits for the asker, then what its member has made and received."""
    house = installation()
    follow_all(house, actor)
    context = {
        "inbox": inbox(house, actor),
        "awaited": awaited(house, actor),
        "list": delivery_list(house, actor, request.GET),
        "may_record": actor.may("record_delivery"),
    }
    return render(request, "web/deliveries/list.html", context)


@require_GET
@for_members
def delivery(request: HttpRequest, actor: Actor, reference: str) -> HttpResponse:
    """Return the page of one delivery, as its supplier or its buyer sees it."""
    card = _card(actor, reference)
    context = _context(card) | {"files": file_rows(card.row), "readings": readings(actor, card.row)}
    return render(request, "web/deliveries/page.html", context)


@require_GET
@for_members
def standing(request: HttpRequest, actor: Actor, reference: str) -> HttpResponse:
    """Return the part of the page that says where the delivery stands; it asks again while that moves."""
    return render(request, "web/deliveries/standing.html", _context(_card(actor, reference)))


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def sign(request: HttpRequest, actor: Actor, reference: str) -> HttpResponse:
    """Say what is signed, then countersign with the institution's key."""
    card = _open(actor, reference, "sign")
    if request.method == "POST":
        signed = service.sign(installation(), actor, reference)
        _say(request, signed.stage == "recorded", _("Countersigned. The record is on the ledger."))
        return redirect("web:delivery", reference)
    return render(request, "web/deliveries/sign.html", _context(card))


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def refuse(request: HttpRequest, actor: Actor, reference: str) -> HttpResponse:
    """Ask for the reason, then refuse to countersign."""
    card, form = _open(actor, reference, "refuse"), RefusalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        refused = service.refuse(installation(), actor, reference, given["reason"], given["note"])
        _say(request, refused.stage == "refused", _("Refused. The supplier sees your reason."))
        return redirect("web:delivery", reference)
    status = 422 if form.errors else 200
    return render(request, "web/deliveries/refuse.html", {"card": card, "form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def take_back(request: HttpRequest, actor: Actor, reference: str) -> HttpResponse:
    """Ask, then take the delivery back."""
    card = _open(actor, reference, "take_back")
    if request.method == "POST":
        taken = service.withdraw(installation(), actor, reference)
        _say(request, taken.stage == "withdrawn", _("Taken back. The buyer is asked no longer."))
        return redirect("web:delivery", reference)
    context = _taking_back(card) | {"back": reverse("web:delivery", args=[reference])}
    return render(request, "web/confirm.html", context)


def _card(actor: Actor, reference: str) -> DeliveryCard:
    house = installation()
    return delivery_card(house, actor, followed(house, service.find(actor, reference)))


def _open(actor: Actor, reference: str, way: str) -> DeliveryCard:
    """Return the card when ``way`` is open to the asker now.

    Raises:
        NotFound: ``unknown_delivery``, also to the other side. Forbidden: ``not_permitted``.
        Conflict: ``not_waiting``.
    """
    card = _card(actor, reference)
    if card.is_supplier != (way == "take_back"):
        raise NotFound("unknown_delivery", "There is no such delivery for you to answer.")
    if not actor.may(_NEEDS[way]):
        raise Forbidden("not_permitted", "Your role does not allow this.")
    if way not in card.ways:
        raise Conflict("not_waiting", "The delivery does not wait for an answer any more.")
    return card


def _context(card: DeliveryCard) -> dict[str, Any]:
    chain_id = installation().ledger.chain_id
    statement = key_statement(chain_id, card.row.buyer.address, KEY_TO_COME)
    return {
        "card": card,
        "delivery": card.row,
        "chain_id": chain_id,
        "key_statement": statement.decode(),
        "key_to_come": KEY_TO_COME,
        "taking_back": _taking_back(card),
    }


def _taking_back(card: DeliveryCard) -> dict[str, Any]:
    text = _(
        "%(buyer)s is asked no longer to countersign %(reference)s. Its files stay with the delivery;"
        " to ask again you record it anew."
    ) % {"buyer": called(card.row.buyer), "reference": card.row.reference}
    return {
        "title": _("Take this delivery back?"),
        "text": text,
        "action": _("Take back"),
        "danger": True,
        "address": reverse("web:take_back", args=[card.row.reference]),
    }


def _say(request: HttpRequest, is_done: bool, text: str) -> None:
    if is_done:
        messages.success(request, text)
    else:
        messages.info(request, _("Your answer is saved and on its way to the ledger."))
