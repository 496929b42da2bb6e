"""The case file: everything about one application that the asker's side may see, read once for a page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tallystick.errors import Conflict
from tallystick.lending.application import Stage
from tallystick.records.models import Anchor, Application, Book, Disbursement, Event, Offer
from tallystick.services import sight
from tallystick.services.access import Actor
from tallystick.services.casework import find
from tallystick.services.programmes import Rulebook, rulebook
from tallystick.services.sight import Side
from tallystick.web import layout


@dataclass(frozen=True)
class Case:
    """One application as its reader may see it.

    Attributes:
        findings: documents by kind, cut to what the side sees.
        anchors: steps by name, in the order in which they were anchored.
        events: the history, oldest first.
        cards: which cards of the page the side is shown.
        ways: what the asker can do now.
        rules: the programme and its tables; ``None`` until a programme is assigned.
    """

    actor: Actor
    side: Side
    application: Application
    findings: Mapping[str, dict[str, Any]]
    anchors: Mapping[str, Anchor]
    events: tuple[Event, ...]
    books: Mapping[str, Book]
    offer: Offer | None
    paid: Disbursement | None
    rules: Rulebook | None
    cards: frozenset[str]
    ways: frozenset[str]

    @property
    def stage(self) -> Stage:
        """Where the application stands."""
        return Stage(self.application.stage)

    def require(self, way: str) -> None:
        """Check that the asker can go ``way`` now.

        Raises:
            Forbidden: ``not_permitted`` when it is not for the asker's role.
            Conflict: ``illegal_move`` when it is not for this stage.
        """
        self.actor.require(sight.WAYS[layout.WAYS[way]].use_case)
        if way not in self.ways:
            raise Conflict("illegal_move", "The application is at a stage where this cannot be done.")

    @property
    def is_waiting(self) -> bool:
        """Whether a step is still on its way to the ledger."""
        return any(not anchor.transmission.code for anchor in self.anchors.values())


def open_case(actor: Actor, reference: str) -> Case:
    """Return the case file of an application that the actor may see.

    Raises:
        NotFound: ``unknown_application``.
    """
    application = find(actor, reference)
    side = sight.side_of(actor, application)
    cards = layout.shown(side, application)
    documents = {row.kind: sight.finding_document(side, row) for row in application.findings.order_by("pk")}
    books = application.books.order_by("item") if "documents" in cards else ()
    programme = application.programme
    return Case(
        actor=actor,
        side=side,
        application=application,
        findings={kind: document for kind, document in documents.items() if document is not None},
        anchors={row.step: row for row in application.anchors.select_related("transmission")},
        events=tuple(application.events.select_related("user")),
        books={book.item: book for book in books},
        offer=Offer.objects.filter(application=application).first(),
        paid=Disbursement.objects.filter(application=application).first(),
        rules=None if programme is None else rulebook(programme),
        cards=cards,
        ways=layout.open_ways(actor, application),
    )
