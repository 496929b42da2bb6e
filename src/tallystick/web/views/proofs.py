"""What proves the ledger without this site, taken away as files: bundles, and the genesis document.

A bundle goes out as its canonical bytes, so that the file that is saved is the one that is checked.
"""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from tallystick.bootstrap.parts import installation
from tallystick.contracts.membership import MEMBER_PREFIX
from tallystick.errors import NotFound
from tallystick.ledger.accounts import account_state_key
from tallystick.ledger.proof import Bundle, encode_proof
from tallystick.services import explorer
from tallystick.services.access import Actor
from tallystick.web.asking import for_members
from tallystick.web.case import open_case
from tallystick.web.views.downloads import attachment

JSON: Final = "application/json"


@require_GET
@for_members
def step_proof(request: HttpRequest, actor: Actor, reference: str, step: str) -> HttpResponse:
    """Return the bundle that proves offline that a step is on the ledger, to both sides of the case."""
    anchor = open_case(actor, reference).anchors.get(step)
    if anchor is None or anchor.transmission.code != "ok":
        raise NotFound("unknown_transaction", "This step is not on the ledger.")
    proof = installation().ledger.prove(anchor.transmission.transaction_hash)
    return _bundle(f"{reference}-{step}.json", proof)


@require_GET
@for_members
def transaction_proof(request: HttpRequest, actor: Actor, transaction_hash: str) -> HttpResponse:
    """Return the bundle that proves a transaction offline, to those who may read it."""
    ledger = installation().ledger
    proof = explorer.prove_transaction(ledger, explorer.viewer_of(ledger, actor), transaction_hash)
    return _bundle(f"{transaction_hash[:16]}.json", proof)


@require_GET
@for_members
def account_proof(request: HttpRequest, actor: Actor, address: str) -> HttpResponse:
    """Return the bundle that proves an account: its key, whether it may send, and how often it has."""
    return _state(actor, account_state_key(address), f"{address}-account.json")


@require_GET
@for_members
def member_proof(request: HttpRequest, actor: Actor, address: str) -> HttpResponse:
    """Return the bundle that proves what the ledger says about a member."""
    return _state(actor, MEMBER_PREFIX + address, f"{address}-member.json")


@require_GET
@for_members
def genesis(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Return the genesis document, against which bundles are checked."""
    ledger = installation().ledger
    document = explorer.genesis(ledger, explorer.viewer_of(ledger, actor))
    return attachment("genesis.json", document, JSON)


def _state(actor: Actor, key: str, name: str) -> HttpResponse:
    ledger = installation().ledger
    return _bundle(name, explorer.prove_state(ledger, explorer.viewer_of(ledger, actor), key))


def _bundle(name: str, proof: Bundle) -> HttpResponse:
    return attachment(name, encode_proof(proof), JSON)
