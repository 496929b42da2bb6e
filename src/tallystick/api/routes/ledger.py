"""The shared ledger: every member reads all of it, and may send what it has signed elsewhere."""

import base64
import binascii
from typing import Annotated, Any, Final

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Field, Path, Query, Router, Schema, Status

from tallystick.api.schemas import ledger as out
from tallystick.api.schemas.common import Hash
from tallystick.bootstrap.parts import installation
from tallystick.errors import Malformed, NotFound
from tallystick.ledger.block import Block, Header, header_hash
from tallystick.ledger.proof import Bundle, encode_proof
from tallystick.ledger.state import MAX_KEY_LENGTH

JSON: Final = "application/json"
Height = Annotated[int, Field(ge=0, le=2**53 - 1)]

router = Router()


class StateKey(Schema):
    """Which state is asked for."""

    key: str = Field(
        min_length=1,
        max_length=MAX_KEY_LENGTH,
        pattern=r"^[!-~]+$",
        description="Full state key, for example membership/member/ and an address.",
    )


@router.get(
    "/status", response=out.LedgerStatus, summary="Where the ledger stands", operation_id="ledger_status"
)
def status(request: HttpRequest) -> out.LedgerStatus:
    """Return height, state root and what waits."""
    return out.LedgerStatus(**msgspec.structs.asdict(installation().ledger.status()))


@router.get("/blocks/{height}", response=out.Block, summary="A block", operation_id="read_block")
def block(request: HttpRequest, height: Path[Height]) -> out.Block:
    """Return a committed block with its entries, in the form "data, data hash"."""
    return _block(installation().ledger.block(height))


@router.get(
    "/transactions/{transaction_hash}", response=out.Receipt, summary="A receipt", operation_id="read_receipt"
)
def receipt(request: HttpRequest, transaction_hash: Path[Hash]) -> out.Receipt:
    """Return what became of a committed transaction."""
    found = installation().ledger.receipt(transaction_hash)
    if found is None:
        raise NotFound("unknown_transaction", "No block holds that transaction.")
    fields: dict[str, Any] = msgspec.structs.asdict(found)
    return out.Receipt(**fields | {"address": found.address, "data": found.data.decode()})


@router.get(
    "/transactions/{transaction_hash}/proof",
    response=out.InclusionProof,
    summary="An inclusion proof",
    operation_id="prove_transaction",
)
def transaction_proof(request: HttpRequest, transaction_hash: Path[Hash]) -> HttpResponse:
    """Return the bundle that proves offline where a transaction stands and what became of it."""
    return _bundle(installation().ledger.prove(transaction_hash))


@router.get("/state", response=out.StateProof, summary="A state value, proved", operation_id="read_state")
def state(request: HttpRequest, asked: Query[StateKey]) -> HttpResponse:
    """Return what the state holds under a key, or null, with the proof of it."""
    return _bundle(installation().ledger.prove_state(asked.key))


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


def _block(found: Block) -> out.Block:
    height = found.header.height
    return out.Block(
        header=_header(found.header),
        header_hash=header_hash(found.header).hex(),
        signature=found.signature,
        entries=[
            out.Entry(
                address=f"{height}-{index}",
                data=base64.b64encode(entry.data).decode(),
                data_hash=entry.data_hash,
                code=result.code,
            )
            for index, (entry, result) in enumerate(zip(found.entries, found.results, strict=True))
        ],
    )


def _header(header: Header) -> out.Header:
    return out.Header(**msgspec.structs.asdict(header))


def _bundle(proof: Bundle) -> HttpResponse:
    # The canonical bytes themselves, so that the file a client saves is the bundle that is checked.
    return HttpResponse(encode_proof(proof), content_type=JSON)
