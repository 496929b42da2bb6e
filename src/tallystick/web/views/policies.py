"""The analyst's policies: the list, a version with its grid, and what is typed or uploaded into a draft."""

import re
from typing import Any, Final

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tallystick.bootstrap.parts import installation
from tallystick.errors import Malformed, TooLarge
from tallystick.policy.grid import filled_in, rearranged
from tallystick.policy.writing import plain_policy, policy_bytes
from tallystick.records.models import PolicyVersion, Programme
from tallystick.services import policies as store
from tallystick.services import policy_effect, policy_files, policy_versions
from tallystick.services.access import Actor
from tallystick.web.asking import for_members, is_htmx
from tallystick.web.cards.policy import graph_context, grid_context, version_card
from tallystick.web.views.policy_work import cases_context, figures_context

#: Versions of one policy that its page lists.
LISTED_AT_MOST: Final = 50
_NUMBER: Final = re.compile(r"[0-9]{1,9}")


@require_GET
@for_members
def policies(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Return the member's policies: what is in force or pinned, and what is being worked on."""
    member_id, house = actor.require("read_policies"), installation()
    held = policy_versions.all_in_force(member_id, house.clock.now())
    pinned = {
        name
        for row in Programme.objects.filter(lender_id=member_id, retired_at=None)
        for name in row.policies
    }
    seen = PolicyVersion.objects.visible_to(member_id)
    open_ones = (
        seen.filter(stage__in=["draft", "submitted"]).select_related("author").order_by("name", "-number")
    )
    names = sorted(set(seen.values_list("name", flat=True)) | pinned)
    context = {
        "names": [{"name": name, "held": held.get(name), "pinned": name in pinned} for name in names],
        "open": [version_card(house, actor, row) for row in open_ones],
        "may_draft": actor.may("draft_policy"),
    }
    return render(request, "web/policies/list.html", context)


@require_POST
@for_members
def draft(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Begin a version: from a file, from another version, or from what decides now."""
    member_id, house = actor.require("draft_policy"), installation()
    upload = request.FILES.get("file")
    cases = b""
    if upload is not None:
        text = _uploaded(upload)
        cases = store.usual_cases(member_id, msgspec.json.decode(text)["name"], house.clock.now())
    elif _NUMBER.fullmatch(request.POST.get("from", "")):
        row = policy_versions.find(actor, str(request.POST.get("name")), int(request.POST["from"]))
        text, cases = row.document.encode(), row.cases.encode()
    else:
        name = str(request.POST.get("name"))
        found = policy_versions.base_text(member_id, name, house.clock.now())
        if found is None:
            raise policy_versions.unknown_policy()
        text, cases = found, store.usual_cases(member_id, name, house.clock.now())
    made = store.draft(house, actor, text, cases)
    return redirect("web:policy", made.name, made.number)


@require_GET
@for_members
def policy(request: HttpRequest, actor: Actor, name: str, number: int) -> HttpResponse:
    """Return a version: its grid or its text, its problems, its cases, its history."""
    return _page(request, actor, name, number)


@require_POST
@for_members
def grid(request: HttpRequest, actor: Actor, name: str, number: int) -> HttpResponse:
    """Keep what was typed into the grid, and say what is wrong with it; add, remove or move a row."""
    row = policy_versions.find(actor, name, number)
    fields = {key: str(value) for key, value in request.POST.items()}
    document = filled_in(msgspec.json.decode(row.document), fields)
    do = fields.get("do", "")
    document = rearranged(document, do)
    row = store.edit(installation(), actor, name, number, document=policy_bytes(document))
    if not is_htmx(request):
        return redirect("web:policy", name, number)
    context = grid_context(row) | {"card": version_card(installation(), actor, row), "is_part": True}
    template = "web/policies/grid.html" if do and do != "save" else "web/policies/problems.html"
    return render(request, template, context)


@require_POST
@for_members
def upload(request: HttpRequest, actor: Actor, name: str, number: int) -> HttpResponse:
    """Put the policy of a file, or of the text typed, in the place of the draft's."""
    actor.require("draft_policy")
    policy_versions.find(actor, name, number)
    given = request.FILES.get("file")
    typed = str(request.POST.get("document", ""))
    if given is None and not typed.strip():
        raise Malformed("no_file", "Choose a file.")
    text = _uploaded(given) if given is not None else typed.encode()
    store.edit(installation(), actor, name, number, document=text)
    messages.success(request, _("The draft now holds what was uploaded."))
    return redirect("web:policy", name, number)


def _uploaded(upload: Any) -> bytes:  # noqa: ANN401 - Django's uploaded file
    if upload.size > policy_files.MAX_FILE_BYTES:
        raise TooLarge("policy_file_too_large", "The file is larger than 4 MB.")
    return policy_bytes(plain_policy(policy_files.read_policy(str(upload.name), upload.read())))


def _page(request: HttpRequest, actor: Actor, name: str, number: int) -> HttpResponse:
    house, row = installation(), policy_versions.find(actor, name, number)
    versions = PolicyVersion.objects.visible_to(actor.member_id).filter(name=name)
    context = {
        "card": version_card(house, actor, row),
        "versions": [version_card(house, actor, each) for each in versions[:LISTED_AT_MOST]],
        "history": row.events.select_related("user"),
        "effect": policy_effect.current(house, row),
        "may_draft": actor.may("draft_policy"),
        "forms": tuple(policy_files.WRITERS),
        **grid_context(row),
        **graph_context(row),
        **figures_context(row),
        **cases_context(row),
    }
    return render(request, "web/policies/page.html", context)
