"""A process that opens files of strangers: limits first, then one job after the other until its pipe closes.

It has no network where the system lets it go without, writes no file, and starts with nothing of its parent's
environment or open files.
"""

import ctypes
import importlib
import os
import resource
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import IO, Any, Final

import msgspec

from tallystick.capture import frames
from tallystick.capture.frames import Answer, Request
from tallystick.capture.jobs import Job
from tallystick.errors import TallystickError

MAX_OPEN_FILES: Final = 64
_NEW_NETWORK: Final = 0x40000000  # CLONE_NEWNET of sched.h
_NEW_USER: Final = 0x10000000  # CLONE_NEWUSER: who is not root may leave the network only so
_NO_NEW_PRIVILEGES: Final = 38  # PR_SET_NO_NEW_PRIVS of sys/prctl.h


def main(table: str) -> None:
    """Answer requests until the other side closes.

    Args:
        table: the module whose ``JOBS`` says what may be asked.
    """
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # what a library prints is no answer
    os.close(nowhere)
    _confine()
    jobs: Mapping[str, Job] = importlib.import_module(table).JOBS
    frames.write(answers, Answer(result=b"ready"))
    with suppress(EOFError, BrokenPipeError):
        while True:
            _answer_one(jobs, sys.stdin.buffer, answers)


def _answer_one(jobs: Mapping[str, Job], requests: IO[bytes], answers: IO[bytes]) -> None:
    request = msgspec.msgpack.decode(frames.read(requests), type=Request)
    try:
        job = jobs[request.job]
        _limit(job)
        answer = Answer(result=msgspec.msgpack.encode(_function(job)(*request.arguments)))
    except TallystickError as error:
        answer = Answer(error=(type(error).__name__, error.code, error.message, dict(error.details)))
    except Exception as error:  # noqa: BLE001  # told to the pool, which ends this process
        answer = Answer(crash=type(error).__name__)
    frames.write(answers, answer)


def _function(job: Job) -> Callable[..., Any]:
    module, _, name = job.function.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def _confine() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (MAX_OPEN_FILES, MAX_OPEN_FILES))
    libc = ctypes.CDLL(None)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if libc.unshare(_NEW_NETWORK) != 0:
        libc.unshare(_NEW_USER | _NEW_NETWORK)  # where this fails too, the network stays


def _limit(job: Job) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = int(used.ru_utime + used.ru_stime) + 1 + job.cpu_s
    for what, soft in ((resource.RLIMIT_AS, job.memory_bytes), (resource.RLIMIT_CPU, cpu_s)):
        resource.setrlimit(what, (soft, resource.getrlimit(what)[1]))


if __name__ == "__main__":
    main(sys.argv[1])
