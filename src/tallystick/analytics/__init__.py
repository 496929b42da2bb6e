"""Analytics: outside files read safely, and the expressions of the pure rooms executed on DuckDB.

The only room that imports duckdb. ``books`` is the door; ``sources`` finds and stages files, ``reading``
takes them in as text, ``casting`` turns text into the canonical table, strictly; ``patience`` bounds how
long a load waits and works.
"""
