"""Requests that must count once, and numbers that must be given out once."""

from typing import ClassVar

from django.db import models

from tallystick.records.models.members import User


class IdempotentRequest(models.Model):
    """The first answer to a request that carried an ``Idempotency-Key``.

    ``status`` is 0 while the first request is still at work.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    key = models.CharField(max_length=128)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    content_type = models.CharField(max_length=100, blank=True)
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_idempotency_key")
        ]


class Sequence(models.Model):
    """The last number given out under a name, for example ``LA-2026``."""

    name = models.CharField(max_length=40, primary_key=True)
    last = models.PositiveIntegerField(default=0)
