"""The sockets of an ABCI application: CometBFT opens four, and gets answers in the order of its requests.

One thread answers all four, so that whatever CometBFT sees happened in one order.
"""

import contextlib
import logging
import os
import selectors
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

from google.protobuf.message import DecodeError

from tallystick.engines.wire.framing import Frames, frame
from tallystick.engines.wire.messages_pb2 import Request, Response
from tallystick.errors import Malformed

#: A block with its frame, or the genesis document, is the longest that comes.
MAX_MESSAGE_BYTES: Final = 64 * 1024 * 1024
MAX_CONNECTIONS: Final = 16
RECEIVE_BYTES: Final = 1024 * 1024
SEND_TIMEOUT_S: Final = 60
#: How often to ask whether to go on, while nothing comes.
WATCH_S: Final = 0.5
_log = logging.getLogger(__name__)


def listen(path: Path) -> socket.socket:
    """Return a socket that listens at a path of the file system, for this user only."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen(MAX_CONNECTIONS)
    return listener


def serve(
    listener: socket.socket, answer: Callable[[Request], Response], goes_on: Callable[[], bool]
) -> None:
    """Answer the requests on all connections, until ``goes_on`` says no.

    Args:
        listener: where CometBFT connects.
        answer: gives the response to a request.
        goes_on: asked before each wait; never while a request is being answered.
    """
    with contextlib.ExitStack() as held:
        held.enter_context(listener)
        selector = held.enter_context(selectors.DefaultSelector())
        selector.register(listener, selectors.EVENT_READ)
        while goes_on():
            for key, _ in selector.select(WATCH_S):
                connection = key.data
                if connection is None:
                    accepted = listener.accept()[0]
                    held.push(accepted)
                    accepted.settimeout(SEND_TIMEOUT_S)
                    selector.register(accepted, selectors.EVENT_READ, _Connection(accepted, answer))
                elif not connection.serve_once():
                    selector.unregister(connection.socket)
                    connection.socket.close()


class _Connection:
    """One connection of CometBFT's."""

    def __init__(self, connected: socket.socket, answer: Callable[[Request], Response]) -> None:
        self.socket = connected
        self._answer = answer
        self._frames = Frames(MAX_MESSAGE_BYTES)

    def serve_once(self) -> bool:
        """Answer what has come; return False when the connection is to be closed."""
        try:
            piece = self.socket.recv(RECEIVE_BYTES)
            answers = bytearray()
            for message in self._frames.feed(piece):
                answers += frame(self._answer(Request.FromString(message)).SerializeToString())
            self.socket.sendall(answers)
        except (OSError, Malformed, DecodeError) as error:
            _log.warning("A connection of CometBFT is closed: %s", error)
            return False
        return bool(piece)
