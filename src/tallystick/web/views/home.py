"""The first page: what waits for whoever has signed in, part by part for each of their roles."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from tallystick.bootstrap.parts import installation
from tallystick.lending.application import Stage
from tallystick.records.models import Application, Programme, Transmission, User
from tallystick.services import explorer, outbox
from tallystick.services.access import Actor, actor_of
from tallystick.services.disclosure import may_read_call
from tallystick.web.asking import is_htmx
from tallystick.web.cards.programme import ProgrammeCard, programme_card
from tallystick.web.delivery_list import follow_all, inbox
from tallystick.web.next_steps import NEXT_STEPS, NextStep
from tallystick.web.worklist import work_list

OWN_AT_MOST: Final = 100
REFUSED_AT_MOST: Final = 50


@dataclass(frozen=True)
class RefusedRow:
    """A call that the ledger refused; ``message`` only where it is the reader's to read."""

    sent: Transmission
    message: str


@dataclass(frozen=True)
class OwnRow:
    """One of the applicant's own applications, and what comes next."""

    application: Application
    next_step: NextStep


def home(request: HttpRequest) -> HttpResponse:
    """Return the first page: what to do next, or the way in; only the work list when htmx asks."""
    if not isinstance(request.user, User):
        return render(request, "web/home.html")
    actor = actor_of(request.user)
    context: dict[str, Any] = {}
    for part, roles, make in _PARTS:
        if roles & actor.roles:
            context[part] = make(request, actor)
    template = "web/home/work_list.html" if is_htmx(request) and "work" in context else "web/home.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def offered() -> list[ProgrammeCard]:
    """Return every programme on offer in the consortium, by lender."""
    rows = Programme.objects.filter(retired_at=None).select_related("lender").order_by("lender__name", "slug")
    return [programme_card(row) for row in rows]


def _borrowing(_request: HttpRequest, actor: Actor) -> dict[str, Any]:
    own = Application.objects.visible_to(actor.member_id).filter(applicant_id=actor.member_id)
    rows = own.select_related("lender", "programme")[:OWN_AT_MOST]
    return {
        "rows": [OwnRow(row, NEXT_STEPS[Stage(row.stage)]) for row in rows],
        "programmes": offered(),
    }


def _receiving(_request: HttpRequest, actor: Actor) -> dict[str, Any]:
    house = installation()
    follow_all(house, actor)
    return {"inbox": inbox(house, actor)}


def _work(request: HttpRequest, actor: Actor) -> object:
    return work_list(actor, request.GET)


def _managing(_request: HttpRequest, actor: Actor) -> dict[str, Any]:
    sent = Application.objects.visible_to(actor.member_id).filter(lender_id=actor.member_id)
    own = Programme.objects.filter(lender_id=actor.member_id, retired_at=None).order_by("slug")
    return {
        "requests": sent.filter(stage=Stage.UNASSIGNED).select_related("applicant"),
        "programmes": [programme_card(row) for row in own],
    }


def _health(_request: HttpRequest, actor: Actor) -> dict[str, Any]:
    ledger = installation().ledger
    viewer = explorer.viewer_of(ledger, actor)
    refused = Transmission.objects.exclude(code__in=("", "ok")).order_by("-id")
    return {
        "status": ledger.status(),
        "waiting": outbox.waiting(),
        "refused_count": refused.count(),
        "refused": [
            RefusedRow(row, row.message if may_read_call(viewer, row.contract, row.signer) else "")
            for row in refused[:REFUSED_AT_MOST]
        ],
    }


_PARTS: Final[tuple[tuple[str, frozenset[str], Callable[[HttpRequest, Actor], object]], ...]] = (
    ("receiving", frozenset({"delivery_clerk"}), _receiving),
    ("borrowing", frozenset({"applicant"}), _borrowing),
    ("managing", frozenset({"business_manager"}), _managing),
    ("work", frozenset({"credit_officer", "auditor"}), _work),
    ("health", frozenset({"operator"}), _health),
)
