"""The ledger to read: where it stands, its blocks, and one transaction. Every member may read all of it."""

import json
from dataclasses import dataclass
from typing import Final

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tallystick.bootstrap.parts import installation
from tallystick.errors import NotFound, Rejection
from tallystick.ledger.block import Block, Entry, Header, header_hash
from tallystick.ledger.transaction import Body, parse
from tallystick.services.access import Actor
from tallystick.web.asking import for_members
from tallystick.web.sentences import sentence
from tallystick.web.templatetags.tallystick_ui import block_time

BLOCKS_PER_PAGE: Final = 20


@dataclass(frozen=True)
class EntryRow:
    """One transaction of a block, and what became of it."""

    index: int
    data_hash: str
    body: Body
    code: str


@require_GET
@for_members
def ledger(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Return where the ledger stands and its blocks, newest first."""
    engine = installation().ledger
    status = engine.status()
    page = Paginator(range(status.height, -1, -1), BLOCKS_PER_PAGE).get_page(request.GET.get("page"))
    blocks = [_summary(engine.block(height).header) for height in page]
    context = {"status": status, "at": block_time(status.time), "page": page, "blocks": blocks}
    return render(request, "web/ledger/status.html", context)


@require_GET
@for_members
def block(request: HttpRequest, actor: Actor, height: int) -> HttpResponse:
    """Return one block: what it commits to, and its entries in the form "data, data hash"."""
    engine = installation().ledger
    found, head = engine.block(height), engine.head().height
    context = {
        **_summary(found.header),
        "hash": header_hash(found.header).hex(),
        "signature": found.signature,
        "entries": _entries(found),
        "previous": height - 1 if height > 0 else None,
        "following": height + 1 if height < head else None,
    }
    return render(request, "web/ledger/block.html", context)


@require_GET
@for_members
def transaction(request: HttpRequest, actor: Actor, transaction_hash: str) -> HttpResponse:
    """Return one transaction: its receipt and what it says."""
    engine = installation().ledger
    receipt = engine.receipt(transaction_hash)
    if receipt is None:
        raise NotFound("unknown_transaction", "No block holds that transaction.")
    entry: Entry = engine.block(receipt.height).entries[receipt.index]
    body = parse(entry.data).body
    refused = "" if receipt.code == "ok" else sentence(Rejection(receipt.code, receipt.message))
    context = {
        "receipt": receipt,
        "at": block_time(receipt.time),
        "refused": refused,
        "body": body,
        "arguments": _indented(body.arguments),
        "result": _indented(receipt.data) if receipt.data else "",
    }
    return render(request, "web/ledger/transaction.html", context)


def _summary(header: Header) -> dict[str, object]:
    return {"header": header, "at": block_time(header.time)}


def _entries(found: Block) -> list[EntryRow]:
    return [
        EntryRow(index, entry.data_hash, parse(entry.data).body, result.code)
        for index, (entry, result) in enumerate(zip(found.entries, found.results, strict=True))
    ]


def _indented(canonical_json: bytes) -> str:
    return json.dumps(json.loads(canonical_json), ensure_ascii=False, indent=2)
