"""``tallystick admission sample``: made-up books of one enterprise, to try the other commands on."""

import csv
import io
from datetime import date
from pathlib import Path
from typing import Final

import click

from tallystick.cli.admission_options import read_day
from tallystick.cli.output import emit, json_option
from tallystick.errors import Malformed
from tallystick.services.sample_books import STRONG, sample_books
from tallystick.services.sample_tax_books import sample_tax_books

ENTERPRISE: Final = "Example Rubber Co., Ltd."
_BUYER: Final = "Example Tyre Group"
_SEED: Final = 7
_MONTHS: Final = 24


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--as-of", default="2026-01-15", show_default=True, metavar="DATE", help="Day they end on.")
@json_option
def sample(folder: Path, as_of: str) -> None:
    """Write made-up books of invoices into FOLDER, and tax books of the same enterprise into FOLDER/tax."""
    day, tax = read_day(as_of), folder / "tax"
    books = sample_books(STRONG, ENTERPRISE, _BUYER, day, _SEED, _MONTHS)
    taxed = sample_tax_books(ENTERPRISE, day, _SEED, _monthly(books["sales"], day), months=_MONTHS)
    files = {folder / f"{name}.csv": data for name, data in books.items()}
    files |= {tax / f"{name}.csv": data for name, data in taxed.items()}
    try:
        tax.mkdir(parents=True, exist_ok=True)
        for path, data in files.items():
            path.write_bytes(data)
    except OSError as error:
        raise Malformed("cannot_write", f"The folder {folder.name!r:.80} cannot be written.") from error
    document = {"enterprise": ENTERPRISE, "as_of": day.isoformat(), "books": str(folder), "tax": str(tax)}
    emit(document, f"Books of {ENTERPRISE} are in {folder}, tax books in {tax}.")


def _monthly(sales: bytes, day: date) -> int:
    """Net sales of a month on the average, in minor units, of the valid invoices before the day's month."""
    rows = csv.DictReader(io.StringIO(sales.decode()))
    first = day.replace(day=1).isoformat()
    valid = [
        int(row["net_minor"]) for row in rows if row["status"].strip() == "valid" and row["issued_on"] < first
    ]
    return sum(valid) // _MONTHS
