"""Storage addresses as the contracts write them: where a transaction stands, and keys in that order."""

import re
from typing import Annotated, Final

import msgspec

from tallystick.ledger.protocols import Call

#: A storage address: block and place in it, without leading zeros.
Place = Annotated[str, msgspec.Meta(pattern=r"\A(0|[1-9][0-9]{0,15})-(0|[1-9][0-9]{0,5})\Z")]

_PLACE: Final = re.compile(r"(0|[1-9][0-9]{0,15})-(0|[1-9][0-9]{0,5})")


def here(call: Call) -> str:
    """Return the storage address of the transaction that runs."""
    return f"{call.height}-{call.index}"


def is_place(text: str) -> bool:
    """Return whether ``text`` is a storage address in the one form that the contracts write."""
    return _PLACE.fullmatch(text) is not None


def in_order(place: str) -> str:
    """Return a storage address as state keys have it, padded so that text order is the ledger's order."""
    height, index = place.split("-")
    return f"{height:0>16}-{index:0>6}"
