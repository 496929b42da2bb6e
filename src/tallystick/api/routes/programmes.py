"""Programmes on offer in the whole consortium: what may be borrowed, and what the form must ask."""

from typing import Any

from django.http import HttpRequest
from ninja import Path, Query, Router

from tallystick.api.paging import PageOf, page
from tallystick.api.schemas.common import RowId, Wording, member, money
from tallystick.api.schemas.programmes import Item, ItemChoice, Programme, ProgrammeDetail, ProgrammePage
from tallystick.lending.programme_document import Item as ItemDocument
from tallystick.policy.wording import Wording as Words
from tallystick.records.models import Programme as Row
from tallystick.services.programmes import find_active, rulebook

router = Router()


@router.get("", response=ProgrammePage, summary="Programmes on offer", operation_id="list_programmes")
def list_programmes(request: HttpRequest, asked: Query[PageOf]) -> ProgrammePage:
    """Return the active programmes of every lender."""
    rows, following = page(Row.objects.filter(retired_at=None).select_related("lender"), asked)
    return ProgrammePage(items=[Programme(**_common(row)) for row in rows], next=following)


@router.get("/{programme_id}", response=ProgrammeDetail, summary="A programme", operation_id="read_programme")
def read_programme(request: HttpRequest, programme_id: Path[RowId]) -> ProgrammeDetail:
    """Return an active programme with every item that its form asks, in both languages."""
    row = find_active(programme_id)
    programme = rulebook(row).programme
    return ProgrammeDetail(
        **_common(row),
        amount_min=money(programme.amount_min),
        amount_max=money(programme.amount_max),
        amount_step=money(programme.amount_step),
        terms_months=list(programme.terms_months),
        methods=[method.value for method in programme.methods],
        day_count=programme.day_count.value,
        offer_valid_days=programme.offer_valid_days,
        qualification=programme.qualification.need,
        items=[_item(item) for item in programme.items],
    )


def _common(row: Row) -> dict[str, Any]:
    programme = rulebook(row).programme
    return {
        "id": row.pk,
        "slug": row.slug,
        "version": row.version,
        "lender": member(row.lender),
        "names": _words(programme.names),
        "descriptions": _words(programme.descriptions),
        "active_from": row.active_from,
    }


def _item(item: ItemDocument) -> Item:
    return Item(
        name=item.name,
        kind=item.kind,
        label=_words(item.label),
        help=_words(item.help),
        required=item.required,
        choices=[ItemChoice(value=choice.value, label=_words(choice.label)) for choice in item.choices],
    )


def _words(words: Words) -> Wording:
    return Wording(en=words.en, zh=words.zh)
