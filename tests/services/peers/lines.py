"""The line between a test and the installations that it runs: objects over local sockets, one at a time."""

import threading
from multiprocessing.connection import Client, Connection, Listener
from typing import Any

from tallystick.errors import TallystickError

#: No secret: the sockets lie in the test's own folder.
AUTHKEY = b"tests"


class Calls:
    """Calls methods of an object in another process; each thread has a connection of its own."""

    def __init__(self, address: str) -> None:
        self._address, self._local = address, threading.local()

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: self.call(name, args, kwargs)

    @property
    def chain_id(self) -> str:
        return self.call("chain_id", (), {})

    def close(self) -> None:
        """Keep the other process's object open: others use it."""

    def call(self, name: str, args: tuple, kwargs: dict) -> Any:
        if not hasattr(self._local, "line"):
            self._local.line = Client(self._address, authkey=AUTHKEY)
        self._local.line.send((name, args, kwargs))
        is_result, what = self._local.line.recv()
        if not is_result:
            raise what
        return what


def lend(thing: object, address: str) -> Listener:
    """Let other processes call the methods of ``thing``; closing what is returned ends that."""
    listener = Listener(address, authkey=AUTHKEY)

    def accept() -> None:
        while True:
            try:
                line = listener.accept()
            except (OSError, EOFError):
                return
            threading.Thread(target=_serve, args=(thing, line), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener


def _serve(thing: object, line: Connection) -> None:
    with line:
        while True:
            try:
                name, args, kwargs = line.recv()
            except (EOFError, OSError):
                return
            line.send(answer(lambda name=name, args=args, kwargs=kwargs: _call(thing, name, args, kwargs)))


def _call(thing: object, name: str, args: tuple, kwargs: dict) -> Any:
    found = getattr(thing, name)
    return found(*args, **kwargs) if callable(found) else found


def answer(call) -> tuple[bool, Any]:
    """Return what a call gives, or the error that it raises, as it goes over the line."""
    try:
        return True, call()
    except TallystickError as error:
        return False, error
    except Exception as error:  # noqa: BLE001 - the test process shall see it
        return False, AssertionError(f"{type(error).__name__}: {error}")
