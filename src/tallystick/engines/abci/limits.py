"""How much one node takes at once, and how long it keeps what: a limit on everything."""

from dataclasses import dataclass
from typing import Final

#: Agreed by all nodes of a chain: what a proposal may hold. A block that holds more is voted down. It must be
#: executed by the proposer and then by the others before they give up waiting for it.
MAX_BLOCK_TRANSACTIONS: Final = 1000
MAX_BLOCK_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Limits of one node; other nodes may have others.

    Attributes:
        remembered: transactions that were read and verified, kept until their block comes.
        cached_values: state values kept in memory.
        cached_pages: trie pages kept in memory, about 0.6 KB each.
        retained_blocks: blocks that CometBFT keeps at least; 0 keeps all.
        snapshot_interval: blocks from one snapshot to the next; 0 makes none.
        kept_snapshots: snapshots that are kept, the newest.
    """

    remembered: int = 20_000
    cached_values: int = 50_000
    cached_pages: int = 100_000
    retained_blocks: int = 0
    snapshot_interval: int = 1000
    kept_snapshots: int = 2


DEFAULT_LIMITS: Final = Limits()
