"""Answers to queries: what a node's ledger holds, for its own member's software and for CometBFT's peers."""

from collections.abc import Callable, Mapping
from typing import Final

from tallystick.contracts.nodes import change_heights, is_peer_allowed
from tallystick.engines.abci.replica import Replica
from tallystick.engines.wire import queries
from tallystick.engines.wire.messages_pb2 import RequestQuery, ResponseQuery
from tallystick.engines.wire.queries import ABSENT, REFUSED, Down, Pairs, ProvedState, Scan, Standing, pack
from tallystick.engines.wire.telling import tell
from tallystick.errors import Forbidden, Malformed, NotFound, TallystickError
from tallystick.ledger import trie_proof
from tallystick.ledger.answers import Receipt
from tallystick.ledger.block import Block

MAX_HEIGHT_DIGITS: Final = 15


def answer(replica: Replica, request: RequestQuery) -> ResponseQuery:
    """Return the answer to a query; it never raises for what was asked, and changes nothing."""
    try:
        value = _find(replica, request.path)(replica, bytes(request.data))
    except TallystickError as error:
        return ResponseQuery(code=REFUSED, log=tell(error), height=replica.height)
    if value is None:
        return ResponseQuery(code=ABSENT, height=replica.height)
    return ResponseQuery(value=value, height=replica.height)


Answerer = Callable[[Replica, bytes], bytes | None]


def _find(replica: Replica, path: str) -> Answerer:
    if path.startswith(queries.PEER_ID):
        return lambda asked, _: _let_in(asked, path.removeprefix(queries.PEER_ID))
    if path.startswith(queries.PEER_ADDRESS):
        return lambda _, __: b""  # who a peer is shows by its key, not by where it calls from
    found = _PATHS.get(path)
    if found is None:
        raise NotFound("unknown_query", "The node answers no such query.")
    return found


def _let_in(replica: Replica, node_id: str) -> bytes:
    if replica.has_begun and not is_peer_allowed(replica.store, node_id):
        raise Forbidden("unknown_peer", "The node is not one that an active member has registered.")
    return b""


def _state(replica: Replica, data: bytes) -> bytes | None:
    return replica.store.get(_text(data))


def _scan(replica: Replica, data: bytes) -> bytes:
    asked = queries.unpack(data, Scan)
    if not 0 < asked.limit <= queries.MAX_SCAN:
        raise Malformed("malformed_query", f"A scan gives 1 to {queries.MAX_SCAN} pairs.")
    pairs: list[tuple[str, bytes]] = []
    size = 0
    for key, value in replica.store.scan(asked.prefix, asked.after):
        size += len(key) + len(value)
        if len(pairs) == asked.limit or (pairs and size > queries.MAX_SCAN_BYTES):
            return pack(Pairs(pairs, complete=False))
        pairs.append((key, value))
    return pack(Pairs(pairs, complete=True))


def _proof(replica: Replica, data: bytes) -> bytes:
    key, store = _text(data), replica.store
    with store.snapshot():
        pages = trie_proof.prove(store, key)
        return pack(ProvedState(replica.height, replica.app_hash, store.get(key), pages))


def _receipt(replica: Replica, data: bytes) -> bytes | None:
    receipt = replica.store.receipt(data)
    return None if receipt is None else pack(receipt)


def _receipts(replica: Replica, data: bytes) -> bytes:
    return pack(receipts_of(replica.store.block(_height(data))))


def receipts_of(block: Block) -> list[Receipt]:
    """Return the receipts of a block's transactions, in their order."""
    header = block.header
    return [
        Receipt(entry.data_hash, header.height, index, result.code, result.message, result.data, header.time)
        for index, (entry, result) in enumerate(zip(block.entries, block.results, strict=True))
    ]


def _block(replica: Replica, data: bytes) -> bytes:
    return pack(replica.store.block(_height(data)))


def _headers(replica: Replica, data: bytes) -> bytes:
    asked = queries.unpack(data, Down)
    if not 0 < asked.limit <= queries.MAX_HEADERS:
        raise Malformed("malformed_query", f"A query gives 1 to {queries.MAX_HEADERS} headers.")
    return pack(replica.store.headers(asked.highest, asked.limit))


def _sequence(replica: Replica, data: bytes) -> bytes | None:
    number = replica.waiting.next_sequence(_text(data))
    return None if number is None else str(number).encode()


def _status(replica: Replica, _: bytes) -> bytes:
    head = replica.store.head().header
    return pack(
        Standing(
            chain_id=head.chain_id,
            height=head.height,
            first_height=replica.store.first_height(),
            time=head.time,
            app_hash=head.app_hash,
            transactions=replica.store.transaction_count(),
            version=replica.version_at(head.height + 1),
        )
    )


def _genesis(replica: Replica, _: bytes) -> bytes:
    return replica.store.genesis()


def _changes(replica: Replica, _: bytes) -> bytes:
    return pack(list(change_heights(replica.store)))


_PATHS: Final[Mapping[str, Answerer]] = {
    queries.STATE: _state,
    queries.SCAN: _scan,
    queries.PROOF: _proof,
    queries.RECEIPT: _receipt,
    queries.RECEIPTS: _receipts,
    queries.BLOCK: _block,
    queries.HEADERS: _headers,
    queries.SEQUENCE: _sequence,
    queries.STATUS: _status,
    queries.GENESIS: _genesis,
    queries.CHANGES: _changes,
}


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Malformed("malformed_query", "A state key and an address are text.") from None


def _height(data: bytes) -> int:
    if not data.isdigit() or len(data) > MAX_HEIGHT_DIGITS:
        raise Malformed("malformed_query", "The number of a block is decimal digits.")
    return int(data)
