"""Cleaned books: kept with the application at its assessment, and read again whenever they are asked for."""

import hashlib
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tallystick.admission.cleaning import Change, Row
from tallystick.analytics.cleaning import Cleaned, read_cleaned, read_log
from tallystick.errors import Corruption, NotFound
from tallystick.records.models import Application, CleanedBooks
from tallystick.services.access import Actor
from tallystick.services.books import OpenBooks
from tallystick.services.installation import Installation


@dataclass(frozen=True)
class KeptBooks:
    """What was kept: the rows that were judged, each with its number in its file; the log; the report."""

    enterprise: str
    as_of: date
    rows: list[tuple[int, Row]]
    log: list[Change]
    report: list[dict[str, object]]


def cleaned(application: Application, opened: OpenBooks, as_of: date) -> Cleaned:
    """Return the application's open books, cleaned by the default rules.

    The enterprise began on the day that the form says (``founded_on``), if it says one.

    Raises:
        TooLarge: ``cleaned_books_too_large``, ``books_too_large``.
    """
    return opened.books.clean(opened.enterprise, as_of, _founded_on(application))


def _founded_on(application: Application) -> date | None:
    try:
        return date.fromisoformat(str(application.items.get("founded_on", "")))
    except ValueError:
        return None


def keep(
    installation: Installation, application: Application, enterprise: str, as_of: date, books: Cleaned
) -> None:
    """Keep the cleaned books of an application, in place of earlier ones."""
    CleanedBooks.objects.update_or_create(
        application=application,
        defaults={
            "enterprise": enterprise,
            "as_of": as_of,
            "sources": {book.item: book.sha256 for book in application.books.all()},
            "rows": books.rows,
            "rows_sha256": hashlib.sha256(books.rows).hexdigest(),
            "log": books.log,
            "log_sha256": hashlib.sha256(books.log).hexdigest(),
            "report": books.report,
            "made_at": installation.clock.now(),
        },
    )


def read(actor: Actor, reference: str) -> KeptBooks:
    """Return the cleaned books of an application that was sent to the actor's member.

    Raises:
        NotFound: ``no_cleaned_books``; the same whether there are none or they belong to others.
        Corruption: ``cleaned_books_changed``.
    """
    seen = CleanedBooks.objects.visible_to(actor.member_id)
    kept = seen.filter(application__reference=reference).first()
    if kept is None:
        raise NotFound("no_cleaned_books", "There are no cleaned books of such an application.")
    rows, log = bytes(kept.rows), bytes(kept.log)
    digests = [hashlib.sha256(data).hexdigest() for data in (rows, log)]
    if digests != [kept.rows_sha256, kept.log_sha256]:
        raise Corruption("cleaned_books_changed", "The kept books have changed since.", reference=reference)
    with tempfile.TemporaryDirectory(prefix="tallystick-books-") as place:
        folder = Path(place)
        return KeptBooks(
            kept.enterprise, kept.as_of, read_cleaned(rows, folder), read_log(log, folder), kept.report
        )
