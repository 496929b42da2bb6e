"""Ordering by several nodes: CometBFT beside us, as a process of its own."""
