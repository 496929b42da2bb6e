"""The ledger itself, without disk or clock: transactions, blocks, state with a root, proofs, execution."""
