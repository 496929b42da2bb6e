"""What goes between a worker and its pool: 4 bytes of length, then that many of MessagePack."""

from typing import IO, Any, Final

import msgspec

from tallystick.errors import TallystickError

MAX_FRAME_BYTES: Final = 64 << 20
_LENGTH_BYTES: Final = 4


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One job to be run."""

    job: str
    arguments: tuple[Any, ...]


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What came of a job: ``result``, or an error of ours, or the name of an exception that is none.

    Attributes:
        result: of the function, once more as MessagePack.
        error: class, code, sentence and details.
        crash: class of the exception; ``MemoryError`` when memory ran out.
    """

    result: bytes | None = None
    error: tuple[str, str, str, dict[str, str | int | bool | None]] | None = None
    crash: str = ""


def write(pipe: IO[bytes], message: msgspec.Struct) -> None:
    """Write one message."""
    content = msgspec.msgpack.encode(message)
    pipe.write(len(content).to_bytes(_LENGTH_BYTES) + content)
    pipe.flush()


def read(pipe: IO[bytes]) -> bytes:
    """Return the next message's bytes.

    Raises:
        EOFError: when the other side has closed, or claims more than ``MAX_FRAME_BYTES``.
    """
    length = int.from_bytes(pipe.read(_LENGTH_BYTES))
    content = pipe.read(length) if 0 < length <= MAX_FRAME_BYTES else b""
    if not content or len(content) != length:
        raise EOFError
    return content


def error_of(answer: Answer) -> TallystickError | None:
    """Return the error that the job raised, of the class that it had."""
    if answer.error is None:
        return None
    kind, code, message, details = answer.error
    return _kinds(TallystickError)[kind](code, message, **details)


def _kinds(root: type[TallystickError]) -> dict[str, type[TallystickError]]:
    return {root.__name__: root} | {
        name: kind for branch in root.__subclasses__() for name, kind in _kinds(branch).items()
    }
