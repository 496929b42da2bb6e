"""Qualification: a lender asks for a supplier's delivery records, by terms of stated reach (E6).

A lender publishes the terms of its queries once; the contract's identifier is their digest. A query runs only
as that lender's signed transaction, reaches no further than the terms say, and stays on the ledger: the
supplier sees who asked, when, and which records were given.
"""

from collections import deque
from collections.abc import Sequence
from typing import Annotated, Final

import msgspec

from tallystick.contracts.delivery import DeliveryRecord, records_prefix
from tallystick.contracts.membership import member_from_state, require_role
from tallystick.contracts.places import here, in_order
from tallystick.contracts.shapes import Address, Arguments, Digest, Kept, Read, decode_kept, read_kept
from tallystick.errors import Conflict, NotFound
from tallystick.ledger.protocols import Action, Call, Contract
from tallystick.values import canonical

PREFIX: Final = "qualification/"
#: Records that one query may give; with their hashes they fit into a receipt.
MAX_RECORDS: Final = 400
MAX_DAYS: Final = 3660
DAY_MS: Final = 24 * 3600 * 1000


class Publish(Arguments, frozen=True):
    """Publish the terms of queries.

    Attributes:
        days: how far back from the block of the query a record may have been made.
        records: how many records a query gives at most, the newest.
    """

    days: Annotated[int, msgspec.Meta(ge=1, le=MAX_DAYS)]
    records: Annotated[int, msgspec.Meta(ge=1, le=MAX_RECORDS)]


class Published(msgspec.Struct, frozen=True):
    """What ``publish`` answers: the contract's identifier, 64 hex digits."""

    contract: str


class Query(Arguments, frozen=True):
    """Ask for the delivery records of ``supplier`` under the sender's published ``contract``."""

    contract: Digest
    supplier: Address


class Given(msgspec.Struct, frozen=True):
    """One record that a query gave: where it stands, and its hash."""

    address: str
    record_hash: str


class Answer(msgspec.Struct, frozen=True):
    """What a query answers.

    Attributes:
        address: where the query stands.
        since: block time from which records count, milliseconds since 1970 UTC.
        records: oldest first.
        left_out: how many records in the period were not given because of the terms' number.
    """

    address: str
    since: int
    records: tuple[Given, ...]
    left_out: int


class Terms(Kept, frozen=True):
    """The published terms; ``published_at`` is block time."""

    days: int
    published_at: int
    records: int


class Asked(Kept, frozen=True):
    """What the ledger keeps of a query, under the supplier that it was about.

    Attributes:
        digest: of the records that were given.
    """

    address: str
    asked_at: int
    contract: str
    count: int
    digest: str
    lender: str
    since: int


def contract_id(lender: str, days: int, records: int) -> str:
    """Return the identifier of a lender's query contract: the digest of its terms, 64 hex digits."""
    return canonical.digest(
        {"days": days, "lender": lender, "purpose": "tallystick/qualification/1", "records": records}
    )


def terms_from_state(read: Read, lender: str, contract: str) -> Terms | None:
    """Return the terms that a lender published under an identifier, or None.

    Raises:
        Corruption: ``damaged_state``.
    """
    return read_kept(read, contracts_prefix(lender) + contract, Terms)


def contracts_prefix(lender: str) -> str:
    """Return what the keys of a lender's published terms begin with."""
    return f"{PREFIX}{lender}/contract/"


def queries_prefix(supplier: str) -> str:
    """Return what the keys of the queries about a supplier begin with, oldest first in key order."""
    return f"{PREFIX}{supplier}/query/"


def given_digest(records: Sequence[Given]) -> str:
    """Return the digest by which the ledger keeps which records a query gave."""
    return canonical.digest({"purpose": "tallystick/qualification/given/1", "records": list(records)})


def _publish(call: Call, publish: Publish) -> Published:
    lender = require_role(call, "lender").address
    contract = contract_id(lender, publish.days, publish.records)
    if terms_from_state(call.get, lender, contract) is not None:
        raise Conflict("already_published", "These terms are published already.", contract=contract)
    terms = Terms(days=publish.days, published_at=call.time, records=publish.records)
    call.put(contracts_prefix(lender) + contract, terms.encoded())
    return Published(contract)


def _query(call: Call, query: Query) -> Answer:
    lender = require_role(call, "lender").address
    terms = terms_from_state(call.get, lender, query.contract)
    if terms is None:
        raise NotFound("unknown_query_contract", "The sender has published no such terms.")
    if member_from_state(call.get, query.supplier) is None:
        raise NotFound("unknown_supplier", "The supplier is no member of the consortium.")
    since = max(0, call.time - terms.days * DAY_MS)
    newest: deque[Given] = deque(maxlen=terms.records)
    in_period = 0
    for key, value in call.scan(records_prefix(query.supplier)):
        record = decode_kept(key, value, DeliveryRecord)
        if record.recorded_at >= since:
            newest.append(Given(record.address, record.record_hash))
            in_period += 1
    given = tuple(newest)
    address = here(call)
    asked = Asked(address, call.time, query.contract, len(given), given_digest(given), lender, since)
    call.put(queries_prefix(query.supplier) + in_order(address), asked.encoded())
    return Answer(address, since, given, in_period - len(given))


CONTRACT = Contract(
    name="qualification", actions={"publish": Action(Publish, _publish), "query": Action(Query, _query)}
)
