"""Use cases: load, decide, state (sign what must be agreed), save (papers and outbox in one commit)."""
