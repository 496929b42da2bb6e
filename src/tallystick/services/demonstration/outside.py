"""The same journey on outside books: one enterprise of a folder, read through a mapping file."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from tallystick.admission.mapping import parse_mapping
from tallystick.analytics.books import load, resolve
from tallystick.analytics.mappings import find_mapping
from tallystick.errors import NotFound
from tallystick.records.models import Member
from tallystick.services.demonstration.journey import Request

#: No credit code is published with such books; the applicant of the demonstration lends its own.
STANDS_IN: Final = "rubber"


@dataclass(frozen=True)
class OutsideBooks:
    """The books of one enterprise, read and found fit before anything of the demonstration is set up.

    Attributes:
        enterprise: whose rows they are.
        books: ``sales`` and ``purchases`` -> (file name, content).
        as_of: day of judgement; ``None`` for today.
    """

    enterprise: str
    books: Mapping[str, tuple[str, bytes]]
    as_of: date | None

    def request(self, members: Mapping[str, Member]) -> Request:
        """Return what the demonstration's first supplier asks for with these books."""
        return Request(
            applicant=members[STANDS_IN],
            lender=members["harbour"],
            amount="1000000.00",
            term_months="12",
            books=self.books,
            enterprise=self.enterprise,
            as_of=self.as_of,
        )


def read_books(folder: Path, mapping: str, enterprise: str = "", as_of: date | None = None) -> OutsideBooks:
    """Return the books of one enterprise.

    Args:
        folder: where the files that the mapping names lie.
        mapping: name of a mapping that comes with Tallystick, or the path of one.
        enterprise: whose books; empty: the first of them.
        as_of: day of judgement; ``None``: the day of the last invoice.

    Raises:
        NotFound: ``no_such_folder``, ``unknown_mapping``, ``no_such_file``, ``unknown_enterprise``.
        Malformed, TooLarge: what reading the books found (``tallystick.analytics.books.load``).
    """
    if not folder.is_dir():
        raise NotFound("no_such_folder", f"There is no folder {folder.name!r} with books.")
    read_by = parse_mapping(find_mapping(mapping))
    with (
        load(resolve(folder, read_by), read_by) as books,
        tempfile.TemporaryDirectory(prefix="tallystick-outside-") as kept,
    ):
        chosen = enterprise or books.enterprises()[0]
        extracted = books.extract(chosen, Path(kept))
        return OutsideBooks(
            enterprise=chosen,
            books={side: (path.name, path.read_bytes()) for side, path in extracted.items()},
            as_of=as_of or books.last_issued_on(chosen),
        )
