"""Upkeep of a ledger file: verify it, derive its state again, export it. None of it needs a key."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from itertools import zip_longest
from pathlib import Path

from tallystick.engines.storage.store import Store
from tallystick.engines.storage.stored import Row, index_differs
from tallystick.errors import Conflict, Corruption
from tallystick.ledger import accounts, trie
from tallystick.ledger.audit import Auditor, Followed, MemoryKeeper, Progress, wrong_block
from tallystick.ledger.check import Registry
from tallystick.ledger.exchange import write_lines
from tallystick.ledger.execution import Executed
from tallystick.ledger.protocols import Contract


def verify(path: Path, contracts: Iterable[Contract], progress: Progress) -> Followed:
    """Check every block from the genesis document on, and that all else in the file is what they give.

    Raises:
        Corruption: ``block_wrong`` for the first block that breaks a rule; ``state_differs``,
            ``index_differs``.
        NotFound: ``no_ledger``.
        Conflict: ``partial_ledger`` when the file does not hold all blocks.
    """
    derived = _Derived()
    with closing(Store.open_reading(path)) as store, store.snapshot():
        followed = _follow(store, derived, contracts, progress)
        _check_derived(store, derived)
        return followed


def rebuild(path: Path, contracts: Iterable[Contract], progress: Progress) -> Followed:
    """Check every block and write what follows from them anew, all in one commit.

    Raises:
        Corruption: ``block_wrong``, also when the file shows that its last blocks are gone; the file stays
            as it was.
        NotFound: ``no_ledger``.
        Conflict: ``partial_ledger``.
    """
    derived = _Derived()
    with closing(Store.open(path)) as store, store.writing():
        followed = _follow(store, derived, contracts, progress)
        store.clear_derived()
        pages: trie.PageChanges = {
            place: trie.Written(page, trie.encode_page(page)) for place, page in derived.pages.items()
        }
        store.put_changes(derived.state.pairs(), pages)
        store.put_numbers(derived.numbers)
        return followed


def export(path: Path, progress: Progress) -> Iterator[bytes]:
    """Yield the ledger as JSON lines; see ``tallystick.ledger.exchange``.

    Raises:
        NotFound: ``no_ledger``.
        Conflict: ``partial_ledger``.
        Corruption: ``block_wrong`` for a block that cannot be read.
    """
    with closing(Store.open_reading(path)) as store:
        _require_all_blocks(store)
        last = store.height()
        blocks = (store.block(height) for height in _counted(last, progress))
        yield from write_lines(store.genesis(), blocks)


class _Derived(MemoryKeeper):
    """What follows from the blocks: state, pages, and where each transaction is found."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers: dict[bytes, int] = {}
        self._next = 0

    def apply(self, executed: Executed) -> None:
        super().apply(executed)
        for data_hash, is_counted in zip(executed.data_hashes, executed.counted, strict=True):
            # The copy that counted is the one to find; before there is one, the first.
            if is_counted or data_hash not in self.numbers:
                self.numbers[data_hash] = self._next
            self._next += 1


def _require_all_blocks(store: Store) -> None:
    first = store.first_height()
    if first > 0:
        raise Conflict(
            "partial_ledger",
            f"This ledger begins with block {first}; only one with all blocks can be followed from block 0.",
            first_height=first,
        )


def _follow(store: Store, derived: _Derived, contracts: Iterable[Contract], progress: Progress) -> Followed:
    _require_all_blocks(store)
    auditor = Auditor(store.genesis(), Registry(contracts), derived)
    for height in _counted(store.height(), progress):
        block, first = store.block(height), auditor.transactions
        auditor.follow(block)
        if store.first_number(height) != first:
            raise wrong_block(height, "stored_place")
    followed = auditor.followed()
    if _reaches_beyond(store, derived, followed):
        raise wrong_block(followed.height + 1, "missing")
    return followed


def _counted(last: int, progress: Progress) -> Iterator[int]:
    """Yield the heights up to ``last``, telling of each when it is done."""
    for height in range(last + 1):
        yield height
        progress(height + 1, last + 1)


def _reaches_beyond(store: Store, derived: _Derived, followed: Followed) -> bool:
    """Return whether the file holds more than its blocks account for: the last ones have been taken away.

    Deriving the state again would then undo what was answered as committed.
    """
    if store.count("blocks") > followed.height + 1 or store.count("transactions") > followed.transactions:
        return True
    for data_hash, number in store.every("transaction_numbers"):
        if isinstance(number, int) and number >= followed.transactions and data_hash not in derived.numbers:
            return True
    return not _is_of(store, followed) and any(
        _sequence(value) > max(0, _sequence(derived.get(key)))
        for key, value in store.every("state")
        if isinstance(key, str) and key.startswith(accounts.PREFIX)
    )


def _is_of(store: Store, followed: Followed) -> bool:
    """Return whether the stored root page is that of the last block, whatever lies below it."""
    try:
        root = store.page(b"")
    except Corruption:
        return False
    return root is not None and trie.page_hash(root).hex() == followed.app_hash


def _sequence(value: object) -> int:
    """Return how many transactions an account has had counted; -1 when the value is no account."""
    try:
        return accounts.decode_account(value).sequence if isinstance(value, bytes) else -1
    except Corruption:
        return -1


def _check_derived(store: Store, derived: _Derived) -> None:
    pages = {path: trie.encode_page(page) for path, page in derived.pages.items()}
    if not (_same(store.every("state"), derived.state.pairs()) and _same(store.every("pages"), pages)):
        raise Corruption(
            "state_differs", "The blocks are right, but the stored state is not theirs; rebuild the ledger."
        )
    if not _same(store.every("transaction_numbers"), derived.numbers):
        raise index_differs()


def _same(rows: Iterable[Row], derived: Mapping[str, bytes] | Mapping[bytes, bytes | int]) -> bool:
    """Return whether the rows of a table are the derived pairs, in the order of their keys."""
    return all(row == pair for row, pair in zip_longest(rows, sorted(derived.items())))
