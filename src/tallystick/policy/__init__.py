"""Typed decision tables: read, decided exactly, explained rule by rule, versioned by content."""
