"""The way from the database to the ledger: steps to anchor, and the transactions that carry them."""

from typing import ClassVar

from django.db import models

from tallystick.records.models.origination import Application


class Transmission(models.Model):
    """A row of the outbox: one call of a contract that a member wants on the ledger.

    It is saved in the same commit as the papers it speaks of, and sent afterwards, again and again
    until the ledger has answered. Rows of one signer are sent in the order of their ids. What another
    installation has sent (a consent that was handed over) has its answer from the start, and no ``wire``.
    """

    signer = models.CharField(max_length=90)
    contract = models.CharField(max_length=40)
    action = models.CharField(max_length=40)
    arguments = models.JSONField()
    created_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True, blank=True)  # a process is sending it until then
    attempts = models.PositiveIntegerField(default=0)
    wire = models.BinaryField(default=b"")  # the signed transaction, kept before it is sent
    transaction_hash = models.CharField(max_length=64, blank=True)
    code = models.CharField(max_length=60, blank=True)  # empty: still to be sent; "ok"; or why refused
    message = models.TextField(blank=True)
    height = models.PositiveBigIntegerField(null=True, blank=True)
    index = models.PositiveIntegerField(null=True, blank=True)
    committed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["code", "id"], name="transmissions_waiting")]

    @property
    def address(self) -> str:
        """The storage address ``height-index``; empty until committed."""
        return f"{self.height}-{self.index}" if self.height is not None else ""


class Anchor(models.Model):
    """A step of an application that is anchored on the ledger by a salted digest of its document."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="anchors")
    step = models.CharField(max_length=20)
    document = models.JSONField()  # what the digest commits to, salt included
    digest = models.CharField(max_length=64)
    transmission = models.OneToOneField(Transmission, on_delete=models.PROTECT, related_name="anchor")

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["application", "step"], name="one_anchor_per_step")
        ]
