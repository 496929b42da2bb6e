"""The ledger to read: where it stands, its blocks, one transaction, and the search box.

Every member sees the frame of all of it; ``services.disclosure`` says who reads what is inside.
"""

import json
from typing import Final

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from tallystick.bootstrap.parts import installation
from tallystick.ledger.block import Header, header_hash
from tallystick.services import explorer, ledger_state
from tallystick.services.access import Actor
from tallystick.services.explorer import Entry
from tallystick.web.asking import for_members
from tallystick.web.cards.certificate import certificate_card
from tallystick.web.ledger_search import find
from tallystick.web.sentences import said
from tallystick.web.templatetags.tallystick_ui import block_time

BLOCKS_PER_PAGE: Final = 20


@require_GET
@for_members
def ledger(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Return where the ledger stands and its blocks, newest first."""
    engine = installation().ledger
    status = engine.status()
    page = Paginator(range(status.height, -1, -1), BLOCKS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "status": status,
        "at": block_time(status.time),
        "page": page,
        "blocks": [_summary(header) for header in engine.headers(page[0], len(page))],
        "validators": len(engine.validators()),
    }
    return render(request, "web/ledger/status.html", context)


@require_GET
@for_members
def block(request: HttpRequest, actor: Actor, height: int) -> HttpResponse:
    """Return one block: its entries in the form "data, data hash", who signed it, what it commits to."""
    engine = installation().ledger
    viewer = explorer.viewer_of(engine, actor)
    found, head = engine.block(height), engine.head().height
    card = certificate_card(engine, viewer, height)
    context = {
        **_summary(found.header),
        "card": card,
        "hash": card.certificate.block_hash if card else header_hash(found.header).hex(),
        # All zeros where the validators' own headers link the blocks.
        "previous_hash": found.header.previous_hash if found.header.previous_hash.strip("0") else "",
        "entries": explorer.entries(viewer, found),
        "previous": height - 1 if height > 0 else None,
        "following": height + 1 if height < head else None,
    }
    return render(request, "web/ledger/block.html", context)


@require_GET
@for_members
def transaction(request: HttpRequest, actor: Actor, transaction_hash: str) -> HttpResponse:
    """Return one transaction: its frame, and what it says to those who may read it."""
    engine = installation().ledger
    viewer = explorer.viewer_of(engine, actor)
    entry = explorer.transaction(engine, viewer, transaction_hash)
    content = entry.content
    context = {
        "entry": entry,
        "at": block_time(entry.time),
        "sender": ledger_state.name_of(engine, viewer, entry.sender),
        "refused": _refusal(entry),
        "arguments": _indented(content.arguments) if content else "",
        "result": _indented(content.result) if content and content.result else "",
    }
    return render(request, "web/ledger/transaction.html", context)


@require_GET
@for_members
def search(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Return the way to what was searched for, or say clearly what was not found."""
    engine = installation().ledger
    query = request.GET.get("q", "").strip()
    if not query:
        return redirect("web:ledger")
    found = find(engine, explorer.viewer_of(engine, actor), query)
    if found.address:
        return redirect(found.address)
    context = {"query": query[:200], "missing": found.missing, "height": engine.head().height}
    return render(request, "web/ledger/search.html", context)


def _summary(header: Header) -> dict[str, object]:
    return {"header": header, "at": block_time(header.time)}


def _refusal(entry: Entry) -> str:
    """Return why the ledger refused, as far as it is the reader's to know beyond the code."""
    return "" if entry.is_ok else said(entry.code, entry.content.message if entry.content else "")


def _indented(canonical_json: bytes) -> str:
    return json.dumps(json.loads(canonical_json), ensure_ascii=False, indent=2)
