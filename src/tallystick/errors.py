"""The whole error tree: what a person can mend, what time mends, and what nobody should try again.

    TallystickError
    ├── Rejection         a person can act: the request is refused, nothing was saved
    │   ├── Malformed     the request cannot be read (unknown column, wrong type, bad check digit)
    │   ├── Unauthorised  who asks is unknown, or the proof of it does not hold
    │   ├── Forbidden     who asks is known and may not
    │   ├── NotFound      there is no such thing, or none that the asker may see
    │   ├── Conflict      the request does not fit what is already recorded
    │   └── TooLarge      a stated limit is exceeded
    ├── Unavailable       try again: a part did not answer in time
    └── Corruption        stop: what is stored contradicts itself

Every error carries a stable ``code`` (lower snake case, part of the interface), one clear English
``message``, and ``details`` that are safe to show to whoever asked. Front doors map the class to an
exit code or an HTTP status in one table each, and may translate the message by its code.
"""

from collections.abc import Mapping

Detail = str | int | bool | None


class TallystickError(Exception):
    """Base of every error that Tallystick raises on purpose.

    Args:
        code: stable identifier, lower snake case, for example ``"unknown_column"``.
        message: one sentence that says what is wrong and, where possible, what to do.
        details: named values that belong to the message; never a secret.
    """

    def __init__(self, code: str, message: str, **details: Detail) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details: Mapping[str, Detail] = details

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.code, self.message, dict(self.details))


def _rebuild(
    kind: type[TallystickError], code: str, message: str, details: dict[str, Detail]
) -> TallystickError:
    return kind(code, message, **details)


class Rejection(TallystickError):
    """The request is refused and a person can act on it; nothing was saved."""


class Malformed(Rejection):
    """The request cannot be read: a wrong type, an unknown column, a failed check digit."""


class Unauthorised(Rejection):
    """Who asks is unknown, or the proof of identity (signature, password) does not hold."""


class Forbidden(Rejection):
    """Who asks is known and may not do this."""


class NotFound(Rejection):
    """There is no such thing, or none that the asker may see."""


class Conflict(Rejection):
    """The request does not fit what is already recorded."""


class TooLarge(Rejection):
    """A stated limit is exceeded."""


class Unavailable(TallystickError):
    """A part did not answer in time; the same request may succeed later."""


class Corruption(TallystickError):
    """What is stored contradicts itself; stop and look."""
