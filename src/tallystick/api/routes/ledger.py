"""The shared ledger: every member sees the frame of it, reads its own, and may send what it has signed.

``services.disclosure`` says who reads what.
"""

import base64
import binascii
from typing import Annotated, Final

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Field, Path, Query, Router, Schema, Status

from tallystick.api import presenting_ledger as shown
from tallystick.api.auth import actor
from tallystick.api.schemas import ledger as out
from tallystick.api.schemas.common import Hash
from tallystick.bootstrap.parts import installation
from tallystick.errors import Malformed
from tallystick.ledger.accounts import account_state_key
from tallystick.ledger.proof import Bundle, encode_proof
from tallystick.ledger.state import MAX_KEY_LENGTH
from tallystick.services import explorer, ledger_state
from tallystick.services.disclosure import Viewer

JSON: Final = "application/json"
MAX_BLOCKS: Final = 100
MAX_ACCOUNTS: Final = 100
Height = Annotated[int, Field(ge=0, le=2**53 - 1)]
Address = Annotated[str, Field(pattern=r"^tly1[0-9a-z]{38}$")]

router = Router()


class StateKey(Schema):
    """Which state is asked for."""

    key: str = Field(
        min_length=1,
        max_length=MAX_KEY_LENGTH,
        pattern=r"^[!-~]+$",
        description="Full state key, for example membership/member/ and an address.",
    )


class PageOfBlocks(Schema):
    """Where a page of blocks begins and how long it is."""

    limit: int = Field(20, ge=1, le=MAX_BLOCKS)
    cursor: Annotated[str, Field(pattern=r"^[0-9]{1,15}$")] | None = Field(
        None, description="`next` of the page before."
    )


class PageOfAccounts(Schema):
    """Where a page of accounts begins and how long it is."""

    limit: int = Field(50, ge=1, le=MAX_ACCOUNTS)
    cursor: Address | None = Field(None, description="`next` of the page before.")


@router.get(
    "/status", response=out.LedgerStatus, summary="Where the ledger stands", operation_id="ledger_status"
)
def status(request: HttpRequest) -> out.LedgerStatus:
    """Return height, state root and what waits."""
    return out.LedgerStatus(**msgspec.structs.asdict(installation().ledger.status()))


@router.get("/blocks", response=out.BlockPage, summary="Blocks", operation_id="list_blocks")
def list_blocks(request: HttpRequest, asked: Query[PageOfBlocks]) -> out.BlockPage:
    """Return the headers of blocks, newest first; blocks that this node no longer keeps are left out."""
    ledger = installation().ledger
    head = ledger.head().height
    newest = head if asked.cursor is None else min(int(asked.cursor) - 1, head)
    found = ledger.headers(newest, asked.limit)
    more = bool(found) and found[-1].height > 0
    return out.BlockPage(
        items=[shown.header(each) for each in found], next=str(found[-1].height) if more else None
    )


@router.get("/blocks/{height}", response=out.Block, summary="A block", operation_id="read_block")
def block(request: HttpRequest, height: Path[Height]) -> out.Block:
    """Return a committed block with its certificate and its entries, in the form "data, data hash"."""
    ledger = installation().ledger
    return shown.block(_viewer(request), ledger.block(height), explorer.certificate(ledger, height))


@router.get(
    "/transactions/{transaction_hash}", response=out.Receipt, summary="A receipt", operation_id="read_receipt"
)
def receipt(request: HttpRequest, transaction_hash: Path[Hash]) -> out.Receipt:
    """Return what became of a committed transaction."""
    return shown.receipt(explorer.transaction(installation().ledger, _viewer(request), transaction_hash))


@router.get(
    "/transactions/{transaction_hash}/proof",
    response=out.InclusionProof | out.NetworkInclusionProof,
    summary="An inclusion proof",
    operation_id="prove_transaction",
)
def transaction_proof(request: HttpRequest, transaction_hash: Path[Hash]) -> HttpResponse:
    """Return the bundle that proves offline where a transaction stands and what became of it."""
    return _bundle(explorer.prove_transaction(installation().ledger, _viewer(request), transaction_hash))


