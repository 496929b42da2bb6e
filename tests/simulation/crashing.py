"""How a node dies: at a chosen moment, and with the files on its disk as they are at that moment."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tallystick.engines.storage.store import Store

#: Where a node may die on the way from an agreed block to a kept one.
STORED, EXECUTED, COMMITTING, COMMITTED = "block stored", "executed", "in the commit", "committed"
MOMENTS: Final = (STORED, EXECUTED, COMMITTING, COMMITTED)
PARTS: Final = ("", "-wal")
_TORN: Final = b"torn off in the middle of a frame" * 9


class Crash(Exception):
    """The process is gone."""


Files = dict[str, bytes | None]


def copy(path: Path) -> Files:
    """Return what is on the disk under a ledger's names, while it is in use."""
    places = {part: path.with_name(path.name + part) for part in PARTS}
    return {part: place.read_bytes() if place.exists() else None for part, place in places.items()}


def put_back(path: Path, files: Files, is_torn: bool) -> None:
    """Let the disk hold these files; ``is_torn``: the last write was cut off."""
    for part, data in files.items():
        place = path.with_name(path.name + part)
        if data is None:
            place.unlink(missing_ok=True)
        else:
            place.write_bytes(data + (_TORN if is_torn and part == "-wal" else b""))
    path.with_name(path.name + "-shm").unlink(missing_ok=True)


def die_in_commit(store: Store, take: Callable[[], None]) -> None:
    """Let the next block's commit stop after all was written and before it counts."""
    put_block = store.put_block

    def put_and_die(*given: Any) -> None:
        put_block(*given)
        take()
        raise Crash

    store.put_block = put_and_die  # type: ignore[method-assign, assignment]
