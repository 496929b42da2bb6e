"""The export of a ledger: JSON lines, the genesis document first, then one block to a line."""

from collections.abc import Iterable, Iterator

import msgspec

from tallystick.errors import Malformed
from tallystick.ledger.block import Block
from tallystick.values import canonical

FORMAT = "tallystick/export/1"


class FirstLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the first line says: the format and the genesis document as text."""

    format: str
    genesis: str


def write_lines(genesis: bytes, blocks: Iterable[Block]) -> Iterator[bytes]:
    """Yield the export line by line, each in canonical JSON with its line end; bytes are base64."""
    yield canonical.encode(FirstLine(FORMAT, genesis.decode())) + b"\n"
    for block in blocks:
        yield canonical.encode(block) + b"\n"


def read_lines(lines: Iterable[bytes]) -> tuple[bytes, Iterator[Block]]:
    """Return the genesis document and the blocks of an export, which are read as they are asked for.

    Raises:
        Malformed: ``malformed_document``; ``unknown_format`` when it is no such export.
    """
    remaining = iter(lines)
    first = canonical.decode(next(remaining, b""), FirstLine)
    if first.format != FORMAT:
        raise Malformed("unknown_format", f"The export must be in the format {FORMAT}.")
    return first.genesis.encode(), (canonical.decode(line, Block) for line in remaining)
