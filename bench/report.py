"""What every benchmark shares: tables for its section of the page, and where a run may be pinned."""

import os
import statistics
import sys
from collections.abc import Iterable, Sequence


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; all columns but the first are flush right."""
    rule = ["---", *["---:"] * (len(headings) - 1)]
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in (headings, rule, *rows))


def per_second(rate: float) -> str:
    """Return a rate as people read it."""
    return f"{rate:,.0f}"


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Return the median, with the least and the most behind it."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def note(text: str) -> None:
    """Tell whoever waits what is being measured."""
    print(text, file=sys.stderr, flush=True)


def cores() -> list[int]:
    """Return the cores this process may use."""
    return sorted(os.sched_getaffinity(0))
