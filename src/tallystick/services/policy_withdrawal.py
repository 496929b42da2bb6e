"""Taking a policy version back: one's own before it is decided on, an approved one by two people.

To take a version out of force changes what decides as much as to put one in force, so one person asks, and
another does it or leaves it in force.
"""

from datetime import datetime

from django.db import transaction

from tallystick.errors import Conflict, Forbidden
from tallystick.records.models import PolicyVersion
from tallystick.services import policy_versions, programmes
from tallystick.services.access import Actor
from tallystick.services.installation import Installation


def withdraw(installation: Installation, actor: Actor, name: str, number: int, comment: str) -> PolicyVersion:
    """Take back one's own draft or submission; ask to take an approved version out of force, or do it.

    It takes two people: the first asks, and the version stays; the second does it, and the version before
    is in force again.

    Raises:
        Forbidden: ``not_permitted``; ``not_the_author`` of what is not yet approved; ``own_request``
            for whoever asked.
        NotFound: ``unknown_policy``.
        Conflict: ``already_ended``; ``no_version_before`` when programmes would be left without the policy.
        Malformed: ``comment_required`` for one that was approved.
    """
    row = policy_versions.find(actor, name, number)
    with transaction.atomic():
        row = policy_versions.locked(row)
        if row.stage == "approved":
            return _taken_out(installation, actor, row, comment)
        if row.stage not in ("draft", "submitted"):
            raise Conflict("already_ended", f"The version is {row.stage}.")
        if row.author_id != actor.user_id:
            raise policy_versions.not_the_author()
        _withdraw(installation, actor, row, comment)
    return row


def keep(installation: Installation, actor: Actor, name: str, number: int, comment: str) -> PolicyVersion:
    """Leave in force what somebody asked to withdraw; the comment says why.

    Raises:
        Forbidden: ``not_permitted``.
        NotFound: ``unknown_policy``.
        Conflict: ``no_request`` when nobody asked.
        Malformed: ``comment_required``.
    """
    actor.require("decide_policy")
    row = policy_versions.find(actor, name, number)
    with transaction.atomic():
        row = policy_versions.locked(row)
        if row.stage != "approved" or row.withdrawal_asked_by_id is None:
            raise Conflict("no_request", "Nobody asks to withdraw this version.")
        policy_versions.require_comment(comment)
        _ask(row, None, None)
        policy_versions.note(installation, row, "keep", actor, comment)
    return row


def _taken_out(installation: Installation, actor: Actor, row: PolicyVersion, comment: str) -> PolicyVersion:
    """Ask to take an approved version out of force, or do it where somebody else has asked."""
    actor.require("decide_policy")
    policy_versions.require_comment(comment)
    now = installation.clock.now()
    _require_one_before(row, now)
    if row.withdrawal_asked_by_id is None:
        _ask(row, actor.user_id, now)
        policy_versions.note(installation, row, "ask_out", actor, comment)
        return row
    if row.withdrawal_asked_by_id == actor.user_id:
        raise Forbidden(
            "own_request", "Whoever asked to withdraw a version does not do it; ask somebody else."
        )
    _withdraw(installation, actor, row, comment)
    programmes.refresh_all(installation, row.member_id)
    return row


def _ask(row: PolicyVersion, user_id: int | None, at: datetime | None) -> None:
    row.withdrawal_asked_by_id, row.withdrawal_asked_at = user_id, at
    row.save(update_fields=["withdrawal_asked_by", "withdrawal_asked_at"])


def _withdraw(installation: Installation, actor: Actor, row: PolicyVersion, comment: str) -> None:
    row.stage, row.withdrawn_by_id, row.withdrawn_at = "withdrawn", actor.user_id, installation.clock.now()
    row.save(update_fields=["stage", "withdrawn_by", "withdrawn_at"])
    policy_versions.note(installation, row, "withdraw", actor, comment)


def _require_one_before(row: PolicyVersion, now: datetime) -> None:
    """Refuse to take the only version out of force; one whose day is still to come leaves no gap."""
    came = row.in_force_from is not None and row.in_force_from <= now
    if came and not policy_versions.in_force_but(row, now):
        raise Conflict(
            "no_version_before", "No approved version was in force before; approve another one first."
        )
