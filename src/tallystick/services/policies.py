"""The store of policies: draft, edit, submit, approve, reject; two people for every change.

A version is in force from the day in its document, and not before it was approved. Programmes that name the
policy take the text that is in force when an application begins, and the application keeps it.
"""

import re
from datetime import UTC, datetime, time
from typing import Final

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import Max

from tallystick.errors import Conflict, Forbidden, Malformed, TooLarge
from tallystick.policy.analysis import analyse
from tallystick.policy.cases import CaseReport, read_cases, run_cases
from tallystick.policy.document import MAX_DOCUMENT_BYTES
from tallystick.records.models import PolicyVersion, Programme
from tallystick.services import catalogue, policy_effect, policy_versions, programmes
from tallystick.services.access import Actor
from tallystick.services.installation import Installation
from tallystick.values import canonical

#: Versions of one policy that are still drafts or wait for a decision.
MAX_OPEN: Final = 20
_NAME = re.compile(r"[a-z][a-z0-9-]{0,59}\Z")


def draft(installation: Installation, actor: Actor, document: bytes, cases: bytes = b"") -> PolicyVersion:
    """Begin a version of the policy that ``document`` names; a draft may still have mistakes.

    Raises:
        Forbidden: ``not_permitted``.
        Malformed: ``malformed_policy`` for what is not even JSON with a name.
        TooLarge: ``policy_too_large``.
        Conflict: ``too_many_drafts``.
    """
    member_id = actor.require("draft_policy")
    name, version = _identity(document)
    with transaction.atomic():
        own = PolicyVersion.objects.filter(member_id=member_id, name=name)
        if own.filter(stage__in=["draft", "submitted"]).count() >= MAX_OPEN:
            raise Conflict("too_many_policy_drafts", f"Withdraw one of the {MAX_OPEN} open versions first.")
        last = own.aggregate(last=Max("number"))["last"] or 0
        row = PolicyVersion.objects.create(
            member_id=member_id,
            name=name,
            number=last + 1,
            version=version,
            document=document.decode(),
            cases=_text(cases),
            stage="draft",
            author_id=actor.user_id,
            made_at=installation.clock.now(),
        )
        policy_versions.note(installation, row, "draft", actor)
    return row


def edit(
    installation: Installation,
    actor: Actor,
    name: str,
    number: int,
    *,
    document: bytes | None = None,
    cases: bytes | None = None,
) -> PolicyVersion:
    """Change the document or the cases of one's own draft.

    Raises:
        Forbidden: ``not_permitted``; ``not_the_author``.
        NotFound: ``unknown_policy``.
        Conflict: ``not_a_draft`` once it was submitted.
        Malformed: as ``draft``; ``other_policy`` when the document names another policy.
    """
    actor.require("draft_policy")
    with transaction.atomic():
        row = _own_draft(actor, name, number)
        if document is not None:
            named, row.version = _identity(document)
            if named != name:
                raise Malformed("other_policy", f"The document is of {named}, and the draft is of {name}.")
            row.document = document.decode()
        if cases is not None:
            row.cases = _text(cases)
        row.save(update_fields=["document", "version", "cases"])
    return row


def run_own_cases(row: PolicyVersion) -> CaseReport | None:
    """Return what the version makes of the cases that it carries; ``None`` without cases.

    Raises:
        Malformed: what is wrong with the version or its cases.
    """
    if not row.cases.strip():
        return None
    return run_cases(policy_versions.parsed(row), read_cases(row.cases.encode()))


def check(installation: Installation, row: PolicyVersion) -> None:
    """Check that the version can come into force: no fault, its cases hold, and programmes can use it.

    Raises:
        Malformed: ``malformed_policy``, ``bad_cell``, ``policy_has_faults``, ``no_cases``, ``cases_fail``,
            ``unfit_policy``.
        Conflict: ``nothing_changed`` when it says what is in force.
    """
    policy = policy_versions.parsed(row)
    faults = [each for each in analyse(policy) if each.weight == "fault"]
    if faults:
        sentence = f"The analysis finds a fault: {faults[0].text.en}"
        raise Malformed("policy_has_faults", sentence, rules=", ".join(faults[0].rules))
    report = run_own_cases(row)
    if report is None:
        raise Malformed("no_cases", "Every policy ships with its cases: write at least one.")
    if report.failed:
        failed = report.failed[0].name
        raise Malformed("cases_fail", f"The case {failed!r:.200} is not decided as it says.", case=failed)
    held = policy_versions.in_force(row.member_id, row.name, installation.clock.now())
    if held is not None and held.version == row.version:
        raise Conflict("nothing_changed", "The version says what is in force already.")
    for programme in Programme.objects.filter(lender_id=row.member_id, retired_at=None):
        programmes.check_with(programme, policy)


