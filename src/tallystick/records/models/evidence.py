"""Deliveries and their media, consents to read them, and what lenders found (mission rows E2 to E12)."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from tallystick.records.models.ledger import Transmission
from tallystick.records.models.members import Member, User
from tallystick.records.models.origination import Application
from tallystick.values.money import Money, currency
from tallystick.values.rates import Rate


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Deliveries with the one question every reader must ask."""

    def visible_to(self, member_id: int | None) -> Self:
        """Return what the member may see: the deliveries that it made or received."""
        return self.filter(Q(supplier_id=member_id) | Q(buyer_id=member_id)) if member_id else self.none()


class Delivery(models.Model):
    """A delivery of which one party is hosted here, or that a lender here was let read; the ledger is right.

    ``stage`` is ``sending`` until the ledger has the request, then ``waiting``, ``signed``, ``recorded``,
    ``refused``, ``withdrawn``; or ``failed`` when the ledger would not have the request.
    """

    reference = models.CharField(max_length=20, unique=True)
    named = models.CharField(max_length=20, blank=True)  # at its supplier's, if that is another installation
    supplier = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="deliveries_made")
    buyer = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="deliveries_received")
    stage = models.CharField(max_length=12)
    due_at = models.DateTimeField()
    reminded = models.CharField(max_length=10, blank=True)  # last step of services.reminders that was sent
    media_hash = models.CharField(max_length=64)
    request = models.CharField(max_length=30, blank=True)  # storage address; empty while sending
    record = models.CharField(max_length=30, blank=True)
    record_hash = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=20, blank=True)  # of a refusal, as the contract names it
    note = models.TextField(blank=True)  # the buyer's words to the supplier
    note_salt = models.CharField(max_length=64, blank=True)
    sent = models.OneToOneField(Transmission, on_delete=models.PROTECT, null=True, related_name="+")
    answer = models.OneToOneField(Transmission, on_delete=models.PROTECT, null=True, related_name="+")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = DeliveryQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["supplier", "request"], condition=~Q(request=""), name="one_delivery_per_request"
            )
        ]

    def __str__(self) -> str:
        return self.reference


class MediaFileQuerySet(models.QuerySet["MediaFile"]):
    """Media files with the one question every reader must ask; lenders ask ``services.media``."""

    def visible_to(self, member_id: int | None) -> Self:
        """Return the files that the member put in, and those of deliveries that it received."""
        if not member_id:
            return self.none()
        return self.filter(Q(owner_id=member_id) | Q(delivery__buyer_id=member_id))


class MediaFile(models.Model):
    """One file of a delivery: its ciphertext lies in the media store, its key here, wrapped.

    ``thumbnail`` is sealed in the same way under a key of its own. A file that lies in the open at
    ``location`` has no key.
    """

    owner = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="media_files")
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, null=True, related_name="media")
    position = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=10)  # evidence.delivery.MediumKind
    sha256 = models.CharField(max_length=64)  # of the bytes as they are kept
    size_bytes = models.PositiveBigIntegerField()  # of the bytes as they are kept
    key_commitment = models.CharField(max_length=64, blank=True)
    wrapped_key = models.BinaryField(default=b"")
    location = models.CharField(max_length=500, blank=True)
    media_type = models.CharField(max_length=60, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    thumbnail_sha256 = models.CharField(max_length=64, blank=True)
    thumbnail_commitment = models.CharField(max_length=64, blank=True)
    thumbnail_wrapped_key = models.BinaryField(default=b"")
    paper_kind = models.CharField(max_length=20, blank=True)  # evidence.papers.Kind of a document
    paper = models.JSONField(null=True, blank=True)  # evidence.papers.Paper, as read
    paper_problem = models.CharField(max_length=60, blank=True)  # code, where it could not be read
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    uploaded_at = models.DateTimeField()

    objects: ClassVar = MediaFileQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["position", "id"]


class MediaReading(models.Model):
    """Who of another member read a file, when, and by which consent."""

    media = models.ForeignKey(MediaFile, on_delete=models.CASCADE, related_name="readings")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    consent = models.ForeignKey("Consent", on_delete=models.PROTECT, null=True, related_name="readings")
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]


class ConsentQuerySet(models.QuerySet["Consent"]):
    """Consents with the one question every reader must ask."""

    def visible_to(self, member_id: int | None) -> Self:
        """Return the consents that the member gave or was given."""
        return self.filter(Q(owner_id=member_id) | Q(recipient_id=member_id)) if member_id else self.none()


class Consent(models.Model):
    """A consent in words; the ledger holds its digest, its end and whether it was taken back."""

    owner = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="consents_given")
    recipient = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="consents_received")
    purpose = models.CharField(max_length=60)
    scope = models.JSONField()  # list of names, as contracts.consent.Document has them
    until = models.DateTimeField()
    salt = models.CharField(max_length=64)
    sent = models.OneToOneField(Transmission, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)  # counts at once, before the ledger has it
    withdrawal = models.OneToOneField(Transmission, on_delete=models.PROTECT, null=True, related_name="+")
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    granted_at = models.DateTimeField()

    objects: ClassVar = ConsentQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-granted_at", "-id"]


class QualificationQuerySet(models.QuerySet["Qualification"]):
    """Qualifications with the one question every reader must ask."""

    def visible_to(self, member_id: int | None) -> Self:
        """Return the qualifications that the member made as lender."""
        return self.filter(lender_id=member_id) if member_id else self.none()


class Qualification(models.Model):
    """What one query about a supplier gave, what was checked and found, and what the officer decided."""

    reference = models.CharField(max_length=20, unique=True)
    lender = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="qualifications")
    supplier = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    contract = models.CharField(max_length=64)
    product_family = models.CharField(max_length=60, blank=True)  # whose model looks at the pictures
    sent = models.OneToOneField(Transmission, on_delete=models.PROTECT, related_name="+")
    findings = models.JSONField(null=True, blank=True)  # records, checks, assessments, tiers
    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, null=True, blank=True, related_name="qualifications"
    )
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, blank=True)  # grant or decline; empty while undecided
    currency = models.CharField(max_length=3, blank=True)
    amount_minor = models.BigIntegerField(null=True, blank=True)
    annual_rate = models.CharField(max_length=20, blank=True)
    reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = QualificationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-asked_at", "-id"]

    def __str__(self) -> str:
        return self.reference

    @property
    def amount(self) -> Money | None:
        """The amount that was granted."""
        return None if self.amount_minor is None else Money(self.amount_minor, currency(self.currency))

    @property
    def rate(self) -> Rate | None:
        """The nominal rate per year that was granted."""
        return Rate.parse(self.annual_rate) if self.annual_rate else None


class HandGrade(models.Model):
    """A reviewer's own assessment of a delivery, beside what the models say (E8)."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="grades")
    lender = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    assessment = models.JSONField()  # evidence.assessment.Assessment
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-made_at", "-id"]
