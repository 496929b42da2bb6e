"""The relationships of an applicant's indicators (mission row A5): one in the middle, all in a table."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tallystick.errors import NotFound
from tallystick.services.access import Actor
from tallystick.services.relationships import among_applicants
from tallystick.web.asking import for_members
from tallystick.web.cards.relationships import relationship_rows
from tallystick.web.case import open_case
from tallystick.web.relationship_picture import hidden_neighbours, relationship_picture

#: What stands in the middle before an indicator is chosen.
FIRST = "sales_amount"


@require_safe
@for_members
def relationships(request: HttpRequest, actor: Actor, reference: str) -> HttpResponse:
    """Return what the indicator ``of`` goes with, over all whom the lender has assessed.

    Raises:
        NotFound: ``not_assessed`` before the assessment, and for a side that may not see it;
            ``unknown_indicator``.
    """
    case = open_case(actor, reference)
    document = case.findings.get("admission")
    if document is None or "admission" not in case.cards:
        raise NotFound("not_assessed", "There is no assessment to see.")
    known = among_applicants(actor)
    rows = {row.name: row for row in relationship_rows(known, document["indicators"])}
    chosen = rows.get(request.GET.get("of", FIRST))
    if chosen is None:
        raise NotFound("unknown_indicator", "The assessment has no such indicator.")
    context = {
        "case": case,
        "application": case.application,
        "rows": rows.values(),
        "chosen": chosen,
        "picture": relationship_picture(chosen),
        "hidden": hidden_neighbours(chosen),
        "known": known,
    }
    return render(request, "web/application/relationships.html", context)
