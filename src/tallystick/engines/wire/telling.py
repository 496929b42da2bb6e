"""An error of ours as text in a ``log`` field of CometBFT, and back: class, code, sentence and details."""

from typing import Final

import msgspec

from tallystick import errors
from tallystick.errors import Detail, TallystickError, Unavailable

#: The codes of ABCI answers, by what can be done.
ACCEPTED: Final = 0
REJECTED: Final = 1
_KINDS: Final = {
    kind.__name__: kind
    for kind in (
        errors.Rejection,
        errors.Malformed,
        errors.Unauthorised,
        errors.Forbidden,
        errors.NotFound,
        errors.Conflict,
        errors.TooLarge,
        errors.Unavailable,
        errors.Corruption,
    )
}


class _Told(msgspec.Struct, frozen=True):
    kind: str
    code: str
    message: str
    details: dict[str, Detail] = {}


def tell(error: TallystickError) -> str:
    """Return the error as one line of JSON."""
    told = _Told(type(error).__name__, error.code, error.message, dict(error.details))
    return msgspec.json.encode(told).decode()


def heard(text: str) -> TallystickError:
    """Return the error in ``text``; one that cannot be read is Unavailable, ``node_error``."""
    try:
        told = msgspec.json.decode(text, type=_Told)
        return _KINDS[told.kind](told.code, told.message, **told.details)
    except (msgspec.MsgspecError, KeyError, TypeError):
        return Unavailable("node_error", f"The node refused: {text!s:.200}")
