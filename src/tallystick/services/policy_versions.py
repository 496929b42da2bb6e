"""Finding versions of policies: one by its number, the one in force at a moment, what was said of it."""

from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet

from tallystick.errors import Forbidden, Malformed, NotFound
from tallystick.policy.graph import Graph, parse_policy
from tallystick.policy.table import Table
from tallystick.records.models import PolicyEvent, PolicyVersion, Programme
from tallystick.services.access import Actor
from tallystick.services.installation import Installation

MAX_COMMENT: Final = 1000


def find(actor: Actor, name: str, number: int) -> PolicyVersion:
    """Return a version of a policy of the actor's own member.

    Raises:
        Forbidden: ``not_permitted``.
        NotFound: ``unknown_policy``; the same whether it does not exist or belongs to others.
    """
    actor.require("read_policies")
    seen = PolicyVersion.objects.visible_to(actor.member_id).select_related(
        "author", "decided_by", "withdrawal_asked_by", "withdrawn_by"
    )
    row = seen.filter(name=name, number=number).first()
    if row is None:
        raise unknown_policy()
    return row


def unknown_policy() -> NotFound:
    """Return the error for a policy or version that is not there."""
    return NotFound("unknown_policy", "There is no such policy.")


def not_the_author() -> Forbidden:
    """Return the error for what only the author of a version does."""
    return Forbidden("not_the_author", "Only whoever wrote it can do this; draft a version of your own.")


def require_comment(comment: str) -> None:
    """Refuse a step that must be explained and is not.

    Raises:
        Malformed: ``comment_required``.
    """
    if not comment.strip():
        raise Malformed("comment_required", "Say why.")


def locked(row: PolicyVersion) -> PolicyVersion:
    """Return the row as it is now, held until the caller's commit."""
    return PolicyVersion.objects.select_for_update().get(pk=row.pk)


def in_force(member_id: int, name: str, at: datetime) -> PolicyVersion | None:
    """Return the version of a member's policy that is in force at a moment, or ``None``."""
    return _in_force_at(member_id, at).filter(name=name).first()


def in_force_but(row: PolicyVersion, at: datetime) -> bool:
    """Return whether another version than ``row`` would be in force at a moment without it."""
    others = _in_force_at(row.member_id, at).filter(name=row.name)
    return others.exclude(pk=row.pk).exists()


def all_in_force(member_id: int, at: datetime) -> dict[str, PolicyVersion]:
    """Return every policy of a member that is in force at a moment, by name."""
    found: dict[str, PolicyVersion] = {}
    for row in _in_force_at(member_id, at):
        found.setdefault(row.name, row)
    return found


def _in_force_at(member_id: int, at: datetime) -> QuerySet[PolicyVersion]:
    rows = PolicyVersion.objects.filter(member_id=member_id, in_force_from__lte=at)
    # One that was withdrawn stays in force for the time before.
    return rows.filter(Q(withdrawn_at=None) | Q(withdrawn_at__gt=at)).order_by("-in_force_from", "-number")


def base_text(member_id: int, name: str, at: datetime) -> bytes | None:
    """Return the text that decides now: of the version in force, or else what a programme has pinned."""
    held = in_force(member_id, name, at)
    if held is not None:
        return held.document.encode()
    rows = Programme.objects.filter(lender_id=member_id, retired_at=None, policies__has_key=name)
    pinned = rows.order_by("-active_from").first()
    return None if pinned is None else str(pinned.policies[name]).encode()


def parsed(row: PolicyVersion) -> Table | Graph:
    """Return the policy that a version states. Raises as ``parse_policy`` for a draft with mistakes."""
    return parse_policy(row.document.encode())


def note(installation: Installation, row: PolicyVersion, what: str, actor: Actor, comment: str = "") -> None:
    """Add a line to the version's history."""
    PolicyEvent.objects.create(
        policy=row,
        what=what,
        user_id=actor.user_id,
        comment=comment.strip()[:MAX_COMMENT],
        at=installation.clock.now(),
    )
