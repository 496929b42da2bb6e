"""Signature checks for a batch of transactions: in this process, or spread over processes of their own."""

import contextlib
import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Protocol

import msgspec

from tallystick.ledger import keys
from tallystick.ledger.transaction import SIGN_PREFIX

MAX_BATCH = 4096
_LENGTH_BYTES = 4

Check = tuple[bytes, bytes]


class Verifier(Protocol):
    """Answers for each (public key, wire bytes) whether the signature is genuine."""

    def verify(self, checks: Sequence[Check]) -> list[bool]:
        """Return one answer for each check."""
        ...

    def close(self) -> None:
        """Stop what was started."""
        ...


def verify_all(checks: Sequence[Check]) -> list[bool]:
    """Return for each (public key, wire bytes) whether the signature is genuine."""
    size = keys.SIGNATURE_BYTES
    return [keys.verify(key, SIGN_PREFIX + wire[size:], wire[:size]) for key, wire in checks]


class LocalVerifier:
    """Checks in the caller's own thread."""

    def verify(self, checks: Sequence[Check]) -> list[bool]:
        """Return one answer for each check."""
        return verify_all(checks)

    def close(self) -> None:
        """Nothing was started."""


class ProcessVerifier:
    """Checks in ``count`` processes; what a lost process does not answer is checked here instead."""

    def __init__(self, count: int) -> None:
        self._workers = [_Worker() for _ in range(count)]
        self._turns = itertools.count()
        self._threads = ThreadPoolExecutor(max_workers=count, thread_name_prefix="verifier")

    def verify(self, checks: Sequence[Check]) -> list[bool]:
        """Return one answer for each check, in order."""
        share = min(MAX_BATCH, max(1, -(-len(checks) // len(self._workers))))
        shares = [checks[start : start + share] for start in range(0, len(checks), share)]
        workers = [self._workers[next(self._turns) % len(self._workers)] for _ in shares]
        if len(shares) == 1:
            return workers[0].verify(shares[0])
        answers = self._threads.map(_Worker.verify, workers, shares)
        return [answer for one in answers for answer in one]

    def close(self) -> None:
        """Stop the processes."""
        self._threads.shutdown()
        for worker in self._workers:
            worker.close()


class _Worker:
    """One verifying process, fed by frames: 4 bytes of length, then the content."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tallystick.engines.embedded.verifier_process", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # an interrupt at the terminal is for the engine, which then stops it
        )

    def verify(self, checks: Sequence[Check]) -> list[bool]:
        with self._lock, contextlib.suppress(OSError, ValueError, EOFError):
            stdin, stdout = self._process.stdin, self._process.stdout
            if stdin is not None and stdout is not None:
                write_frame(stdin, msgspec.msgpack.encode(checks))
                answers = read_frame(stdout)
                if len(answers) == len(checks):
                    return [answer == 1 for answer in answers]
        return verify_all(checks)

    def close(self) -> None:
        with self._lock:
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            self._process.wait()


def write_frame(pipe: IO[bytes], content: bytes) -> None:
    """Write one frame."""
    pipe.write(len(content).to_bytes(_LENGTH_BYTES) + content)
    pipe.flush()


def read_frame(pipe: IO[bytes]) -> bytes:
    """Return the next frame's content.

    Raises:
        EOFError: when the other side has closed.
    """
    length = pipe.read(_LENGTH_BYTES)
    content = pipe.read(int.from_bytes(length)) if len(length) == _LENGTH_BYTES else b""
    if not content or len(content) != int.from_bytes(length):
        raise EOFError
    return content
