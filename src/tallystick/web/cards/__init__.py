"""The cards of a page: each module turns documents and rows into the values that one card shows."""
