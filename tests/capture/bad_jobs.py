"""Jobs that do what a hostile file may make its reader do."""

import ctypes
import os
import socket
import time
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tallystick.capture.jobs import JOBS as REAL
from tallystick.capture.jobs import Job
from tallystick.errors import Conflict

MIB = 1 << 20


def double(number: int) -> int:
    return 2 * number


def pid() -> int:
    return os.getpid()


def eat_memory() -> int:
    return len([bytearray(64 * MIB) for _ in range(100)])


def eat_time() -> None:
    while True:
        pass


def sleep(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def crash() -> None:
    ctypes.string_at(0)


def refuse() -> None:
    raise Conflict("a_code", "A sentence.", place="here", number=3)


def fail() -> None:
    raise ZeroDivisionError


def chatter() -> str:
    os.write(1, b"\x00\x00\x00\x05hello")
    return "said"


def surroundings() -> dict[str, Any]:
    return {
        "environment": dict(os.environ),
        "descriptors": sorted(
            str(each.readlink()) for each in Path("/proc/self/fd").iterdir() if each.exists()
        ),
    }


def write_file(path: str) -> None:
    Path(path).write_bytes(b"x")


def interfaces() -> list[str]:
    return [name for _, name in socket.if_nameindex()]


HERE = "tests.capture.bad_jobs"
JOBS = MappingProxyType(
    {
        **REAL,
        **{
            each.__name__: Job(f"{HERE}:{each.__name__}", memory_bytes=512 * MIB)
            for each in (
                double,
                pid,
                eat_memory,
                crash,
                refuse,
                fail,
                chatter,
                surroundings,
                write_file,
                interfaces,
            )
        },
        "eat_time": Job(f"{HERE}:eat_time", cpu_s=1),
        "sleep": Job(f"{HERE}:sleep", wall_s=1),
        "missing": Job(f"{HERE}:none_such"),
    }
)
