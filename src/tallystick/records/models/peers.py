"""What passes between members' own installations: questions that were answered, deliveries to be fetched."""

from typing import ClassVar, Self

from django.db import models

from tallystick.records.models.members import Member


class PeerQuestion(models.Model):
    """A question of another member that was taken: each counts once, and so many in a minute."""

    asker = models.CharField(max_length=90)  # account address
    nonce = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["asker", "nonce"], name="one_answer_per_question")
        ]
        indexes: ClassVar = [models.Index(fields=["asker", "at"], name="questions_of_an_asker")]


class AwaitedQuerySet(models.QuerySet["Awaited"]):
    """Awaited deliveries with the one question every reader must ask."""

    def visible_to(self, member_id: int | None) -> Self:
        """Return those whose files the member is to have."""
        return self.filter(member_id=member_id) if member_id else self.none()


class Awaited(models.Model):
    """A delivery whose files a member here is to have, and which lie with its supplier's installation.

    The row goes once the files are here. ``problem`` says why they are not, by the code of the last try.
    """

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    supplier = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    request = models.CharField(max_length=30)  # storage address
    problem = models.CharField(max_length=60, blank=True)
    tries = models.PositiveIntegerField(default=0)
    again_at = models.DateTimeField(null=True, blank=True)  # empty: not before it is asked for again
    claimed_until = models.DateTimeField(null=True, blank=True)  # a thread is fetching it until then

    objects: ClassVar = AwaitedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["member", "supplier", "request"], name="awaited_once")
        ]
