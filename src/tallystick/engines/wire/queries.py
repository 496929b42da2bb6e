"""What a node's application answers to queries: the paths, and the form of question and answer.

Answers are MessagePack of these Structs (https://msgpack.org); both sides of it are ours. They come from one
node, which its own member trusts; what others are to believe is proved (``cometbft.bundles``).
"""

from typing import Final, TypeVar

import msgspec

from tallystick.errors import Malformed, Unavailable

#: path -> what the data of the query is
STATE: Final = "/state"  # a state key
SCAN: Final = "/scan"  # a Scan
PROOF: Final = "/proof"  # a state key
RECEIPT: Final = "/receipt"  # 32 bytes of a transaction hash
RECEIPTS: Final = "/receipts"  # a block's number in decimal digits
BLOCK: Final = "/block"  # a block's number in decimal digits
HEADERS: Final = "/headers"  # a Down
SEQUENCE: Final = "/sequence"  # an account address
STATUS: Final = "/status"  # nothing
GENESIS: Final = "/genesis"  # nothing
CHANGES: Final = "/changes"  # nothing: the blocks that changed the validators
PEER_ID: Final = "/p2p/filter/id/"  # asked by CometBFT, with a node id at the end
PEER_ADDRESS: Final = "/p2p/filter/addr/"  # asked by CometBFT, with host and port at the end

#: Answers to what does not exist; the code of a query is this or 0, or REFUSED with the error in the log.
ABSENT: Final = 1
REFUSED: Final = 2
MAX_SCAN: Final = 1000
MAX_HEADERS: Final = 1000
MAX_SCAN_BYTES: Final = 8 * 1024 * 1024

T = TypeVar("T")


class Scan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ask for at most ``limit`` pairs whose key starts with ``prefix``, after the key ``after``."""

    prefix: str
    limit: int
    after: str = ""


class Down(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ask for the headers of at most ``limit`` blocks from ``highest`` down."""

    highest: int
    limit: int


class Pairs(msgspec.Struct, frozen=True):
    """Pairs of key and value, in key order; ``complete`` is False when there are more."""

    pairs: list[tuple[str, bytes]]
    complete: bool


class ProvedState(msgspec.Struct, frozen=True):
    """What the state after block ``height`` holds under a key, and the trie pages that prove it.

    ``root`` is the state's root (32 bytes); ``value`` is None for what is absent.
    """

    height: int
    root: bytes
    value: bytes | None
    pages: list[bytes]


class Standing(msgspec.Struct, frozen=True):
    """Where the node's ledger stands; ``first_height`` is the first block that it holds."""

    chain_id: str
    height: int
    first_height: int
    time: int
    app_hash: str
    transactions: int
    version: int


def pack(value: object) -> bytes:
    """Return the bytes of a question or an answer."""
    return msgspec.msgpack.encode(value)


def unpack(data: bytes, kind: type[T]) -> T:
    """Return the question in these bytes.

    Raises:
        Malformed: ``malformed_query``.
    """
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Malformed("malformed_query", f"The query cannot be read: {error!s:.200}.") from None


def unpack_answer(data: bytes, kind: type[T]) -> T:
    """Return the answer in these bytes.

    Raises:
        Unavailable: ``node_answer_unreadable`` when the node speaks otherwise: it may be of another version.
    """
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise Unavailable(
            "node_answer_unreadable", "The node's answer cannot be read: is it of this version?"
        ) from None
