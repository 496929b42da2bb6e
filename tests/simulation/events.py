"""Virtual time: what is to happen, in order; nothing sleeps and no clock is asked."""

import heapq
from collections import deque
from collections.abc import Callable
from typing import Final

REMEMBERED: Final = 60


class Events:
    """The queue of what is to happen.

    Attributes:
        now: virtual milliseconds since the beginning.
        count: events that have happened.
    """

    def __init__(self) -> None:
        self.now = 0
        self.count = 0
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._added = 0
        self._last: deque[tuple[int, str, tuple[object, ...]]] = deque(maxlen=REMEMBERED)

    def after(self, delay: int, run: Callable[[], None]) -> None:
        """Let something happen ``delay`` milliseconds from now; equal times keep their order."""
        self._added += 1
        heapq.heappush(self._queue, (self.now + delay, self._added, run))

    def step(self) -> bool:
        """Let the next thing happen; False when nothing is left."""
        if not self._queue:
            return False
        self.now, _, run = heapq.heappop(self._queue)
        self.count += 1
        run()
        return True

    def note(self, what: str, *about: object) -> None:
        """Remember what happened, for the report of a failure."""
        self._last.append((self.now, what, about))

    def last(self) -> list[str]:
        """Return the last things noted, one line each."""
        return [f"{at:>8} ms  {what.format(*about)}" for at, what, about in self._last]
