"""Which picture of a labelled folder is learnt from and which is held out: by piece, and by nothing else."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tallystick.errors import Malformed, TooLarge

MAX_PICTURES: Final = 50_000
PICTURES: Final = (".jpg", ".jpeg", ".png")
#: In hundredths: the first part tests, the second calibrates, the rest teaches.
HELD_OUT: Final = 30
CALIBRATION: Final = 15

_PIECE = re.compile(r"num_([0-9]+)")


@dataclass(frozen=True)
class Labelled:
    """One picture with its class (the folder's name) and the piece it shows."""

    path: Path
    label: str
    piece: str


def labelled_pictures(folder: Path) -> list[Labelled]:
    """Return the pictures of ``folder``, one folder a class, in the order of their names.

    A file's name says which piece it shows: ``num_123`` where it stands in it, else the whole name.

    Raises:
        Malformed: ``no_pictures`` when there are fewer than two classes with pictures.
        TooLarge: ``too_many_pictures``.
    """
    paths = sorted(path for path in folder.glob("*/*") if path.suffix.lower() in PICTURES)
    if len(paths) > MAX_PICTURES:
        raise TooLarge("too_many_pictures", f"A set may have at most {MAX_PICTURES} pictures.")
    found = [Labelled(path, path.parent.name, piece_of(path.stem)) for path in paths]
    if len({one.label for one in found}) < 2:
        raise Malformed(
            "no_pictures", "The folder must hold one folder of pictures for each of two classes or more."
        )
    return found


def piece_of(stem: str) -> str:
    """Return which piece a file shows, by its name without suffix."""
    match = _PIECE.search(stem)
    return match[1] if match else stem


def part_of(piece: str, seed: int) -> str:
    """Return ``test``, ``calibration`` or ``training``: where all pictures of a piece go under a seed."""
    digest = hashlib.sha256(f"{seed}:{piece}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") % 100
    if place < HELD_OUT:
        return "test"
    return "calibration" if place < HELD_OUT + CALIBRATION else "training"
