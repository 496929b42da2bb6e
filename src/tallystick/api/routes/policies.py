"""The store of policies: a lender's own software drafts, submits and decides as its users do."""

from typing import Any

from django.http import HttpRequest
from ninja import Path, Query, Router

from tallystick.api.auth import actor
from tallystick.api.paging import PageOf, page
from tallystick.api.schemas.policies import (
    Number,
    PolicyComment,
    PolicyDetail,
    PolicyDraft,
    PolicyEffect,
    PolicyEvent,
    PolicyName,
    PolicyPage,
    PolicyVersion,
)
from tallystick.bootstrap.parts import installation
from tallystick.records.models import PolicyVersion as Row
from tallystick.records.models import User
from tallystick.services import policies, policy_effect, policy_versions, policy_withdrawal
from tallystick.services.access import Actor

router = Router()


@router.get("", response=PolicyPage, summary="Versions of policies", operation_id="list_policies")
def list_policies(request: HttpRequest, asked: Query[PageOf]) -> PolicyPage:
    """Return every version of the member's own policies."""
    member_id = actor(request).require("read_policies")
    own = Row.objects.visible_to(member_id).select_related(
        "author", "decided_by", "withdrawal_asked_by", "withdrawn_by"
    )
    rows, following = page(own, asked)
    return PolicyPage(items=[PolicyVersion(**_common(row)) for row in rows], next=following)


@router.post("", response=PolicyDetail, summary="Draft a version", operation_id="draft_policy")
def draft_policy(request: HttpRequest, sent: PolicyDraft) -> PolicyDetail:
    """Begin a version of the policy that the document names; it may still have mistakes."""
    asker = actor(request)
    row = policies.draft(installation(), asker, sent.document.encode(), sent.cases.encode())
    return _now(asker, row.name, row.number)


@router.get("/{name}/{number}", response=PolicyDetail, summary="A version", operation_id="read_policy")
def read_policy(request: HttpRequest, name: Path[PolicyName], number: Path[Number]) -> PolicyDetail:
    """Return a version with its documents and history."""
    return _now(actor(request), name, number)


@router.patch("/{name}/{number}", response=PolicyDetail, summary="Change a draft", operation_id="edit_policy")
def edit_policy(
    request: HttpRequest, name: Path[PolicyName], number: Path[Number], sent: PolicyDraft
) -> PolicyDetail:
    """Put other documents in the place of those of one's own draft."""
    asker = actor(request)
    document, cases = sent.document.encode(), sent.cases.encode()
    policies.edit(installation(), asker, name, number, document=document, cases=cases)
    return _now(asker, name, number)


@router.post(
    "/{name}/{number}/effect",
    response=PolicyEffect,
    summary="Work on the effect",
    operation_id="work_on_policy_effect",
)
def work_on_effect(request: HttpRequest, name: Path[PolicyName], number: Path[Number]) -> PolicyEffect:
    """Decide some more past applications under the version; without one to go, answer with the whole."""
    effect = policy_effect.work_on(installation(), actor(request), name, number)
    return PolicyEffect(
        complete=policy_effect.is_complete(effect),
        done=effect.done,
        total=effect.total,
        found=effect.document,
    )


@router.post(
    "/{name}/{number}/submission", response=PolicyDetail, summary="Submit", operation_id="submit_policy"
)
def submit_policy(
    request: HttpRequest, name: Path[PolicyName], number: Path[Number], sent: PolicyComment
) -> PolicyDetail:
    """Hand one's own draft to somebody else to decide on."""
    policies.submit(installation(), actor(request), name, number, sent.comment)
    return _now(actor(request), name, number)


@router.post(
    "/{name}/{number}/approval", response=PolicyDetail, summary="Approve", operation_id="approve_policy"
)
def approve_policy(
    request: HttpRequest, name: Path[PolicyName], number: Path[Number], sent: PolicyComment
) -> PolicyDetail:
    """Approve what somebody else has submitted."""
    policies.approve(installation(), actor(request), name, number, sent.comment)
    return _now(actor(request), name, number)


@router.post(
    "/{name}/{number}/rejection", response=PolicyDetail, summary="Reject", operation_id="reject_policy"
)
def reject_policy(
    request: HttpRequest, name: Path[PolicyName], number: Path[Number], sent: PolicyComment
) -> PolicyDetail:
    """Turn down what somebody else has submitted; the comment says why."""
    policies.reject(installation(), actor(request), name, number, sent.comment)
    return _now(actor(request), name, number)


@router.post(
    "/{name}/{number}/withdrawal", response=PolicyDetail, summary="Withdraw", operation_id="withdraw_policy"
)
def withdraw_policy(
    request: HttpRequest, name: Path[PolicyName], number: Path[Number], sent: PolicyComment
) -> PolicyDetail:
    """Take back one's own; ask to take an approved version out of force, or do what somebody else asked."""
    policy_withdrawal.withdraw(installation(), actor(request), name, number, sent.comment)
    return _now(actor(request), name, number)


@router.post(
    "/{name}/{number}/keeping", response=PolicyDetail, summary="Leave in force", operation_id="keep_policy"
)
def keep_policy(
    request: HttpRequest, name: Path[PolicyName], number: Path[Number], sent: PolicyComment
) -> PolicyDetail:
    """Leave in force what somebody asked to withdraw; the comment says why."""
    policy_withdrawal.keep(installation(), actor(request), name, number, sent.comment)
    return _now(actor(request), name, number)


def _now(asker: Actor, name: str, number: int) -> PolicyDetail:
    row = policy_versions.find(asker, name, number)
    history = [
        PolicyEvent(what=each.what, user=each.user.username, comment=each.comment, at=each.at)
        for each in row.events.select_related("user")
    ]
    return PolicyDetail(**_common(row), document=row.document, cases=row.cases, history=history)


def _common(row: Row) -> dict[str, Any]:
    names = ("name", "number", "version", "stage", "made_at", "submitted_at", "decided_at", "in_force_from")
    return {
        "id": row.pk,
        **{name: getattr(row, name) for name in names},
        "withdrawal_asked_at": row.withdrawal_asked_at,
        "withdrawn_at": row.withdrawn_at,
        "author": row.author.username,
        **{
            name: _called(getattr(row, name))
            for name in ("decided_by", "withdrawal_asked_by", "withdrawn_by")
        },
    }


def _called(user: User | None) -> str | None:
    return user.username if user else None
