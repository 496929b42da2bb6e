"""The ledger file: blocks, results, state and trie pages of one ledger in SQLite, whoever writes it."""
