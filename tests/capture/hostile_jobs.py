"""Jobs that misbehave in every way that a library reading a hostile file has been known to."""

import os
import signal
import socket
import time
from pathlib import Path

from tallystick.capture.jobs import GIB, Job
from tallystick.errors import Malformed


def echo(text: str) -> str:
    return text


def environment() -> dict[str, str]:
    return dict(os.environ)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def refuse() -> None:
    raise Malformed("unknown_media_type", "The file is nothing we know.", kind="nothing")


def fail() -> None:
    raise RuntimeError("secret of the file")


def eat_memory() -> int:
    return len(bytearray(3 * GIB))


def eat_time() -> None:
    while True:
        pass


def sleep() -> None:
    time.sleep(60)


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def write_file(path: str) -> None:
    with open(path, "wb") as file:  # noqa: PTH123 - what a library would do
        file.write(b"x" * 100)


def has_network() -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", int(os.environ.get("PORT", "9")))) == 0


_HERE = "tests.capture.hostile_jobs"
JOBS = {
    name: Job(f"{_HERE}:{name}", memory_bytes=GIB, cpu_s=1, wall_s=5)
    for name in (
        "echo",
        "environment",
        "open_files",
        "refuse",
        "fail",
        "eat_memory",
        "eat_time",
        "crash",
        "write_file",
        "has_network",
    )
} | {"sleep": Job(f"{_HERE}:sleep", wall_s=0.5)}
