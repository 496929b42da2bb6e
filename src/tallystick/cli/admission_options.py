"""What the commands of ``tallystick admission`` share: their options, and reading what those name."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Final

import click

from tallystick.admission.mapping import nearest, parse_mapping
from tallystick.admission.tax_mapping import parse_tax_mapping
from tallystick.analytics.books import Books, load, resolve
from tallystick.analytics.mappings import TAX, find_mapping
from tallystick.analytics.portfolio import DUCKDB, SPARK
from tallystick.analytics.tax_books import TaxBooks, load_tax, resolve_tax
from tallystick.cli.output import json_wanted
from tallystick.errors import Malformed, NotFound, TooLarge
from tallystick.policy.document import MAX_DOCUMENT_BYTES
from tallystick.policy.graph import parse_policy
from tallystick.policy.table import Table
from tallystick.services import catalogue

DEFAULT_POLICY: Final = "invoice-admission"
DEFAULT_MONTHS: Final = 12
DEFAULT_TAX_MAPPING: Final = "tallystick"

books_option = click.option(
    "--books",
    "folder",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder of the books.",
)
mapping_option = click.option(
    "--mapping",
    required=True,
    metavar="FILE",
    help="Mapping that reads them: a file, or the name of one of ours.",
)
months_option = click.option(
    "--months",
    type=int,
    default=DEFAULT_MONTHS,
    show_default=True,
    metavar="N",
    help="Whole months before the month of the as-of date.",
)
tax_option = click.option(
    "--tax",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder of the tax books: registrations, changes, declarations, statements, violations.",
)
tax_mapping_option = click.option(
    "--tax-mapping",
    default=DEFAULT_TAX_MAPPING,
    show_default=True,
    metavar="FILE",
    help="Mapping that reads the tax books: a file, or the name of one of ours.",
)
engine_option = click.option(
    "--engine",
    type=click.Choice((DUCKDB, SPARK)),
    default=DUCKDB,
    show_default=True,
    help="What works out the indicators of the invoices.",
)
policy_option = click.option(
    "--policy",
    "policy_name",
    default=DEFAULT_POLICY,
    show_default=True,
    metavar="FILE",
    help="Policy table: a file, or the name of one of ours.",
)
outcomes_option = click.option(
    "--outcomes",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="What became of each enterprise: columns enterprise, default (yes or no), amount, date.",
)
column_options = (
    click.option("--enterprise-column", metavar="NAME", help="The outcomes' name for the enterprise."),
    click.option("--default-column", metavar="NAME", help="The outcomes' name for the default."),
)
day_option = click.option(
    "--as-of", metavar="DATE", help="Day of the judgement; default: of the last invoice."
)


def opened(folder: Path, mapping: str) -> Books:
    """Return the books of a folder, loaded; a context manager.

    Raises:
        NotFound: ``no_such_folder``, ``unknown_mapping``, ``no_such_file``.
        Malformed, TooLarge: what is wrong with the mapping or the books.
    """
    if not folder.is_dir():
        raise NotFound("no_such_folder", f"There is no folder {folder.name!r} with books.")
    read = parse_mapping(find_mapping(mapping))
    sources = resolve(folder, read)
    tell("Reading the books ...")
    return load(sources, read)


@contextmanager
def opened_tax(folder: Path | None, mapping: str) -> Iterator[TaxBooks | None]:
    """Hold the tax books of a folder, loaded; None where no folder is given.

    Raises:
        NotFound, Malformed, TooLarge: as ``opened``.
    """
    if folder is None:
        yield None
        return
    if not folder.is_dir():
        raise NotFound("no_such_folder", f"There is no folder {folder.name!r} with tax books.")
    read = parse_tax_mapping(find_mapping(mapping, TAX))
    sources = resolve_tax(folder, read)
    tell("Reading the tax books ...")
    with load_tax(sources, read) as books:
        yield books


def read_day(text: str) -> date:
    """Return the day written as ``YYYY-MM-DD``.

    Raises:
        Malformed: ``bad_date``.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Malformed("bad_date", f"{text!r:.40} is not a date such as 2026-01-15.") from error


def read_table(name_or_file: str) -> Table:
    """Return a policy table: one of ours by its name, otherwise a file.

    Raises:
        NotFound: ``unknown_policy``, with the nearest name.
        Malformed: ``policy_is_a_graph``; what is wrong with the document.
        TooLarge: ``policy_too_large``.
    """
    if name_or_file in catalogue.POLICIES:
        data = catalogue.policy_document(name_or_file)
    else:
        data = read_file(name_or_file, MAX_DOCUMENT_BYTES)
    policy = parse_policy(data)
    if not isinstance(policy, Table):
        raise Malformed("policy_is_a_graph", "Admission is judged by a table, and this policy is a graph.")
    return policy


def read_file(name: str, limit: int) -> bytes:
    """Return what is in a file of ``limit`` bytes at most.

    Raises:
        NotFound: ``unknown_policy``, with the nearest name of ours.
        TooLarge: ``policy_too_large``.
    """
    try:
        with Path(name).open("rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        hint = nearest(name, catalogue.POLICIES)
        raise NotFound(
            "unknown_policy",
            f"There is no policy {name!r:.80}, by name or as a file"
            + (f"; did you mean {hint!r}?" if hint else "."),
            nearest=hint,
        ) from error
    if len(data) > limit:
        raise TooLarge("policy_too_large", f"A policy document may have {limit} bytes at most.")
    return data


def tell(text: str) -> None:
    """Tell a person who waits what is being done; programs are not told."""
    if not json_wanted():
        click.echo(text, err=True)


def asked_columns(enterprise: str | None, default: str | None) -> dict[str, str]:
    """Return the file's names for our columns, of those that were given."""
    given = {"enterprise": enterprise, "default": default}
    return {name: column for name, column in given.items() if column is not None}
