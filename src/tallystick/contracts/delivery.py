"""Delivery: media and countersignature put together into the record that a lender may count on (E5).

Any member may send it; the contract takes everything from what both parties have put on the ledger. The
record's hash covers its own storage address, which only exists when the block is executed.
"""

from typing import Final

import msgspec

from tallystick.contracts.countersignature import Request, request_from_state
from tallystick.contracts.membership import require_member
from tallystick.contracts.places import Place, here, in_order, is_place
from tallystick.contracts.shapes import Address, Arguments, Kept, Read, read_kept
from tallystick.errors import Conflict, NotFound
from tallystick.evidence.delivery import Medium, record_hash
from tallystick.ledger.protocols import Action, Call, Contract

PREFIX: Final = "delivery/"


class Record(Arguments, frozen=True):
    """Store the delivery record of a request that was signed."""

    supplier: Address
    request: Place


class Recorded(msgspec.Struct, frozen=True):
    """What ``record`` answers: where the record stands, and its hash."""

    address: str
    record_hash: str


class DeliveryRecord(Kept, frozen=True):
    """A countersigned delivery.

    Attributes:
        address: where the record stands, ``height-index``.
        key: with which the buyer signed, 64 hex digits.
        recorded_at: block time, milliseconds since 1970 UTC.
        record_hash: H(media hash, signature, address).
        request: where the supplier's request stands.
        signature: the buyer's, over ``evidence.delivery.delivery_statement``.
        signed_at: block time of the signature.
    """

    address: str
    buyer: str
    key: str
    media: tuple[Medium, ...]
    media_hash: str
    record_hash: str
    recorded_at: int
    request: str
    signature: str
    signed_at: int
    supplier: str


class RecordOf(Kept, frozen=True):
    """Where the record of a request stands."""

    address: str


def records_prefix(supplier: str) -> str:
    """Return what the keys of a supplier's delivery records begin with, oldest first in key order."""
    return f"{PREFIX}{supplier}/record/"


def record_key(supplier: str, address: str) -> str:
    """Return the state key of a delivery record."""
    return records_prefix(supplier) + in_order(address)


def record_from_state(read: Read, supplier: str, address: str) -> DeliveryRecord | None:
    """Return the record of ``supplier`` at a storage address, or None.

    Raises:
        Corruption: ``damaged_state``.
    """
    return read_kept(read, record_key(supplier, address), DeliveryRecord) if is_place(address) else None


def record_of_request(read: Read, supplier: str, request: str) -> str | None:
    """Return where the record of a request stands, or None while there is none.

    Raises:
        Corruption: ``damaged_state``.
    """
    kept = read_kept(read, _of_key(supplier, request), RecordOf) if is_place(request) else None
    return None if kept is None else kept.address


def _of_key(supplier: str, request: str) -> str:
    return f"{PREFIX}{supplier}/of/{in_order(request)}"


def _record(call: Call, asked: Record) -> Recorded:
    require_member(call)
    request = _signed(call, asked)
    address = here(call)
    record = DeliveryRecord(
        address=address,
        buyer=request.buyer,
        key=request.key,
        media=request.media,
        media_hash=request.media_hash,
        record_hash=record_hash(request.media_hash, request.signature, address),
        recorded_at=call.time,
        request=request.address,
        signature=request.signature,
        signed_at=request.answered_at,
        supplier=request.supplier,
    )
    call.put(record_key(request.supplier, address), record.encoded())
    call.put(_of_key(request.supplier, request.address), RecordOf(address).encoded())
    return Recorded(address, record.record_hash)


def _signed(call: Call, asked: Record) -> Request:
    request = request_from_state(call.get, asked.supplier, asked.request)
    if request is None:
        raise NotFound("unknown_request", "The supplier has placed no such request.")
    if request.status != "signed":
        raise Conflict("not_signed", f"The request is {request.status}; only a signed one becomes a record.")
    recorded = record_of_request(call.get, asked.supplier, asked.request)
    if recorded is not None:
        raise Conflict(
            "already_recorded", f"The delivery is recorded already, at {recorded}.", address=recorded
        )
    return request


CONTRACT = Contract(name="delivery", actions={"record": Action(Record, _record)})
