"""The work list of a lender: what was sent to it, most urgent first, by stage, searched and paged."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When

from tallystick.lending.application import Stage
from tallystick.records.models import Application
from tallystick.services.access import Actor
from tallystick.values.money import Money
from tallystick.web.cards.request import requested_amount

PER_PAGE: Final = 20
MAX_QUERY: Final = 100

#: Stages in the order of work: first what waits for the lender, then what waits for the applicant.
ORDER: Final = (
    Stage.SUBMITTED,
    Stage.REFERRED,
    Stage.ASSESSED,
    Stage.CONFIRMED,
    Stage.UNASSIGNED,
    Stage.OFFERED,
    Stage.INCOMPLETE,
    Stage.DISBURSED,
    Stage.DECLINED,
    Stage.WITHDRAWN,
    Stage.EXPIRED,
)


@dataclass(frozen=True)
class Row:
    """One line of the list; ``amount`` is what is asked for."""

    application: Application
    amount: Money | None


@dataclass(frozen=True)
class StageCount:
    """How many applications stand at a stage; an empty stage means all of them."""

    stage: str
    count: int


@dataclass(frozen=True)
class WorkList:
    """One page of the list, with what was asked to make it."""

    page: Page[Application]
    rows: list[Row]
    counts: list[StageCount]
    stage: str
    query: str


def work_list(actor: Actor, asked: Mapping[str, Any]) -> WorkList:
    """Return the page that ``asked`` names: ``stage``, ``q`` (reference or applicant) and ``page``.

    What cannot be meant is left aside: an unknown stage shows all, a page too far shows the last.
    """
    sent = Application.objects.visible_to(actor.member_id).filter(lender_id=actor.member_id)
    stage = asked.get("stage", "") if asked.get("stage") in set(ORDER) else ""
    query = _printable(str(asked.get("q", "")))[:MAX_QUERY]
    if query:
        sent = sent.filter(
            Q(reference__icontains=query)
            | Q(applicant__name__icontains=query)
            | Q(applicant__name_zh__icontains=query)
        )
    chosen = sent.filter(stage=stage) if stage else sent
    page = Paginator(_in_order(chosen), PER_PAGE).get_page(asked.get("page"))
    return WorkList(
        page=page,
        rows=[Row(application, requested_amount(application)) for application in page],
        counts=_counts(sent),
        stage=stage,
        query=query,
    )


def _printable(text: str) -> str:
    """Return ``text`` without what no name holds, and some databases refuse (a null character)."""
    return "".join(letter for letter in text if letter.isprintable()).strip()


def _in_order(rows: QuerySet[Application]) -> QuerySet[Application]:
    places = [When(stage=stage, then=Value(place)) for place, stage in enumerate(ORDER)]
    urgency = Case(*places, default=Value(len(ORDER)), output_field=IntegerField())
    return rows.select_related("applicant", "lender", "programme").order_by(urgency, "-created_at", "-pk")


def _counts(rows: QuerySet[Application]) -> list[StageCount]:
    by_stage = dict(rows.order_by().values_list("stage").annotate(Count("pk")))
    found = [StageCount(stage, by_stage[stage]) for stage in ORDER if stage in by_stage]
    return [StageCount("", sum(by_stage.values())), *found]
