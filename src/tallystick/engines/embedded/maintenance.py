"""Upkeep of a ledger file: verify it, derive its state again, export it. None of it needs a key."""

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

from tallystick.engines.embedded.cache import StateCache
from tallystick.engines.embedded.limits import Limits
from tallystick.engines.embedded.store import Store
from tallystick.errors import Corruption
from tallystick.ledger import trie
from tallystick.ledger.audit import Auditor, Followed, MemoryKeeper, Progress
from tallystick.ledger.block import Block
from tallystick.ledger.check import Registry
from tallystick.ledger.exchange import write_lines
from tallystick.ledger.execution import Executed
from tallystick.ledger.protocols import Contract


def verify(path: Path, contracts: Iterable[Contract], progress: Progress) -> Followed:
    """Check every block from the genesis document on, and that the stored state is what they give.

    Raises:
        Corruption: ``block_wrong`` for the first block that breaks a rule; ``state_differs``.
        NotFound: ``no_ledger``.
    """
    store, keeper = Store.open(path), MemoryKeeper()
    try:
        with store.snapshot():
            followed = _follow(store, Auditor(store.genesis(), Registry(contracts), keeper), progress)
            _check_state(store, keeper)
            return followed
    finally:
        store.close()


def rebuild(path: Path, contracts: Iterable[Contract], progress: Progress) -> Followed:
    """Check every block and write the state and its pages anew, all in one commit.

    Raises:
        Corruption: ``block_wrong``; the file stays as it was.
        NotFound: ``no_ledger``.
    """
    store = Store.open(path)
    try:
        with store.writing():
            store.clear_state()
            auditor = Auditor(store.genesis(), Registry(contracts), _Rewriter(store))
            return _follow(store, auditor, progress)
    finally:
        store.close()


def export(path: Path, progress: Progress) -> Iterator[bytes]:
    """Yield the ledger as JSON lines; see ``tallystick.ledger.exchange``.

    Raises:
        NotFound: ``no_ledger``.
    """
    store = Store.open(path)
    try:
        last = store.head().header.height
        blocks = (_told(store.block(height), progress, last) for height in range(last + 1))
        yield from write_lines(store.genesis(), blocks)
    finally:
        store.close()


class _Rewriter(StateCache):
    """Keeps the derived state in the ledger file itself."""

    def __init__(self, store: Store) -> None:
        limits = Limits()
        super().__init__(store, limits.cached_values, limits.cached_pages)
        self._file = store

    def apply(self, executed: Executed) -> None:
        self._file.put_changes(executed.state_changes, executed.page_changes)
        super().apply(executed)


def _follow(store: Store, auditor: Auditor, progress: Progress) -> Followed:
    head = store.head().header
    for height in range(head.height + 1):
        auditor.follow(_told(store.block(height), progress, head.height))
    return auditor.followed()


def _told(block: Block, progress: Progress, last: int) -> Block:
    progress(block.header.height + 1, last + 1)
    return block


def _check_state(store: Store, keeper: MemoryKeeper) -> None:
    pairs = zip_longest(store.scan(""), keeper.scan(""))
    pages = zip_longest(store.pages(), sorted(keeper.pages.items()))
    same = all(stored == derived for stored, derived in pairs) and all(
        stored is not None and derived is not None and stored == (derived[0], trie.encode_page(derived[1]))
        for stored, derived in pages
    )
    if not same:
        raise Corruption(
            "state_differs", "The blocks are right, but the stored state is not theirs; rebuild the ledger."
        )
