"""Applications: begin one, fill it in, hand in its books, and read what the asker may see."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Field, File, Form, Path, Query, Router, Status, UploadedFile

from tallystick.api import presenting
from tallystick.api.auth import actor
from tallystick.api.paging import PageOf, page
from tallystick.api.schemas.applications import (
    ApplicationDetail,
    ApplicationPage,
    Begin,
    Book,
    BookForm,
    Fill,
    ItemProblem,
    ItemsRead,
    PaperCheck,
    PaperForm,
    Suggested,
    Suggestions,
)
from tallystick.api.schemas.common import Reference
from tallystick.bootstrap.parts import installation
from tallystick.capture import reading
from tallystick.errors import Malformed, TooLarge
from tallystick.evidence.papers import Kind
from tallystick.lending.application import Stage
from tallystick.records.models import Application
from tallystick.services import applications, files, suggesting

router = Router()


class Asked(PageOf):
    """Which applications, and which page of them."""

    stage: Annotated[Stage | None, Field(description="Only those at this stage.")] = None


@router.post("", response={201: ApplicationDetail}, summary="Begin", operation_id="begin_application")
def begin(request: HttpRequest, sent: Begin) -> Status[ApplicationDetail]:
    """Begin an application for a programme, or ask a lender to name one."""
    if sent.programme_id is not None and sent.lender_id is not None:
        raise Malformed("programme_or_lender", "Name a programme or a lender, not both.")
    asker = actor(request)
    made = applications.begin(installation(), asker, programme_id=sent.programme_id, lender_id=sent.lender_id)
    return Status(201, presenting.detail(asker, applications.find(asker, made.reference)))


@router.get("", response=ApplicationPage, summary="Applications", operation_id="list_applications")
def list_applications(request: HttpRequest, asked: Query[Asked]) -> ApplicationPage:
    """Return what the asker's member has applied for, and what was sent to it as lender."""
    rows = Application.objects.visible_to(actor(request).member_id)
    if asked.stage is not None:
        rows = rows.filter(stage=asked.stage)
    rows = rows.select_related("lender", "applicant", "programme")
    found, following = page(rows, asked, descending=True)
    return ApplicationPage(items=[presenting.summary(row) for row in found], next=following)


@router.get(
    "/{reference}", response=ApplicationDetail, summary="An application", operation_id="read_application"
)
def read_application(request: HttpRequest, reference: Path[Reference]) -> ApplicationDetail:
    """Return everything that the asker's side may see of one application."""
    asker = actor(request)
    return presenting.detail(asker, applications.find(asker, reference))


@router.patch("/{reference}/items", response=ItemsRead, summary="Fill in", operation_id="fill_items")
def fill(request: HttpRequest, reference: Path[Reference], sent: Fill) -> ItemsRead:
    """Save items as typed, and say how all of them read so far."""
    read = applications.fill(installation(), actor(request), reference, sent.items)
    return ItemsRead(
        values=read.document(),
        problems=[
            ItemProblem(item=each.item, code=each.code, detail=each.sentence) for each in read.problems
        ],
    )


@router.post(
    "/{reference}/suggestions",
    response=Suggestions,
    summary="Read a paper for the form",
    operation_id="suggest_items",
)
def suggest_items(
    request: HttpRequest, reference: Path[Reference], form: Form[PaperForm], file: File[UploadedFile]
) -> Suggestions:
    """Say what a licence or a card can fill in; nothing is kept: ``fill_items`` saves what is right."""
    limit = reading.MAX_FILE_BYTES
    if (file.size or 0) > limit:
        raise TooLarge("file_too_large", f"The file is larger than {limit} bytes.", limit_bytes=limit)
    found = suggesting.suggest(actor(request), reference, Kind(form.kind), [file.read()])
    return Suggestions(
        items=[
            Suggested(
                item=item,
                value=each.value,
                source=each.source,
                status=each.status,
                score=each.score,
                checks=[PaperCheck(name=check.name, ok=check.ok) for check in each.checks],
            )
            for item, each in found.items()
        ]
    )


@router.post(
    "/{reference}/books", response={201: Book}, summary="Hand in a book", operation_id="hand_in_book"
)
def hand_in_book(
    request: HttpRequest, reference: Path[Reference], form: Form[BookForm], file: File[UploadedFile]
) -> Status[Book]:
    """Keep an invoice book that can be read; an earlier one for the same item is replaced."""
    limit = files.MAX_FILE_BYTES
    if (file.size or 0) > limit:
        raise TooLarge("file_too_large", f"The file is larger than {limit} bytes.", limit_bytes=limit)
    kept = applications.hand_in_book(
        installation(),
        actor(request),
        reference,
        item=form.item,
        file_name=file.name or "",
        content=file.read(),
        mapping=form.mapping,
        enterprise=form.enterprise,
    )
    return Status(201, Book.from_orm(kept))
