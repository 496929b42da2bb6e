"""Blocks: a signed header over the transactions, their results and the state after them."""

from collections.abc import Sequence
from hashlib import sha256

import msgspec

from tallystick.ledger import keys, merkle
from tallystick.values import canonical
from tallystick.values.identifiers import account_address

HEADER_PREFIX = b"tallystick/header/1\n"
#: What stands for the hash of the block before where the validators' own headers link the blocks.
NO_HASH = bytes(32)


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one block commits to. Hashes are 64 lower hex digits.

    Attributes:
        app_hash: root of the state after this block; it holds neither height nor time.
        chain_id: name of the chain.
        data_hash: RFC 6962 root over the SHA-256 of each transaction.
        height: number of the block; the genesis block is 0.
        previous_hash: hash of the header before; in the genesis block, SHA-256 of the genesis document;
            ``NO_HASH`` where validators agree on each block: the headers that they sign link the blocks.
        proposer: account address of the key that signed the header, or of the validator that proposed it.
        results_hash: RFC 6962 root over ``code || 0x0A || data`` of each result.
        time: block time, milliseconds since 1970 UTC, greater in every block.
        transactions: how many transactions the block holds.
    """

    app_hash: str
    chain_id: str
    data_hash: str
    height: int
    previous_hash: str
    proposer: str
    results_hash: str
    time: int
    transactions: int


class SignedHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A header with the proposer's Ed25519 signature (128 lower hex digits)."""

    header: Header
    signature: str


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One transaction in a block: its wire bytes, and their SHA-256 as 64 lower hex digits."""

    data: bytes
    data_hash: str


class Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What executing one transaction gave.

    Attributes:
        code: ``"ok"`` or the code of the refusal.
        data: canonical JSON of the action's result; empty when there is none.
        message: one sentence for a person; outside the results hash, so that wording may change.
    """

    code: str
    data: bytes = b""
    message: str = ""


class Block(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A committed block: signed header, entries, and one result for each entry."""

    header: Header
    signature: str
    entries: tuple[Entry, ...]
    results: tuple[Result, ...]


def from_hex(text: str) -> bytes:
    """Return the bytes of lower-case hexadecimal text.

    Raises:
        ValueError: for anything else, so that one hash has one text.
    """
    data = bytes.fromhex(text)
    if data.hex() != text:
        raise ValueError("not lower-case hexadecimal")
    return data


def header_hash(header: Header) -> bytes:
    """Return SHA-256 of the header's canonical JSON (32 bytes)."""
    return sha256(canonical.encode(header)).digest()


def header_sign_bytes(header: Header) -> bytes:
    """Return what the proposer signs: a prefix that no other signature shares, and the header hash."""
    return HEADER_PREFIX + header_hash(header)


def verify_header(signed: SignedHeader, proposer_public_key: bytes) -> bool:
    """Return whether the header names and is signed by the proposer with this public key (32 bytes)."""
    try:
        signature = from_hex(signed.signature)
    except ValueError:
        return False
    named = account_address(proposer_public_key) == signed.header.proposer
    return named and keys.verify(proposer_public_key, header_sign_bytes(signed.header), signature)


def data_root(data_hashes: Sequence[bytes]) -> bytes:
    """Return the RFC 6962 root over the transactions' hashes (32 bytes each)."""
    return merkle.root(data_hashes)


def result_leaf(result: Result) -> bytes:
    """Return the bytes of a result that the results hash covers."""
    return result.code.encode() + b"\n" + result.data


def results_root(results: Sequence[Result]) -> bytes:
    """Return the RFC 6962 root over the results."""
    return merkle.root([result_leaf(result) for result in results])
