"""Any stored decision decided again: the file that holds it with all it rests on, and what differs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet

from tallystick.errors import Conflict, Malformed, NotFound
from tallystick.lending.again import DecisionFile, Difference, Request, replay
from tallystick.lending.items import read_items
from tallystick.lending.programme import Programme
from tallystick.lending.request import LoanRequest, loan_request
from tallystick.records.models import Application
from tallystick.services.programmes import rulebook

#: Papers that are findings; the offer stands in a row of its own.
_KINDS: Final = ("admission", "grading", "qualification", "refusal", "decision")


@dataclass(frozen=True)
class Replayed:
    """An application, and in what its decision comes out otherwise than it was kept."""

    reference: str
    differences: tuple[Difference, ...]


def decision_file(application: Application) -> DecisionFile:
    """Return the decision on ``application`` with the documents, figures and papers that it rests on.

    Raises:
        Conflict: ``not_decided`` when it was not assessed.
    """
    found = {each.kind: each for each in application.findings.all() if each.kind in _KINDS}
    row = application.programme
    if row is None or "admission" not in found:
        raise Conflict("not_decided", f"No decision was made on {application.reference}.")
    papers = {kind: each.document for kind, each in found.items()}
    made = found.get("refusal", found["admission"]).made_at.date().isoformat()
    offer = getattr(application, "offer", None)
    if offer is not None:
        papers["offer"] = offer.document
        made = offer.document["made_on"]
    request = request_of(rulebook(row).programme, application)
    return DecisionFile(
        format="tallystick/decision-file/1",
        reference=application.reference,
        programme=row.document,
        policies=row.policies,
        papers=papers,
        digests={kind: each.digest for kind, each in found.items()},
        request=None
        if request is None
        else Request(request.amount.text, request.term_months, request.method.value, request.account),
        made_on=made,
    )


def request_of(programme: Programme, application: Application) -> LoanRequest | None:
    """Return what the application asks for, or ``None`` where its form does not say it."""
    try:
        return loan_request(read_items(programme, application.items))
    except Malformed:
        return None


def decision_file_of(reference: str) -> DecisionFile:
    """Return the decision on the application of that reference.

    Raises:
        NotFound: ``unknown_application``.
        Conflict: ``not_decided``.
    """
    row = _decided().filter(reference=reference).first()
    if row is None:
        if Application.objects.filter(reference=reference).exists():
            raise Conflict("not_decided", f"No decision was made on {reference}.")
        raise NotFound("unknown_application", "There is no such application.")
    return decision_file(row)


def all_again() -> Iterator[Replayed]:
    """Decide every stored decision again, in the order of their applications."""
    for row in _decided().order_by("pk").iterator(chunk_size=200):
        yield Replayed(row.reference, replay(decision_file(row)))


def count_decided() -> int:
    """Return how many applications have a decision."""
    return _decided().count()


def _decided() -> QuerySet[Application]:
    rows = Application.objects.filter(findings__kind="admission", programme__isnull=False)
    return rows.select_related("programme", "offer").prefetch_related("findings")
