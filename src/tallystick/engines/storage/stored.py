"""The rows of a ledger file as values: each column of the type that was written, or a clear refusal.

SQLite keeps whatever type it is given, so a file that was tampered with may hold a number for a blob.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from tallystick.errors import Corruption, Malformed
from tallystick.ledger.answers import Receipt
from tallystick.ledger.audit import wrong_block
from tallystick.ledger.block import Block, Entry, Header, Result, SignedHeader
from tallystick.values import canonical

Row = tuple[Any, ...]
_BLOCK = (int, bytes, str)
_TRANSACTION = (int, bytes, bytes, str, bytes, str)


@contextlib.contextmanager
def readable(height: int) -> Iterator[None]:
    """Raise what keeps the rows of block ``height`` from being read as ``block_wrong`` (``stored_form``)."""
    try:
        yield
    except (Malformed, Corruption) as error:
        raise wrong_block(height, "stored_form") from error


def signed_header(row: Row) -> SignedHeader:
    """Return the signed header in a row of first number, header, signature.

    Raises:
        Corruption: ``ledger_damaged`` for another type, or other bytes than the header's canonical ones.
        Malformed: ``malformed_document``.
    """
    _, data, signature = typed(row, _BLOCK)
    header = canonical.decode(data, Header)
    if canonical.encode(header) != data:
        raise _damaged()
    return SignedHeader(header, signature)


def block(signed: SignedHeader, height: int, rows: Sequence[Row]) -> Block:
    """Return the block ``height`` of a header and rows of height, data, data hash, code, result, message.

    Raises:
        Corruption: ``block_wrong`` with the check ``stored_form`` or ``stored_place``.
    """
    with readable(height):
        for row in rows:
            transaction(row)
    if any(row[0] != height for row in rows):
        raise wrong_block(height, "stored_place")
    return Block(
        header=signed.header,
        signature=signed.signature,
        entries=tuple(Entry(data, data_hash.hex()) for _, data, data_hash, _, _, _ in rows),
        results=tuple(Result(code, result, message) for _, _, _, code, result, message in rows),
    )


def receipt(data_hash: bytes, number: int, signed: SignedHeader, first: int, row: Row) -> Receipt:
    """Return the receipt of the transaction ``number`` in its row and the block that the row names.

    Raises:
        Corruption: ``index_differs`` when the row is another transaction's; ``block_wrong`` with the check
            ``stored_place`` when the block does not hold it.
    """
    height, _, stored_hash, code, result, message = row
    if stored_hash != data_hash:
        raise index_differs()
    if not 0 <= number - first < signed.header.transactions:
        raise wrong_block(height, "stored_place")
    return Receipt(data_hash.hex(), height, number - first, code, message, result, signed.header.time)


def transaction(row: Row) -> Row:
    """Return the row of a transaction: height, data, data hash, code, result, message.

    Raises:
        Corruption: ``ledger_damaged`` when one of them has another type.
    """
    return typed(row, _TRANSACTION)


def blob(row: Row | None) -> bytes | None:
    """Return the bytes in a row of one column; None for no row.

    Raises:
        Corruption: ``ledger_damaged`` when it holds something else.
    """
    if row is None:
        return None
    value = row[0]
    if type(value) is not bytes:
        raise _damaged()
    return value


def typed(row: Row, kinds: Sequence[type]) -> Row:
    """Return the row when its columns have these types.

    Raises:
        Corruption: ``ledger_damaged``.
    """
    if any(type(value) is not kind for value, kind in zip(row, kinds, strict=True)):
        raise _damaged()
    return row


def index_differs() -> Corruption:
    """Return the error of an index that leads to another transaction than the one that was asked for."""
    return Corruption(
        "index_differs", "The index of transactions is not that of the blocks; rebuild the ledger."
    )


def _damaged() -> Corruption:
    return Corruption(
        "ledger_damaged",
        "The ledger file holds something that Tallystick did not write; verify it, and restore a backup.",
    )
