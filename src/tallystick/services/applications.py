"""Taking an application in: begin, fill in, hand in books, submit, withdraw (mission rows O1–O3)."""

import secrets
from collections.abc import Mapping
from functools import partial
from typing import Final

from django.db import transaction

from tallystick.analytics.mappings import INVOICES, TAX, mapping_names
from tallystick.errors import Conflict, Forbidden, Malformed, NotFound
from tallystick.lending.application import Move, Stage
from tallystick.lending.completeness import Completeness, check_completeness
from tallystick.lending.items import Items, read_items
from tallystick.records.models import Application, Book, Member
from tallystick.records.models import Programme as ProgrammeRow
from tallystick.services import anchoring, books, files, outbox, tax_books
from tallystick.services.access import Actor
from tallystick.services.casework import (
    close_case,
    find,
    find_as_applicant,
    find_as_lender,
    keep_finding,
    locked,
    move,
    note,
)
from tallystick.services.installation import Installation
from tallystick.services.numbers import next_reference
from tallystick.services.programmes import current, find_active, rulebook

#: Longer than any item that reads; shorter than anything that would fill a disk.
MAX_ITEM_TEXT: Final = 500
#: Stages in which the applicant can change what it has filled in.
EDITABLE: Final = frozenset({Stage.DRAFT, Stage.INCOMPLETE})
MAX_DRAFTS: Final = 20

__all__ = ["assign_programme", "begin", "fill", "find", "hand_in_book", "submit", "withdraw"]


def begin(
    installation: Installation, actor: Actor, *, programme_id: int | None = None, lender_id: int | None = None
) -> Application:
    """Begin an application for a programme; with a lender only, a business manager assigns one (O1).

    Raises:
        Forbidden: ``not_permitted``.
        NotFound: ``unknown_programme``, ``unknown_lender``.
        Malformed: ``no_lender`` when neither is given.
        Conflict: ``own_lender``; ``too_many_drafts``.
        Malformed, Conflict: when a policy that is in force does not fit the programme.
    """
    applicant_id = actor.require("apply")
    programme = current(installation, find_active(programme_id)) if programme_id is not None else None
    lender = programme.lender if programme else _lender(lender_id)
    if lender.pk == applicant_id:
        raise Conflict("own_lender", "A lender cannot apply to itself.")
    open_drafts = Application.objects.filter(applicant_id=applicant_id, stage__in=EDITABLE).count()
    if open_drafts >= MAX_DRAFTS:
        raise Conflict("too_many_drafts", f"Submit or withdraw one of your {open_drafts} drafts first.")
    now = installation.clock.now()
    reference = next_reference("LA", now.year)
    with transaction.atomic():
        application = Application.objects.create(
            reference=reference,
            lender=lender,
            applicant_id=applicant_id,
            programme=programme,
            stage=Stage.DRAFT,
            salt=secrets.token_hex(32),
            created_by_id=actor.user_id,
            created_at=now,
        )
        note(installation, application, "begin", actor)
        if programme is None:
            move(installation, application, Move.REQUEST_PROGRAMME, actor)
    return application


def assign_programme(
    installation: Installation, actor: Actor, reference: str, programme_id: int
) -> Application:
    """Let a business manager give an application that names no programme one of the lender's own.

    Raises:
        Forbidden: ``not_permitted``.
        NotFound: ``unknown_application``, ``unknown_programme``.
        Conflict: ``illegal_move``.
    """
    actor.require("assign_programme")
    application, programme = find_as_lender(actor, reference), find_active(programme_id)
    if programme.lender_id != application.lender_id:
        raise NotFound("unknown_programme", "There is no such loan programme, or it is no longer offered.")
    with transaction.atomic():
        application = locked(application)
        application.programme = current(installation, programme)
        move(installation, application, Move.ASSIGN_PROGRAMME, actor)
    return application


def fill(installation: Installation, actor: Actor, reference: str, raw: Mapping[str, str]) -> Items:
    """Save what the applicant has filled in so far and return how it reads; problems are kept as typed.

    Raises:
        NotFound: ``unknown_application``.
        Conflict: ``not_editable`` once it is submitted.
        Malformed: ``unknown_item`` for an item that the programme does not ask for.
    """
    actor.require("apply")
    with transaction.atomic():
        application = _editable(actor, reference)
        programme = rulebook(_programme(application)).programme
        given = {name: str(value).strip() for name, value in raw.items()}
        known = {item.name for item in programme.items if item.kind != "books"}
        unknown = sorted(given.keys() - known)
        if unknown:
            raise Malformed(
                "unknown_item", f"The programme asks for no item {unknown[0]!r}.", item=unknown[0]
            )
        _require_storable(given)
        items = read_items(programme, {**application.items, **given})
        application.items = {**application.items, **given}
        application.save(update_fields=["items"])
    return items


