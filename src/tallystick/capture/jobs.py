"""What a worker may be asked to do: name -> function, with the limits that hold while it runs.

The function stands as text, so that a worker loads what its jobs need and the server nothing of it. It
takes and returns what msgspec can write as MessagePack, and refuses by raising one of ``tallystick.errors``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

GIB: Final = 1 << 30


@dataclass(frozen=True)
class Job:
    """One kind of work.

    Attributes:
        function: ``module:function``.
        memory_bytes: address space that the process may have, with all that it has loaded.
        cpu_s: processor time of one run, in seconds.
        wall_s: time of one run on the clock; it stands above ``cpu_s``, for a machine that is busy.
    """

    function: str
    memory_bytes: int = 2 * GIB
    cpu_s: int = 60
    wall_s: float = 120


JOBS: Final[Mapping[str, Job]] = MappingProxyType(
    {
        "open_file": Job("tallystick.capture.opening:open_file"),
        "open_film": Job("tallystick.capture.opening:open_film", memory_bytes=3 * GIB),
        "film_frames": Job("tallystick.capture.opening:film_frames", memory_bytes=3 * GIB),
        "read_document": Job(
            "tallystick.capture.reading:read_paths", memory_bytes=3 * GIB, cpu_s=240, wall_s=300
        ),
    }
)
