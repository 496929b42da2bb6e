"""Countersignature: the supplier asks; the buyer signs the media hash, or refuses (E4).

``ANSWERS`` is the contract. A request stands under its supplier and waits in its buyer's inbox until it is
answered, once. The buyer signs with its account's key, or with one that it has registered (``signing_keys``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec

from tallystick.contracts.membership import member_from_state, require_role
from tallystick.contracts.places import Place, here, in_order, is_place
from tallystick.contracts.shapes import (
    Address,
    Arguments,
    Digest,
    Kept,
    PublicKey,
    Read,
    Signature,
    read_kept,
)
from tallystick.contracts.signing_keys import signs_for
from tallystick.errors import Conflict, Forbidden, Malformed, NotFound, Unauthorised
from tallystick.evidence.delivery import MAX_MEDIA, Medium, delivery_statement, media_hash
from tallystick.ledger import keys
from tallystick.ledger.protocols import Action, Call, Contract
from tallystick.values import canonical

PREFIX: Final = "countersignature/"
SUPPLIER, BUYER = "supplier", "buyer"
#: How far ahead an answer may be due: two years, in milliseconds.
MAX_DUE_MS: Final = 2 * 366 * 24 * 3600 * 1000

Status = Literal["waiting", "signed", "refused", "withdrawn"]
Reason = Literal[
    "not_ordered", "not_received", "wrong_goods", "wrong_quantity", "damaged", "wrong_papers", "other"
]
#: Why a buyer may refuse; what it has to say beyond that is for the supplier alone.
REASONS: Final[tuple[Reason, ...]] = (
    "not_ordered",
    "not_received",
    "wrong_goods",
    "wrong_quantity",
    "damaged",
    "wrong_papers",
    "other",
)


@dataclass(frozen=True)
class Answer:
    """One row of the table: whose answer it is, and what becomes of a waiting request."""

    by: str
    after: Status


ANSWERS: Final[Mapping[str, Answer]] = {
    # action             by        the request is then
    "sign": Answer(BUYER, "signed"),
    "refuse": Answer(BUYER, "refused"),
    "withdraw": Answer(SUPPLIER, "withdrawn"),
}


class Ask(Arguments, frozen=True):
    """Ask the buyer to countersign a delivery: ``request``.

    Attributes:
        buyer: account address of who received the goods.
        media: the delivery's files, 1 to ``MAX_MEDIA``.
        due_at: when an answer is due, milliseconds since 1970 UTC; a late answer still counts.
    """

    buyer: Address
    media: Annotated[tuple[Medium, ...], msgspec.Meta(min_length=1, max_length=MAX_MEDIA)]
    due_at: Annotated[int, msgspec.Meta(ge=0, le=canonical.MAX_INTEGER)]


class Sign(Arguments, frozen=True):
    """Countersign the supplier's request: ``signature`` by ``key`` over ``delivery_statement``."""

    supplier: Address
    request: Place
    key: PublicKey
    signature: Signature


class Refuse(Arguments, frozen=True):
    """Refuse the supplier's request, for a reason; ``note_digest`` is of a salted note to the supplier."""

    supplier: Address
    request: Place
    reason: Reason
    note_digest: Digest | None = None


class Withdraw(Arguments, frozen=True):
    """Take back the sender's own request."""

    request: Place


class Placed(msgspec.Struct, frozen=True):
    """What ``request`` answers: the storage address, ``height-index``, and the media hash."""

    address: str
    media_hash: str


class Request(Kept, frozen=True):
    """What the ledger says about one request; times are block times in milliseconds, 0 where not yet.

    Attributes:
        key, signature: the buyer's; empty unless signed.
        reason: one of ``REASONS``; empty unless refused.
    """

    address: str
    answered_at: int
    buyer: str
    due_at: int
    key: str
    media: tuple[Medium, ...]
    media_hash: str
    note_digest: str
    reason: str
    requested_at: int
    signature: str
    status: Status
    supplier: str


class Waiting(Kept, frozen=True):
    """An entry of a buyer's inbox: whose request waits."""

    address: str
    supplier: str


def requests_prefix(supplier: str) -> str:
    """Return what the keys of a supplier's requests begin with, oldest first in key order."""
    return f"{PREFIX}{supplier}/request/"


def inbox_prefix(buyer: str) -> str:
    """Return what the keys of the requests that wait for a buyer begin with, oldest first in key order."""
    return f"{PREFIX}{buyer}/inbox/"


