"""A lender's own programmes to read: what is published, in every version, with its policy tables."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tallystick.errors import NotFound
from tallystick.records.models import Programme
from tallystick.services.access import Actor
from tallystick.web.asking import for_members
from tallystick.web.cards.programme import policy_cards, programme_card
from tallystick.web.navigation import LENDER_STAFF


@require_GET
@for_members
def programmes(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Return the lender's programmes: those on offer first, then earlier versions."""
    rows = _own(actor).order_by("slug", "-active_from")
    cards = [programme_card(row) for row in rows]
    context = {
        "offered": [card for card in cards if card.row.retired_at is None],
        "earlier": [card for card in cards if card.row.retired_at is not None],
    }
    return render(request, "web/programmes/list.html", context)


@require_GET
@for_members
def programme(request: HttpRequest, actor: Actor, programme_id: int) -> HttpResponse:
    """Return one published version, readable: items, dimensions, bands and every policy table."""
    row = _own(actor).filter(pk=programme_id).first()
    if row is None:
        raise NotFound("unknown_programme", "There is no such loan programme.")
    context = {"card": programme_card(row), "policies": policy_cards(row)}
    return render(request, "web/programmes/page.html", context)


def _own(actor: Actor) -> QuerySet[Programme]:
    """Return the versions that the actor's own member has published.

    Raises:
        NotFound: ``unknown_programme`` for everyone but the lender's staff.
    """
    if actor.member_id is None or not actor.roles & LENDER_STAFF:
        raise NotFound("unknown_programme", "There is no such loan programme.")
    return Programme.objects.select_related("lender").filter(lender_id=actor.member_id)
