"""The smart contracts: deterministic rules that every node runs on every transaction, and agrees on."""
