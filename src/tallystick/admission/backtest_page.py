"""A back-test as one HTML page of its own, pictures included, that can be kept and sent."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from tallystick.admission.backtest import Backtest
from tallystick.admission.bands import Rate
from tallystick.admission.pictures import pictures

_STYLE: Final = (
    "body{font:15px/1.5 sans-serif;max-width:920px;margin:2rem auto;color:#1f2933}"
    "table{border-collapse:collapse;margin:1rem 0}"
    "td,th{padding:.2rem .8rem;border-bottom:1px solid #cbd2d9}"
    "td{text-align:right}td:first-child,th{text-align:left}"
    ".pictures{display:grid;grid-template-columns:1fr 1fr}"
)


def page(title: str, caption: str, test: Backtest, notes: Sequence[str] = ()) -> str:
    """Return the page: the figures, the pictures, the tables, and ``notes`` on how to read them."""
    drawn = "".join(f"<div>{svg}</div>" for svg in pictures(test).values())
    bands = [(f"{band.least:g} to {band.most:g}", *_cells(band.rate)) for band in test.bands]
    said = [(name, *_cells(rate)) for name, rate in test.by_outcome.items()]
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1><p>{escape(caption)}</p>"
        f"{_table({'Joined': test.joined, 'Scored': len(test.points), 'Defaults': sum(test.bad)})}"
        f'<div class="pictures">{drawn}</div>'
        f"<h2>Bands of points</h2>{_rows('Points', bands)}"
        f"<h2>What the policy says</h2>{_rows('Outcome', said)}"
        f"{''.join(f'<p>{escape(note)}</p>' for note in notes)}</body></html>"
    )


def _table(figures: Mapping[str, int]) -> str:
    cells = "".join(f"<tr><td>{escape(name)}</td><td>{value}</td></tr>" for name, value in figures.items())
    return f"<table>{cells}</table>"


def _rows(first: str, rows: Sequence[Sequence[str]]) -> str:
    head = "".join(
        f"<th>{name}</th>" for name in (first, "Enterprises", "Defaults", "Share", "95 % interval")
    )
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _cells(rate: Rate) -> tuple[str, ...]:
    if rate.value is None or rate.interval is None:
        return str(rate.count), str(rate.bad), "", ""
    low, high = rate.interval
    return str(rate.count), str(rate.bad), f"{rate.value:.1%}", f"{low:.1%} to {high:.1%}"
