"""What every step of an application needs: find it, hold it, move it, and keep what was found."""

from collections.abc import Mapping
from typing import Final

from tallystick.errors import NotFound
from tallystick.lending.application import Move, advance
from tallystick.records.models import Application, Event, Finding
from tallystick.services import anchoring
from tallystick.services.access import Actor
from tallystick.services.installation import Installation
from tallystick.values import canonical

MAX_REASON: Final = 500


def find(actor: Actor, reference: str) -> Application:
    """Return an application that the actor may see.

    Raises:
        NotFound: ``unknown_application``; the same whether it does not exist or belongs to others.
    """
    seen = Application.objects.visible_to(actor.member_id)
    row = seen.select_related("lender", "applicant", "programme").filter(reference=reference).first()
    if row is None:
        raise NotFound("unknown_application", "There is no such application.")
    return row


def find_as_lender(actor: Actor, reference: str) -> Application:
    """Return an application that was sent to the actor's member. Raises as ``find``."""
    application = find(actor, reference)
    if application.lender_id != actor.member_id:
        raise NotFound("unknown_application", "There is no such application.")
    return application


def find_as_applicant(actor: Actor, reference: str) -> Application:
    """Return an application that the actor's member made. Raises as ``find``."""
    application = find(actor, reference)
    if application.applicant_id != actor.member_id:
        raise NotFound("unknown_application", "There is no such application.")
    return application


def locked(application: Application) -> Application:
    """Return the row as it is now, held until the caller's commit."""
    rows = Application.objects.select_for_update(of=("self",))
    return rows.select_related("lender", "applicant", "programme").get(pk=application.pk)


def move(
    installation: Installation, application: Application, by: Move, actor: Actor | None, reason: str = ""
) -> None:
    """Advance the stage, or refuse; ``actor`` is ``None`` for what happens by rule or by date.

    Raises:
        Conflict: ``illegal_move``.
    """
    application.stage = advance(application.stage, by)
    application.save(update_fields=["stage", "programme"])
    note(installation, application, by, actor, reason)


def note(
    installation: Installation, application: Application, what: str, actor: Actor | None, reason: str = ""
) -> None:
    """Add a line to the application's history."""
    Event.objects.create(
        application=application,
        move=what,
        stage=application.stage,
        reason=reason[:MAX_REASON],
        user_id=actor.user_id if actor else None,
        at=installation.clock.now(),
    )


def keep_finding(
    installation: Installation, application: Application, kind: str, document: Mapping[str, object]
) -> Finding:
    """Keep what a step found, with the digest by which it can be named."""
    finding, _ = Finding.objects.update_or_create(
        application=application,
        kind=kind,
        defaults={
            "document": dict(document),
            "digest": canonical.digest(dict(document)),
            "made_at": installation.clock.now(),
        },
    )
    return finding


def close_case(installation: Installation, application: Application, outcome: str) -> None:
    """Anchor the end of a case that will not be paid out, if it was ever opened on the ledger."""
    if application.anchors.exists():
        anchoring.anchor(installation, application, "closed", {"outcome": outcome})
