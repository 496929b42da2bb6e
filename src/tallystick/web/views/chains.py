"""The chain below a supplier (mission row E11): as a picture and as figures."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tallystick.bootstrap.parts import installation
from tallystick.services import chain as service
from tallystick.services.access import Actor
from tallystick.services.qualification import find
from tallystick.web.asking import for_members
from tallystick.web.cards.chain import chain_card


@require_safe
@for_members
def chain(request: HttpRequest, actor: Actor, reference: str) -> HttpResponse:
    """Return the chain below the supplier of a query; ``core`` names where it should lead to."""
    actor.require("qualify")
    row = find(actor, reference)
    cores = [each for each in request.GET.getlist("core") if each]
    card = None
    if row.findings is not None:
        card = chain_card(service.trace(installation(), actor, reference, cores))
    return render(request, "web/qualifications/chain.html", {"row": row, "card": card, "cores": cores})
