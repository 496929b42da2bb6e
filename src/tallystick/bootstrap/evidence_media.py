"""The files of a record within its bundle: as they are kept, so that hash and size are checked from it (E13).

What is encrypted stays so: the bundle proves that nothing was changed, and shows nobody what is in it.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tallystick.capture.media_store import MediaStore
from tallystick.errors import NotFound, TooLarge
from tallystick.evidence.delivery import Medium
from tallystick.evidence.verification import Fetch, Found

#: Bytes of all files that one bundle holds.
MAX_BUNDLED_BYTES: Final = 64 << 20
#: Bytes that they take as text.
MAX_TEXT_BYTES: Final = MAX_BUNDLED_BYTES * 4 // 3 + 4096


def gathered(store: MediaStore, media: Sequence[Medium]) -> dict[str, str]:
    """Return the kept files by their number (from 1), as base64; one that lies elsewhere is left out.

    Raises:
        NotFound: ``media_missing`` when this installation does not keep a file of the record.
        TooLarge: ``media_too_large`` above ``MAX_BUNDLED_BYTES`` together.
    """
    kept = {str(number): each for number, each in enumerate(media, start=1) if not each.is_open}
    if sum(each.size_bytes for each in kept.values()) > MAX_BUNDLED_BYTES:
        raise TooLarge(
            "media_too_large",
            f"A bundle holds {MAX_BUNDLED_BYTES >> 20} MiB of files; hand them over beside it.",
        )
    if not kept:
        raise NotFound("media_missing", "Every file of the record lies elsewhere; there is none to put in.")
    return {
        number: base64.b64encode(b"".join(store.ciphertext(each.sha256))).decode()
        for number, each in kept.items()
    }


def is_written_well(part: object, media: Sequence[Medium]) -> bool:
    """Return whether ``part`` of a bundle holds files of the record, as ``gathered`` writes them."""
    if not isinstance(part, Mapping) or not part:
        return False
    numbers = {str(number) for number in range(1, len(media) + 1)}
    return part.keys() <= numbers and all(_bytes(text) is not None for text in part.values())


def found(part: Mapping[str, Any], media: Sequence[Medium]) -> list[Found]:
    """Return what the bundle holds of each file of the record, hashed anew."""
    return [_found(part.get(str(number))) for number in range(1, len(media) + 1)]


def _found(text: str | None) -> Found:
    content = _bytes(text)
    if content is None:
        return Found(Fetch.NOT_FETCHED)
    return Found(Fetch.FETCHED, hashlib.sha256(content).hexdigest(), len(content))


def _bytes(text: object) -> bytes | None:
    """Return what ``text`` states as base64, written in the one way in which it is written."""
    if not isinstance(text, str):
        return None
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return content if base64.b64encode(content).decode() == text else None
