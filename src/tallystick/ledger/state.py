"""State as the contracts see it: pairs of key and value, read from somewhere, written at the block's end."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping

from tallystick.errors import Corruption, TooLarge
from tallystick.ledger.protocols import Reader

MAX_KEY_LENGTH = 256
MAX_VALUE_BYTES = 256 * 1024
Writes = dict[str, bytes | None]
# State keys are printable ASCII, so that every key with a prefix sorts below prefix + DELETE.
KEY_END = "\x7f"


class MemoryState:
    """Pairs in memory; for tests, replays and small ledgers."""

    def __init__(self, pairs: Mapping[str, bytes] | None = None) -> None:
        self._values: dict[str, bytes] = dict(pairs or {})
        self._keys: list[str] | None = None

    def get(self, key: str) -> bytes | None:
        """Return the value, or None."""
        return self._values.get(key)

    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Yield the pairs whose key starts with ``prefix``, in key order."""
        if self._keys is None:
            self._keys = sorted(self._values)
        keys = self._keys
        for key in keys[bisect_left(keys, prefix) : bisect_left(keys, prefix + KEY_END)]:
            yield key, self._values[key]

    def apply(self, changes: Mapping[str, bytes | None]) -> None:
        """Take over a block's changes; None deletes."""
        for key, value in changes.items():
            if value is None:
                self._values.pop(key, None)
            else:
                self._values[key] = value
        self._keys = None

    def pairs(self) -> dict[str, bytes]:
        """Return a copy of all pairs."""
        return dict(self._values)


class Overlay:
    """A reader with writes of its own on top, which nothing below sees until they are merged."""

    __slots__ = ("below", "writes")

    def __init__(self, below: Reader) -> None:
        self.below = below
        self.writes: Writes = {}

    def get(self, key: str) -> bytes | None:
        """Return the value, own writes first."""
        return self.writes[key] if key in self.writes else self.below.get(key)

    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Yield the pairs whose key starts with ``prefix``, in key order, as they were when it began."""
        own = {key: value for key, value in self.writes.items() if key.startswith(prefix)}
        waiting = sorted(own, reverse=True)
        for key, value in self.below.scan(prefix):
            while waiting and waiting[-1] < key:
                yield from _present(waiting.pop(), own)
            if key not in own:
                yield key, value
        while waiting:
            yield from _present(waiting.pop(), own)


def check_pair(key: str, value: bytes) -> None:
    """Check that a pair may be written.

    Raises:
        Corruption: ``bad_state_key`` when the key is not printable ASCII without blanks.
        TooLarge: ``state_limit``.
    """
    if not key.isascii() or not key.isprintable() or " " in key:
        raise Corruption("bad_state_key", "A contract used a state key that is not printable ASCII.")
    if len(key) > MAX_KEY_LENGTH or len(value) > MAX_VALUE_BYTES:
        raise TooLarge(
            "state_limit",
            f"A state key may have {MAX_KEY_LENGTH} characters and a value {MAX_VALUE_BYTES} bytes.",
        )


def _present(key: str, values: Writes) -> Iterator[tuple[str, bytes]]:
    value = values[key]
    if value is not None:
        yield key, value
