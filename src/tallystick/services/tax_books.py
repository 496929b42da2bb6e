"""Tax books of an application: one file for each table, checked when handed in, opened when it is judged."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from tallystick.admission.tax_mapping import parse_tax_mapping
from tallystick.analytics.books import UPLOAD_LIMITS
from tallystick.analytics.mappings import TAX, find_mapping
from tallystick.analytics.tax_books import TaxBooks, load_tax
from tallystick.errors import Conflict, Malformed, NotFound
from tallystick.records.models import Application
from tallystick.services import files
from tallystick.services.installation import Installation

#: The programme's items of kind ``books`` that are tax books, and which table each one is.
TABLE_OF_ITEM: Final[Mapping[str, str]] = MappingProxyType(
    {
        "registration_book": "registrations",
        "changes_book": "changes",
        "declarations_book": "declarations",
        "statements_book": "statements",
        "violations_book": "violations",
    }
)


def check(item: str, path: Path, mapping: str, enterprise: str) -> None:
    """Read one table strictly, look for the enterprise if it is named, and let go of it again.

    A table without a row is taken: it says that there are none.

    Raises:
        Malformed, TooLarge, Unavailable: as ``tallystick.analytics.tax_books.load_tax``; ``table_not_mapped``
            when the mapping does not bring that table.
        NotFound: ``unknown_enterprise``.
    """
    table, read = TABLE_OF_ITEM[item], parse_tax_mapping(find_mapping(mapping, TAX))
    if table not in read.files:
        raise Malformed("table_not_mapped", f"The form {mapping} has no table {table}.", table=table)
    with load_tax({table: path}, read, UPLOAD_LIMITS, may_be_empty=True) as books:
        if enterprise:
            books.require(enterprise)


@contextlib.contextmanager
def opened(
    installation: Installation, application: Application, enterprise: str
) -> Iterator[tuple[TaxBooks, str] | None]:
    """Open the tax books of an application; None where none were handed in.

    Args:
        installation: where they lie.
        application: whose.
        enterprise: its name in the invoice books, by which it is looked for where no other was given.

    Yields:
        the books, and the enterprise's name in them.

    Raises:
        Malformed, TooLarge, Unavailable: as ``tallystick.analytics.tax_books.load_tax``.
        Conflict: ``mixed_mappings``, ``enterprise_not_named``.
        NotFound: ``unknown_enterprise`` when the books have rows, and none of the enterprise.
    """
    rows = {TABLE_OF_ITEM[book.item]: book for book in application.books.all() if book.item in TABLE_OF_ITEM}
    if not rows:
        yield None
        return
    mappings = {book.mapping for book in rows.values()}
    if len(mappings) > 1:
        raise Conflict("mixed_mappings", "All tax books must come in the same form.")
    named = {book.enterprise for book in rows.values()} - {""}
    if len(named) > 1:
        raise Conflict("enterprise_not_named", "The tax books name several enterprises; name one.")
    whose = named.pop() if named else enterprise
    lent = {table: (book.sha256, book.file_name) for table, book in rows.items()}
    with (
        files.named(installation, lent) as paths,
        load_tax(
            paths, parse_tax_mapping(find_mapping(mappings.pop(), TAX)), UPLOAD_LIMITS, may_be_empty=True
        ) as books,
    ):
        for table in books.received:
            _require(books, table, whose)
        yield books, whose


def _require(books: TaxBooks, table: str, enterprise: str) -> None:
    """A table with rows of others alone is somebody else's, and no clean record of the enterprise."""
    present = books.enterprises(table)
    if present and enterprise not in present:
        raise NotFound(
            "unknown_enterprise",
            f"The table {table} of the tax books holds no row of {enterprise!r:.80}.",
            table=table,
        )