def hand_in_book(
    installation: Installation,
    actor: Actor,
    reference: str,
    *,
    item: str,
    file_name: str,
    content: bytes,
    mapping: str = "tallystick",
    enterprise: str = "",
) -> Book:
    """Keep an invoice or tax book for one of the programme's ``books`` items, replacing an earlier one.

    A file that is refused is not kept, nor is one that is replaced.

    Raises:
        NotFound: ``unknown_application``, ``unknown_mapping``.
        Conflict: ``not_editable``.
        Malformed: ``unknown_item``, ``empty_file``, or what reading the books found wrong with it.
        TooLarge: ``file_too_large``.
    """
    actor.require("apply")
    with transaction.atomic():
        application = _editable(actor, reference)
    asked = {part.name for part in rulebook(_programme(application)).programme.items if part.kind == "books"}
    is_tax = item in tax_books.TABLE_OF_ITEM
    if item not in asked or not (is_tax or item in books.SIDE_OF_ITEM):
        raise Malformed("unknown_item", f"The programme asks for no book {item!r}.", item=item)
    if mapping not in mapping_names(TAX if is_tax else INVOICES):
        raise NotFound("unknown_mapping", f"There is no mapping {mapping!r}.")
    name = books.safe_name(file_name)
    with files.staged(content, name) as path:
        (tax_books if is_tax else books).check(item, path, mapping, enterprise)
    with transaction.atomic():
        application = _editable(actor, reference)
        replaced = application.books.filter(item=item).values_list("sha256", flat=True).first()
        sha256 = files.keep(installation, content)
        book, _ = Book.objects.update_or_create(
            application=application,
            item=item,
            defaults={
                "file_name": name,
                "sha256": sha256,
                "size_bytes": len(content),
                "mapping": mapping,
                "enterprise": enterprise,
                "uploaded_at": installation.clock.now(),
            },
        )
        application.items = {**application.items, item: sha256}
        application.save(update_fields=["items"])
        if replaced is not None:
            transaction.on_commit(partial(files.discard_unused, installation, replaced))
    return book


def submit(installation: Installation, actor: Actor, reference: str) -> Completeness:
    """Submit an application: refused for now with a list of what to add, or anchored and under way.

    Raises:
        NotFound: ``unknown_application``.
        Conflict: ``illegal_move``; ``mixed_mappings``, ``enterprise_not_named`` when the books cannot be
            judged together.
        Forbidden: ``not_permitted``, ``lender_not_in_standing``; ``another_enterprise`` when the form
            carries the credit code of another enterprise than the one that applies.
    """
    actor.require("apply")
    application = find_as_applicant(actor, reference)
    if books.all_handed_in(application):
        # What cannot be judged must come back now, while the applicant can still mend it.
        with (
            books.opened(installation, application) as its,
            tax_books.opened(installation, application, its.enterprise),
        ):
            pass
    with transaction.atomic():
        application = _editable(actor, reference)
        programme = rulebook(_programme(application)).programme
        items = read_items(programme, application.items)
        _require_own_name(application, items)
        found = check_completeness(programme, items)
        keep_finding(installation, application, "completeness", found.document())
        move(installation, application, Move.SUBMIT, actor)
        if not found.complete:
            move(installation, application, Move.RETURN_INCOMPLETE, None)
            return found
        anchoring.require_standing(installation, application)
        application.submitted_at = installation.clock.now()
        application.save(update_fields=["submitted_at"])
        document = {"items": items.document(), "programme": _programme(application).version}
        anchoring.anchor(installation, application, "application", document)
    outbox.relay(installation)
    return found


def withdraw(installation: Installation, actor: Actor, reference: str, reason: str = "") -> Application:
    """Let the applicant take the application back, until the offer is confirmed.

    Raises:
        NotFound: ``unknown_application``.
        Conflict: ``illegal_move``.
    """
    actor.require("apply")
    with transaction.atomic():
        application = locked(find_as_applicant(actor, reference))
        move(installation, application, Move.WITHDRAW, actor, reason)
        close_case(installation, application, "withdrawn")
    outbox.relay(installation)
    return application


def _editable(actor: Actor, reference: str) -> Application:
    application = locked(find_as_applicant(actor, reference))
    if application.stage not in EDITABLE:
        raise Conflict("not_editable", "The application was submitted and can no longer be changed.")
    return application


def _require_own_name(application: Application, items: Items) -> None:
    """Nobody borrows in another enterprise's name: the form's credit code is the member's own."""
    own, stated = application.applicant.credit_code, items.values.get("credit_code")
    if own and stated is not None and stated != own:
        raise Forbidden("another_enterprise", "The credit code is not that of the enterprise that applies.")


def _require_storable(given: Mapping[str, str]) -> None:
    """Refuse what no database should keep, whatever the item's kind; the kind is judged when it is read."""
    for name, text in given.items():
        if len(text) > MAX_ITEM_TEXT or any(
            letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in text
        ):
            raise Malformed(
                "bad_text", f"Write at most {MAX_ITEM_TEXT} ordinary characters for {name}.", item=name
            )


def _programme(application: Application) -> ProgrammeRow:
    if application.programme is None:
        raise Conflict("no_programme_yet", "The lender has not assigned a programme to this request yet.")
    return application.programme


def _lender(lender_id: int | None) -> Member:
    if lender_id is None:
        raise Malformed("no_lender", "Name a programme or a lender.")
    lender = Member.objects.filter(pk=lender_id).first()
    if lender is None or not lender.is_lender:
        raise NotFound("unknown_lender", "There is no such lender.")
    return lender
