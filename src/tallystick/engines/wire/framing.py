"""Frames on a socket of CometBFT: an unsigned varint of the length, then the message (protobuf's own way)."""

from typing import Final

from tallystick.errors import Malformed

MAX_VARINT_BYTES: Final = 5


def encode_varint(number: int) -> bytes:
    """Return an unsigned number as a base-128 varint."""
    pieces = bytearray()
    while number > 0x7F:
        pieces.append(number & 0x7F | 0x80)
        number >>= 7
    pieces.append(number)
    return bytes(pieces)


def frame(message: bytes) -> bytes:
    """Return a message with its length in front."""
    return encode_varint(len(message)) + message


class Frames:
    """Puts what comes from a socket, in pieces of any size, together into messages.

    Args:
        max_bytes: the longest message that is taken.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._buffer = bytearray()

    def feed(self, piece: bytes) -> list[bytes]:
        """Take in a piece and return the messages that are whole now, in order.

        Raises:
            Malformed: ``malformed_frame`` when a length is not a varint or is over the limit.
        """
        buffer = self._buffer
        buffer += piece
        messages, start = [], 0
        while (found := self._length(start)) is not None:
            length, begin = found
            if len(buffer) < begin + length:
                break
            messages.append(bytes(buffer[begin : begin + length]))
            start = begin + length
        del buffer[:start]
        return messages

    def _length(self, start: int) -> tuple[int, int] | None:
        """Return the length at ``start`` and where its message begins, or None while it is not all there."""
        number = 0
        for place, byte in enumerate(self._buffer[start : start + MAX_VARINT_BYTES]):
            number |= (byte & 0x7F) << (7 * place)
            if byte < 0x80:
                if number > self._max_bytes:
                    raise Malformed("malformed_frame", f"A message of {number} bytes is over the limit.")
                return number, start + place + 1
        if len(self._buffer) - start >= MAX_VARINT_BYTES:
            raise Malformed("malformed_frame", "The length of a message is no varint.")
        return None
