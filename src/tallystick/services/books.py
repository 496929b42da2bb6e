"""Invoice books of an application: checked when handed in, opened again whenever they are judged."""

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import Final

from tallystick.admission.mapping import parse_mapping
from tallystick.analytics.books import UPLOAD_LIMITS, Books, load
from tallystick.analytics.mappings import find_mapping
from tallystick.errors import Conflict, NotFound
from tallystick.records.models import Application
from tallystick.services import files
from tallystick.services.installation import Installation

#: The programme's items of kind ``books``, and which side of the books each one is.
SIDE_OF_ITEM: Final[Mapping[str, str]] = MappingProxyType(
    {"sales_book": "sales", "purchase_book": "purchases"}
)
MAX_NAME_BYTES: Final = 200
MAX_ENDING: Final = 16
"""Characters of the ending of a file name, its point included; what is longer is no ending."""


@dataclass(frozen=True)
class OpenBooks:
    """An application's books, open, and whose rows in them are meant."""

    books: Books
    enterprise: str


def safe_name(file_name: str) -> str:
    """Return the last part of a name that a browser sent, without what a file system could misread."""
    name = re.sub(r"[^\w.()+ -]", "_", PurePath(file_name.replace("\\", "/")).name).strip(". ")
    ending = PurePath(name).suffix
    if len(ending) > MAX_ENDING:
        ending = ""
    stem = name.removesuffix(ending).encode()[: MAX_NAME_BYTES - len(ending.encode())]
    return stem.decode(errors="ignore") + ending or "book"


def check(item: str, path: Path, mapping: str, enterprise: str) -> None:
    """Read one side of the books strictly, look for the enterprise, and let go of it again.

    Args:
        item: which side it is, a key of ``SIDE_OF_ITEM``.
        path: where the file lies, under the name that its sender gave it.
        mapping: name of the mapping that reads it.
        enterprise: whose rows are meant; may be empty where there is only one.

    Raises:
        Malformed, TooLarge, Unavailable: as ``tallystick.analytics.books.load``.
        Conflict: ``enterprise_not_named``; NotFound: ``unknown_enterprise``.
    """
    with load({SIDE_OF_ITEM[item]: path}, parse_mapping(find_mapping(mapping)), UPLOAD_LIMITS) as books:
        _enterprise(books, enterprise)


def all_handed_in(application: Application) -> bool:
    """Return whether both sides of the books are there."""
    return {book.item for book in application.books.all()} >= SIDE_OF_ITEM.keys()


@contextlib.contextmanager
def opened(installation: Installation, application: Application) -> Iterator[OpenBooks]:
    """Open both sides of an application's books.

    Raises:
        Malformed, TooLarge, Unavailable: as ``tallystick.analytics.books.load``.
        Conflict: ``books_missing`` when a side was not handed in; ``mixed_mappings`` when the two sides
            were exported in different forms; ``enterprise_not_named`` when the books hold several.
        NotFound: ``unknown_enterprise`` when the named one is not in them.
    """
    rows = {SIDE_OF_ITEM[book.item]: book for book in application.books.all() if book.item in SIDE_OF_ITEM}
    if set(rows) != set(SIDE_OF_ITEM.values()):
        raise Conflict("books_missing", "The sales book or the purchase book is missing.")
    mappings = {book.mapping for book in rows.values()}
    if len(mappings) > 1:
        raise Conflict("mixed_mappings", "Both books must come in the same form.")
    lent = {side: (book.sha256, book.file_name) for side, book in rows.items()}
    with (
        files.named(installation, lent) as paths,
        load(paths, parse_mapping(find_mapping(mappings.pop())), UPLOAD_LIMITS) as books,
    ):
        yield OpenBooks(books, _enterprise(books, rows["sales"].enterprise))


def _enterprise(books: Books, named: str) -> str:
    present = books.enterprises()
    if not named and len(present) == 1:
        return present[0]
    if not named:
        raise Conflict(
            "enterprise_not_named", f"The books hold {len(present)} enterprises; name the one that applies."
        )
    if named not in present:
        raise NotFound("unknown_enterprise", f"The books hold no enterprise {named!r:.80}.")
    return named