def request_from_state(read: Read, supplier: str, address: str) -> Request | None:
    """Return the request that ``supplier`` placed at a storage address, or None.

    Raises:
        Corruption: ``damaged_state``.
    """
    return read_kept(read, _request_key(supplier, address), Request) if is_place(address) else None


def _request_key(supplier: str, address: str) -> str:
    return requests_prefix(supplier) + in_order(address)


def _ask(call: Call, ask: Ask) -> Placed:
    supplier = require_role(call, "enterprise").address
    _require_buyer(call, ask.buyer, supplier)
    if not call.time < ask.due_at <= call.time + MAX_DUE_MS:
        raise Malformed("bad_due_date", "The answer must be due after now, and within two years.")
    if len({medium.sha256 for medium in ask.media}) < len(ask.media):
        raise Malformed("repeated_medium", "The same file is named twice.")
    address, hashed = here(call), media_hash(ask.media)
    request = Request(
        address=address,
        answered_at=0,
        buyer=ask.buyer,
        due_at=ask.due_at,
        key="",
        media=ask.media,
        media_hash=hashed,
        note_digest="",
        reason="",
        requested_at=call.time,
        signature="",
        status="waiting",
        supplier=supplier,
    )
    call.put(_request_key(supplier, address), request.encoded())
    call.put(inbox_prefix(ask.buyer) + in_order(address), Waiting(address, supplier).encoded())
    return Placed(address, hashed)


def _sign(call: Call, sign: Sign) -> None:
    request = _waiting(call, "sign", sign.supplier, sign.request)
    if not signs_for(call, call.sender, sign.key):
        raise Unauthorised(
            "not_your_key", "The key is neither the buyer's account key nor one that it has registered."
        )
    statement = delivery_statement(
        call.chain_id, request.address, request.supplier, request.buyer, request.media_hash
    )
    if not keys.verify(bytes.fromhex(sign.key), statement, bytes.fromhex(sign.signature)):
        raise Unauthorised(
            "countersignature_invalid", "The signature is not that of the key over this delivery."
        )
    _answer(call, "sign", request, key=sign.key, signature=sign.signature)


def _refuse(call: Call, refuse: Refuse) -> None:
    request = _waiting(call, "refuse", refuse.supplier, refuse.request)
    _answer(call, "refuse", request, reason=refuse.reason, note_digest=refuse.note_digest or "")


def _withdraw(call: Call, withdraw: Withdraw) -> None:
    _answer(call, "withdraw", _waiting(call, "withdraw", call.sender, withdraw.request))


def _require_buyer(call: Call, buyer: str, supplier: str) -> None:
    found = member_from_state(call.get, buyer)
    if found is None or "enterprise" not in found.roles:
        raise NotFound("unknown_buyer", "The buyer is no enterprise of the consortium.")
    if found.status != "active":
        raise Conflict("buyer_not_active", f"The buyer is {found.status} and cannot countersign.")
    if buyer == supplier:
        raise Conflict("own_buyer", "A supplier cannot countersign its own deliveries.")


def _waiting(call: Call, action: str, supplier: str, address: str) -> Request:
    """Return the request, which waits and whose ``action`` is the sender's."""
    require_role(call, "enterprise")
    request = request_from_state(call.get, supplier, address)
    if request is None:
        raise NotFound("unknown_request", "The supplier has placed no such request.")
    if call.sender != (request.buyer if ANSWERS[action].by == BUYER else request.supplier):
        raise Forbidden("not_your_request", f"Only the {ANSWERS[action].by} of the request may do this.")
    if request.status != "waiting":
        raise Conflict("already_answered", f"The request is {request.status} already.", status=request.status)
    return request


def _answer(call: Call, action: str, request: Request, **change: str) -> None:
    answered = msgspec.structs.replace(request, answered_at=call.time, status=ANSWERS[action].after, **change)
    call.put(_request_key(request.supplier, request.address), answered.encoded())
    call.delete(inbox_prefix(request.buyer) + in_order(request.address))


CONTRACT = Contract(
    name="countersignature",
    actions={
        "request": Action(Ask, _ask),
        "sign": Action(Sign, _sign),
        "refuse": Action(Refuse, _refuse),
        "withdraw": Action(Withdraw, _withdraw),
    },
)