@router.get(
    "/state",
    response=out.StateProof | out.NetworkStateProof,
    summary="A state value, proved",
    operation_id="read_state",
)
def state(request: HttpRequest, asked: Query[StateKey]) -> HttpResponse:
    """Return what the state holds under a key, or null, with the proof of it."""
    return _bundle(explorer.prove_state(installation().ledger, _viewer(request), asked.key))


@router.get("/accounts", response=out.AccountPage, summary="Accounts", operation_id="list_accounts")
def list_accounts(request: HttpRequest, asked: Query[PageOfAccounts]) -> out.AccountPage:
    """Return the accounts in the order of their addresses, at most 1,000 on all pages together."""
    ledger = installation().ledger
    listed = ledger_state.accounts(ledger, _viewer(request)).accounts
    left = [each for each in listed if asked.cursor is None or each[0] > asked.cursor]
    found = left[: asked.limit]
    return out.AccountPage(
        items=[shown.account(ledger_state.with_member(ledger, *each)) for each in found],
        next=found[-1][0] if len(left) > asked.limit else None,
    )


@router.get("/accounts/{address}", response=out.Account, summary="An account", operation_id="read_account")
def account(request: HttpRequest, address: Path[Address]) -> out.Account:
    """Return one account with its member."""
    return shown.account(ledger_state.account(installation().ledger, _viewer(request), address))


@router.get(
    "/accounts/{address}/proof",
    response=out.StateProof | out.NetworkStateProof,
    summary="An account, proved",
    operation_id="prove_account",
)
def account_proof(request: HttpRequest, address: Path[Address]) -> HttpResponse:
    """Return the bundle that proves offline what the state holds about an account, or that there is none."""
    key = account_state_key(address)
    return _bundle(explorer.prove_state(installation().ledger, _viewer(request), key))


@router.get("/contracts", response=list[out.Contract], summary="Contracts", operation_id="list_contracts")
def list_contracts(request: HttpRequest) -> list[out.Contract]:
    """Return the contracts that the ledger runs."""
    return [shown.contract(each) for each in ledger_state.contracts(installation().ledger)]


@router.get("/validators", response=list[out.Validator], summary="Validators", operation_id="list_validators")
def list_validators(request: HttpRequest) -> list[out.Validator]:
    """Return who decides on the next block, in the order of their addresses."""
    ledger = installation().ledger
    return [shown.validator(each) for each in ledger_state.validators(ledger, _viewer(request))]


@router.get("/genesis", response=out.Genesis, summary="The genesis document", operation_id="read_genesis")
def genesis(request: HttpRequest) -> HttpResponse:
    """Return the bytes of the document that every node of the chain starts from."""
    document = explorer.genesis(installation().ledger, _viewer(request))
    return HttpResponse(document, content_type=JSON)


@router.post(
    "/transactions",
    response={202: out.Accepted},
    summary="Send a signed transaction",
    operation_id="submit_transaction",
)
def submit(request: HttpRequest, sent: out.SignedTransaction) -> Status[out.Accepted]:
    """Take in a transaction that was signed elsewhere; ask for its receipt after the next block."""
    try:
        wire = base64.b64decode(sent.data, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("bad_base64", "The field data is not base64.") from None
    return Status(202, out.Accepted(transaction_hash=installation().ledger.submit(wire)))


def _viewer(request: HttpRequest) -> Viewer:
    return explorer.viewer_of(installation().ledger, actor(request))


def _bundle(proof: Bundle) -> HttpResponse:
    # The canonical bytes themselves, so that the file a client saves is the bundle that is checked.
    return HttpResponse(encode_proof(proof), content_type=JSON)
