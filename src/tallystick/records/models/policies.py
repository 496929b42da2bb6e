"""A member's policies in every version: who wrote it, who decided on it, and from when it is in force.

What a version says cannot change once it was submitted, nobody approves what they wrote, what was decided is
written once, and what was submitted is never deleted: constraints and triggers hold it in the database too
(migration ``what_was_decided_on_a_policy_is_kept``). A later migration that rebuilds the table on SQLite must
put the triggers back.
"""

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q

from tallystick.records.models.members import Member, User


class PolicyVersionQuerySet(models.QuerySet["PolicyVersion"]):
    """Versions with the one question every reader must ask."""

    def visible_to(self, member_id: int | None) -> Self:
        """Return the member's own versions."""
        return self.filter(member_id=member_id) if member_id is not None else self.none()


class PolicyVersion(models.Model):
    """One version of a policy of a member.

    ``stage``: draft, submitted, approved, rejected or withdrawn. Of the versions that were approved, the one
    that came into force last, and is not withdrawn, is in force.
    """

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="policy_versions")
    name = models.SlugField(max_length=60)
    number = models.PositiveIntegerField()  # 1, 2, 3 ... within the policy
    version = models.CharField(max_length=64)  # digest of the document's content
    document = models.TextField()
    cases = models.TextField(blank=True)
    stage = models.CharField(max_length=12)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    in_force_from = models.DateTimeField(null=True, blank=True)
    # An approved version is withdrawn by two people: one asks, another does it.
    withdrawal_asked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawal_asked_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = PolicyVersionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["member", "name", "number"], name="one_row_per_number_of_a_policy"
            ),
            models.UniqueConstraint(
                fields=["member", "name", "in_force_from"],
                condition=Q(stage="approved"),
                name="one_policy_version_in_force_at_a_moment",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("author")),
                name="nobody_approves_their_own_policy",
            ),
            models.CheckConstraint(
                condition=~Q(stage="approved")
                | (
                    Q(submitted_at__isnull=False)
                    & Q(decided_by__isnull=False)
                    & Q(decided_at__isnull=False)
                    & Q(in_force_from__gte=F("decided_at"))
                ),
                name="an_approved_policy_says_by_whom_and_from_when",
            ),
            models.CheckConstraint(
                condition=Q(stage__in=["draft", "submitted", "approved", "rejected", "withdrawn"]),
                name="a_policy_version_has_a_known_stage",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


class PolicyEvent(models.Model):
    """Who did what to a version, when, and what they said of it."""

    policy = models.ForeignKey(PolicyVersion, on_delete=models.CASCADE, related_name="events")
    what = models.CharField(max_length=12)  # draft, submit, approve, reject, ask_out, keep, withdraw
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    comment = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at", "id"]


class PolicyEffect(models.Model):
    """How far the effect of a version on past applications is worked out, and what was found so far.

    ``basis`` is the digest of what was compared: once either side changes, it is worked out anew.
    """

    policy = models.OneToOneField(PolicyVersion, on_delete=models.CASCADE, related_name="effect")
    basis = models.CharField(max_length=64)
    below = models.PositiveBigIntegerField(null=True, blank=True)  # applications from this row on are done
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    document = models.JSONField()
    at = models.DateTimeField()
