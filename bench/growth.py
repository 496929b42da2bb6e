"""The cost of a write as the state grows: in pages, against the logarithm, and in time."""

import math
import statistics
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from report import note, spread, table

from tallystick.engines.storage.cache import StateCache
from tallystick.engines.storage.store import Store
from tallystick.ledger import trie

BLOCK = 1000
FANOUT = 16
# How far the growth in pages may be from what the logarithm foretells.
TOLERANCE_PAGES = 0.5
# Prime, so that steps of it visit every key before one comes twice.
STRIDE = 7_368_787
HEADINGS = ("keys", "pages, alone", "µs for the root, alone", "µs/write in a durable block")


@dataclass(frozen=True)
class Grown:
    """The cost of a write at one size of the state.

    Attributes:
        keys: keys in the state.
        pages: pages that a write alone changes, on average.
        root_us: microseconds for the new root of a write alone, the median.
        block_us: microseconds for each write of a durable block of random writes, for each block measured.
    """

    keys: int
    pages: float
    root_us: float
    block_us: list[float]

    @property
    def row(self) -> tuple[object, ...]:
        """The line of the page's table."""
        return f"{self.keys:,}", f"{self.pages:.2f}", f"{self.root_us:.0f}", spread(self.block_us, 0)


def growth(folder: Path, most: int) -> list[Grown]:
    """Fill the state and measure durable blocks of random writes at each power of ten."""
    store = Store.open_new(folder / "growth.sqlite3")
    with store.writing():
        store.put_genesis(b"{}")
    state = StateCache(store, 50_000, 50_000)
    grown, size = [], 0
    target = 1000
    while target <= most:
        note(f"cost of a write at {target:,} keys")
        while size < target:
            step = min(target - size, 50_000)
            write(store, state, {key_of(number): b"filled" for number in range(size, size + step)})
            size += step
        blocks = []
        for turn in range(7):
            keys = [key_of((turn * BLOCK + place) * STRIDE % size) for place in range(BLOCK)]
            start = time.perf_counter()
            write(store, state, dict.fromkeys(keys, b"%d" % turn))
            blocks.append((time.perf_counter() - start) / BLOCK * 1e6)
        alone = [alone_cost(state, key) for key in keys]
        microseconds = statistics.median(spent for spent, _ in alone)
        depth = statistics.mean(pages for _, pages in alone)
        grown.append(Grown(size, depth, microseconds, blocks[2:]))
        target *= 10
    store.close()
    return grown


def alone_cost(state: StateCache, key: str) -> tuple[float, int]:
    """Return the microseconds that the new root of a single write takes, and how many pages it changes."""
    start = time.perf_counter()
    _, pages = trie.update(state, {key: b"alone"})
    return (time.perf_counter() - start) * 1e6, len(pages)


def write(store: Store, state: StateCache, changes: dict[str, bytes]) -> None:
    """Apply changes to the state in one commit."""
    with store.writing():
        _, pages = trie.update(state, changes)
        store.put_changes(changes, pages)
    state.take(changes, pages)


def key_of(number: int) -> str:
    """Return a state key; keys follow each other in no order."""
    return "bench/" + sha256(b"%d" % number).hexdigest()


def growth_section(grown: list[Grown]) -> str:
    """Return this part of the page: the table, and a verdict on pages and on time."""
    return f"""**Cost of a write as the state grows.** A write alone changes the pages on its path, one more
for every sixteenfold of keys. In a block, writes share the pages near the root, the less the larger the
state; the last column is blocks of {BLOCK:,} writes to keys in random order, trie and SQLite, committed.

{table(HEADINGS, [one.row for one in grown])}

{_pages_verdict(grown[0], grown[-1])}
{_time_verdict(grown[0], grown[-1])}"""


def _pages_verdict(least: Grown, most: Grown) -> str:
    more, foretold = most.pages - least.pages, math.log(most.keys / least.keys, FANOUT)
    met = "met" if abs(more - foretold) <= TOLERANCE_PAGES else "not met"
    return f"""- **Pages grow with log₁₆: {met}.** From {least.keys:,} to {most.keys:,} keys a write alone
  changes {more:.2f} pages more; log₁₆ foretells {foretold:.2f} ({TOLERANCE_PAGES} off is let pass)."""


def _time_verdict(least: Grown, most: Grown) -> str:
    times = statistics.median(most.block_us) / statistics.median(least.block_us)
    pages = most.pages / least.pages
    met, pace = ("met", "no faster") if times <= pages else ("not met", "faster")
    return f"""- **Time grows with log₁₆ too: {met}.** A write in a durable block takes {times:.1f} times
  as long. The pages of a write alone are {pages:.1f} times as many: in this range time grows {pace} than
  the logarithm. The writes of a block share most of their pages in a small state and few in a large one, and
  what the caches no longer hold is fetched again."""