def submit(
    installation: Installation, actor: Actor, name: str, number: int, comment: str = ""
) -> PolicyVersion:
    """Hand one's own draft to somebody else to decide on; its content is fixed from here on.

    Raises:
        Forbidden, NotFound, Conflict: as ``edit``; ``effect_not_worked_out`` before the effect was shown.
        Malformed, Conflict: as ``check``.
    """
    actor.require("draft_policy")
    with transaction.atomic():
        row = _own_draft(actor, name, number)
        check(installation, row)
        policy_effect.require_complete(installation, row)
        row.stage, row.submitted_at = "submitted", installation.clock.now()
        row.save(update_fields=["stage", "submitted_at"])
        policy_versions.note(installation, row, "submit", actor, comment)
    return row


def approve(
    installation: Installation, actor: Actor, name: str, number: int, comment: str = ""
) -> PolicyVersion:
    """Approve what somebody else has submitted; it is in force from its day, and not before now.

    Raises:
        Forbidden: ``not_permitted``; ``own_policy``.
        NotFound: ``unknown_policy``.
        Conflict: ``not_submitted``; ``effect_not_worked_out``; ``another_takes_force`` at the same moment.
        Malformed, Conflict: as ``check``.
    """
    actor.require("decide_policy")
    now = installation.clock.now()
    with transaction.atomic():
        row = _submitted(actor, name, number)
        check(installation, row)
        policy_effect.require_complete(installation, row)
        first_day = datetime.combine(policy_versions.parsed(row).effective_from, time(), UTC)
        _decide(installation, row, actor, "approved", in_force_from=max(now, first_day))
        policy_versions.note(installation, row, "approve", actor, comment)
        programmes.refresh_all(installation, row.member_id)
    return row


def reject(installation: Installation, actor: Actor, name: str, number: int, comment: str) -> PolicyVersion:
    """Turn down what somebody else has submitted; the comment says why.

    Raises:
        Forbidden, NotFound, Conflict: as ``approve``.
        Malformed: ``comment_required``.
    """
    actor.require("decide_policy")
    with transaction.atomic():
        row = _submitted(actor, name, number)
        policy_versions.require_comment(comment)
        _decide(installation, row, actor, "rejected")
        policy_versions.note(installation, row, "reject", actor, comment)
    return row


def _own_draft(actor: Actor, name: str, number: int) -> PolicyVersion:
    row = policy_versions.locked(policy_versions.find(actor, name, number))
    if row.author_id != actor.user_id:
        raise policy_versions.not_the_author()
    if row.stage != "draft":
        raise Conflict(
            "not_a_draft", "The version was submitted and cannot be changed; draft a new one from it."
        )
    return row


def _submitted(actor: Actor, name: str, number: int) -> PolicyVersion:
    row = policy_versions.locked(policy_versions.find(actor, name, number))
    if row.author_id == actor.user_id:
        raise Forbidden("own_policy", "Whoever wrote a policy does not decide on it; ask somebody else.")
    if row.stage != "submitted":
        raise Conflict("not_submitted", "Only a version that waits for a decision is decided on.")
    return row


def _decide(
    installation: Installation,
    row: PolicyVersion,
    actor: Actor,
    stage: str,
    in_force_from: datetime | None = None,
) -> None:
    row.stage, row.decided_by_id, row.decided_at = stage, actor.user_id, installation.clock.now()
    row.in_force_from = in_force_from
    try:
        with transaction.atomic():
            row.save(update_fields=["stage", "decided_by", "decided_at", "in_force_from"])
    except IntegrityError as error:
        raise Conflict(
            "another_takes_force", "Another version comes into force at that moment; withdraw it first."
        ) from error


def _identity(document: bytes) -> tuple[str, str]:
    """Return the name and the version of a document that may still have mistakes."""
    if len(document) > MAX_DOCUMENT_BYTES:
        raise TooLarge("policy_too_large", f"A policy document may have {MAX_DOCUMENT_BYTES} bytes at most.")
    try:
        found = msgspec.json.decode(document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("malformed_policy", f"The document is not JSON: {error!s:.200}.") from error
    name = found.get("name") if isinstance(found, dict) else None
    if not isinstance(name, str) or not _NAME.match(name):
        raise Malformed(
            "malformed_policy", "The document does not name its policy: small letters and dashes."
        )
    return name, canonical.digest(found)


def _text(cases: bytes) -> str:
    if cases.strip():
        read_cases(cases)
    return cases.decode()


def usual_cases(member_id: int, name: str, at: datetime) -> bytes:
    """Return the cases that a new draft of a policy starts with: of the version in force, or as shipped."""
    held = policy_versions.in_force(member_id, name, at)
    if held is not None:
        return held.cases.encode()
    return catalogue.policy_cases(name) if name in catalogue.POLICIES else b""
