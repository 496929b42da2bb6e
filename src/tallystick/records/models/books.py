"""Cleaned books of an application: kept at its assessment, and re-read at any time (mission A4)."""

from typing import ClassVar, Self

from django.db import models

from tallystick.records.models.origination import Application


class CleanedBooksQuerySet(models.QuerySet["CleanedBooks"]):
    """Cleaned books with the one question every reader must ask."""

    def visible_to(self, member_id: int | None) -> Self:
        """Return those of the applications that were sent to the member as lender: they are its papers."""
        seen = Application.objects.visible_to(member_id).filter(lender_id=member_id)
        return self.filter(application__in=seen)


class CleanedBooks(models.Model):
    """The books of one application as they were judged, what was done to them, and the report."""

    application = models.OneToOneField(Application, on_delete=models.CASCADE, related_name="cleaned_books")
    enterprise = models.CharField(max_length=200)
    as_of = models.DateField()
    sources = models.JSONField()  # side -> SHA-256 of the file as it came
    rows = models.BinaryField()  # Parquet, zstd: the rows that take part
    rows_sha256 = models.CharField(max_length=64)
    log = models.BinaryField()  # Parquet, zstd: every change, by which the rows as received can be rebuilt
    log_sha256 = models.CharField(max_length=64)
    report = models.JSONField()  # one entry for each rule of admission.cleaning
    made_at = models.DateTimeField()

    objects: ClassVar = CleanedBooksQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.application} ({self.as_of})"
