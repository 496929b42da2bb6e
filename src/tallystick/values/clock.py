"""The Clock: what time it is, handed in from outside, so that nothing pure ever asks the machine."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from tallystick.errors import Malformed

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...


class FixedClock:
    """A clock that stands still until it is told to move; for tests, demos and replays.

    Raises:
        Malformed: ``naive_time`` when the moment carries no time zone.
    """

    def __init__(self, moment: datetime) -> None:
        if moment.utcoffset() is None:
            raise Malformed("naive_time", "A clock must be set to a moment with a time zone.")
        self._moment = moment.astimezone(UTC)

    def now(self) -> datetime:
        """Return the moment that the clock stands at, in UTC."""
        return self._moment

    def advance(self, by: timedelta) -> None:
        """Move the clock on.

        Raises:
            Malformed: ``time_runs_forward`` for a negative step.
        """
        if by < timedelta(0):
            raise Malformed("time_runs_forward", "A clock can only be moved forward.")
        self._moment += by


def now_ms(clock: Clock) -> int:
    """Return the clock's time in whole milliseconds since 1970 UTC."""
    return (clock.now() - _EPOCH) // timedelta(milliseconds=1)


def milliseconds(moment: datetime) -> int:
    """Return a moment, to the second, as the ledger counts time: milliseconds since 1970 UTC."""
    return int(moment.timestamp()) * 1000
