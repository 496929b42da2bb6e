"""How much the embedded engine takes at once: a limit on everything."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of one engine.

    Attributes:
        block_period_ms: a block is made this long after its first transaction came, or when it is full.
        block_transactions: most transactions in a block.
        block_bytes: most bytes of transactions in a block.
        pending_transactions: most transactions that wait.
        pending_bytes: most bytes that wait.
        cached_values: state values kept in memory.
        cached_pages: trie pages kept in memory, about 0.6 KB each.
        verifiers: processes that check signatures; 0 checks them in the caller's thread.
    """

    block_period_ms: int = 50
    block_transactions: int = 1000
    block_bytes: int = 4 * 1024 * 1024
    pending_transactions: int = 10_000
    pending_bytes: int = 64 * 1024 * 1024
    cached_values: int = 50_000
    cached_pages: int = 100_000
    verifiers: int = 0
