"""Running a job in a process of its own, which is stopped when it takes too long or too much.

A file is to blame for what happens while it is read: a crash or an overrun is a rejection. Only that no
process can be started, or that others wait already, is for the asker to try again.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from typing import Final, TypeVar

import msgspec

from tallystick.capture import frames
from tallystick.capture.frames import Answer, Request
from tallystick.capture.jobs import Job
from tallystick.capture.refusals import not_readable, too_demanding
from tallystick.errors import TallystickError, Unavailable

MAX_JOBS: Final = 200
MAX_WAITING: Final = 16
WAIT_S: Final = 60.0
START_S: Final = 30.0
_OVERRUNS: Final = (-signal.SIGKILL, -signal.SIGXCPU)

T = TypeVar("T")
_logger = logging.getLogger(__name__)


class Pool:
    """One warm process for jobs that come one after the other; many threads may ask at once.

    The process is started when first asked for, and replaced after ``max_jobs``, a crash or an overrun. After
    a fork, the child has a process of its own.

    Args:
        table: the module whose ``JOBS`` says what may be asked; others are for tests.
        max_jobs: how many a process runs: libraries that read pictures grow.
        max_waiting: how many may wait for their turn.
        wait_s: how long one waits for its turn, in seconds.
    """

    def __init__(
        self,
        table: str = "tallystick.capture.jobs",
        max_jobs: int = MAX_JOBS,
        max_waiting: int = MAX_WAITING,
        wait_s: float = WAIT_S,
    ) -> None:
        self._table, self._max_jobs, self._wait_s = table, max_jobs, wait_s
        self._room = threading.BoundedSemaphore(max_waiting + 1)
        self._turn = threading.Lock()
        self._worker: _Worker | None = None
        os.register_at_fork(after_in_child=self._forget)

    def run(self, job: str, *arguments: object, result_type: type[T]) -> T:
        """Return what the job makes of the arguments.

        Args:
            job: a name in the table; another is a KeyError.
            arguments: anything that msgspec writes as MessagePack.
            result_type: what the answer must be.

        Raises:
            TallystickError: whatever the job raised.
            Malformed: ``file_not_readable`` when the file makes its reader crash.
            TooLarge: ``file_too_demanding`` when it takes more time or memory than it may.
            Unavailable: ``capture_busy``; ``capture_worker_unavailable`` when no process can be started.
        """
        limits: Job = import_module(self._table).JOBS[job]
        with self._my_turn():
            worker = self._worker or _Worker(self._table)
            self._worker = None  # whatever goes wrong from here on, this process is not used again
            try:
                answer = worker.ask(Request(job, arguments), limits.wall_s)
                error = frames.error_of(answer)
                result = None if error else msgspec.msgpack.decode(_result(job, answer), type=result_type)
            except (msgspec.DecodeError, KeyError) as unfit:
                worker.stop()
                raise _crashed() from unfit
            except BaseException:
                worker.stop()
                raise
            if worker.jobs < self._max_jobs:
                self._worker = worker
            else:
                worker.stop()
        if error:
            raise error
        return result  # type: ignore[return-value]  # None stands for an error only

    def close(self) -> None:
        """Stop the process, if there is one; the next job starts another."""
        with self._turn:
            if self._worker:
                self._worker.stop()
            self._worker = None

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        if not self._room.acquire(blocking=False):
            raise _busy()
        try:
            if not self._turn.acquire(timeout=self._wait_s):
                raise _busy()
            try:
                yield
            finally:
                self._turn.release()
        finally:
            self._room.release()

    def _forget(self) -> None:
        self._turn, self._worker = threading.Lock(), None


@cache
def shared_pool() -> Pool:
    """Return the pool of this process, made when first asked for."""
    return Pool()


@cache
def reading_pool() -> Pool:
    """Return the pool of this process that reads papers: an upload never waits for one of many pages."""
    return Pool()


class _Worker:
    """One process, until it is stopped."""

    def __init__(self, table: str) -> None:
        self.jobs = 0
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "tallystick.capture.worker_process", table],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                cwd="/",
                start_new_session=True,  # an interrupt at the terminal is for the server, which then stops it
            )
        except OSError as error:
            raise _unavailable() from error
        try:
            self._exchange(None, START_S)
        except TallystickError as error:
            self.stop()
            raise _unavailable() from error

    def ask(self, request: Request, wall_s: float) -> Answer:
        """Return the answer; the process is good for another job unless this raises."""
        self.jobs += 1
        return self._exchange(request, wall_s)

    def stop(self) -> None:
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._process.wait()

    def _exchange(self, request: Request | None, wall_s: float) -> Answer:
        requests, answers = self._process.stdin, self._process.stdout
        if requests is None or answers is None:
            raise _unavailable()
        watch = threading.Timer(wall_s, self._process.kill)
        watch.daemon = True
        watch.start()
        try:
            if request is not None:
                frames.write(requests, request)
            return msgspec.msgpack.decode(frames.read(answers), type=Answer)
        except (OSError, EOFError) as error:
            raise too_demanding() if self._ended_by() in _OVERRUNS else _crashed() from error
        finally:
            watch.cancel()

    def _ended_by(self) -> int:
        try:
            return self._process.wait(1)
        except subprocess.TimeoutExpired:
            return 0  # it lives, and says what it may not


def _result(job: str, answer: Answer) -> bytes:
    if answer.crash:
        _logger.warning("The job %s ended in %s.", job, answer.crash)
        raise too_demanding() if answer.crash == "MemoryError" else _crashed()
    return answer.result or b""


def _environment() -> dict[str, str]:
    """Return all that a worker may know of its parent: where the code is."""
    return {
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join(filter(None, map(os.path.abspath, sys.path))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def _crashed() -> TallystickError:
    return not_readable("what it should be", "its reader fails on it")


def _busy() -> Unavailable:
    return Unavailable("capture_busy", "Too many files are being read; try again in a minute.")


def _unavailable() -> Unavailable:
    return Unavailable(
        "capture_worker_unavailable", "No process could be started to read the file; try again."
    )
