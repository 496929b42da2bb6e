"""Working papers: what members keep in the database, private to each, and the outbox to the ledger."""
