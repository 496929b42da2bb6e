"""What was used last, in memory, in front of the ledger file: state values and trie pages."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

from tallystick.engines.storage.store import Store
from tallystick.ledger.execution import Executed
from tallystick.ledger.trie import Page, PageChanges

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """At most ``limit`` entries; the least recently used one goes first."""

    def __init__(self, load: Callable[[Key], Value | None], limit: int) -> None:
        self._load = load
        self._limit = limit
        self._entries: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        """Return the entry, loading it when it is not at hand; absence is not remembered."""
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
            return entry
        entry = self._load(key)
        if entry is not None:
            self.set(key, entry)
        return entry

    def set(self, key: Key, entry: Value | None) -> None:
        """Take over a new entry; None removes it."""
        if entry is None:
            self._entries.pop(key, None)
            return
        self._entries[key] = entry
        self._entries.move_to_end(key)
        if len(self._entries) > self._limit:
            self._entries.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()


class StateCache:
    """The committed state and its pages, as ``Machine.execute`` reads them. For one thread."""

    def __init__(self, store: Store, values: int, pages: int) -> None:
        self._store = store
        self._values: Recent[str, bytes] = Recent(store.get, values)
        self._pages: Recent[bytes, Page] = Recent(store.page, pages)
        self.get = self._values.get
        self.page = self._pages.get

    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Yield the pairs whose key starts with ``prefix``, in key order."""
        return self._store.scan(prefix)

    def apply(self, executed: Executed) -> None:
        """Take over a block that is on the disk."""
        self.take(executed.state_changes, executed.page_changes)

    def take(self, changes: Mapping[str, bytes | None], page_changes: PageChanges) -> None:
        """Take over changes that are on the disk."""
        for key, value in changes.items():
            self._values.set(key, value)
        for path, written in page_changes.items():
            self._pages.set(path, None if written is None else written.page)

    def clear(self) -> None:
        """Forget everything: somebody else has written."""
        self._values.clear()
        self._pages.clear()
