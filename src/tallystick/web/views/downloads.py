"""What is taken away as a file: templates, books, schedules, papers."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from tallystick.admission.books import FILE_COLUMNS
from tallystick.admission.tax_books import TAX_TABLES
from tallystick.bootstrap.parts import installation
from tallystick.errors import NotFound
from tallystick.records.models import Member
from tallystick.services import files, sight
from tallystick.services.access import Actor
from tallystick.services.books import SIDE_OF_ITEM
from tallystick.services.tax_books import TABLE_OF_ITEM
from tallystick.values import canonical
from tallystick.web.asking import for_members
from tallystick.web.cards.offer import offer_card
from tallystick.web.case import open_case

_EXAMPLE_NAME: Final = "Example Rubber Co., Ltd."
#: Two invoices as our template wants them: amounts in minor units, one valid and one void.
_EXAMPLES: Final = (
    ("10000001", "2026-01-05", "Example Buyer 01 Co., Ltd.", 1_000_000, 130_000, 1_130_000, "valid"),
    ("10000002", "2026-01-06", "Example Buyer 02 Co., Ltd.", 250_050, 32_507, 282_557, "void"),
)


@require_GET
@for_members
def book_template(request: HttpRequest, actor: Actor, item: str) -> HttpResponse:
    """Return the head of a book in our own form; of invoices with two example rows."""
    if item in TABLE_OF_ITEM:
        table = TABLE_OF_ITEM[item]
        return _csv(f"{table}.csv", list(TAX_TABLES[table].kinds), [], encoding="utf-8")
    if item not in SIDE_OF_ITEM:
        raise NotFound("unknown_item", "There is no such template.")
    enterprise = Member.objects.filter(users=actor.user_id).values_list("name", flat=True).first()
    rows = [(enterprise or _EXAMPLE_NAME, *example) for example in _EXAMPLES]
    return _csv(f"{SIDE_OF_ITEM[item]}.csv", FILE_COLUMNS, rows, encoding="utf-8")


@require_GET
@for_members
def book_file(request: HttpRequest, actor: Actor, reference: str, item: str) -> FileResponse:
    """Return an invoice book as it was handed in, to those who may see the papers."""
    book = open_case(actor, reference).books.get(item)
    if book is None:
        raise NotFound("unknown_item", "No such book was handed in.")
    content = files.require(installation(), book.sha256).open("rb")
    return FileResponse(
        content, as_attachment=True, filename=book.file_name, content_type="application/octet-stream"
    )


@require_GET
@for_members
def schedule(request: HttpRequest, actor: Actor, reference: str) -> HttpResponse:
    """Return the offer's schedule as a table for a spreadsheet."""
    card = offer_card(open_case(actor, reference))
    if card is None:
        raise NotFound("no_offer", "There is no offer yet.")
    heading = (_("No."), _("Due"), _("Principal"), _("Interest"), _("Payment"), _("Balance"))
    rows = [
        (
            row.number,
            row.due_on.isoformat(),
            row.principal.text,
            row.interest.text,
            row.payment.text,
            row.balance.text,
        )
        for row in card.instalments
    ]
    # Spreadsheets take UTF-8 for UTF-8 only behind its mark.
    return _csv(f"{reference}-schedule.csv", heading, rows, encoding="utf-8-sig")


@require_GET
@for_members
def step_paper(request: HttpRequest, actor: Actor, reference: str, step: str) -> HttpResponse:
    """Return the very bytes whose SHA-256 is the digest of a step, salt included."""
    case = open_case(actor, reference)
    anchor = case.anchors.get(step)
    if anchor is None or not sight.sees_anchored_paper(case.side, step):
        raise NotFound("no_paper", "There is no such paper.")
    return attachment(f"{reference}-{step}-paper.json", canonical.encode(anchor.document), "application/json")


def _csv(
    name: str, heading: Sequence[str], rows: Iterable[Sequence[object]], *, encoding: str
) -> HttpResponse:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(heading)
    writer.writerows(rows)
    return attachment(name, text.getvalue().encode(encoding), "text/csv; charset=utf-8")


def attachment(name: str, content: bytes, content_type: str) -> HttpResponse:
    """Return a file to be saved under ``name``."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
