"""One online loan: programme, application, books, findings, offer, disbursement."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from tallystick.records.models.members import Member, User
from tallystick.values.money import Money, currency
from tallystick.values.rates import Rate


class Programme(models.Model):
    """One version of a lender's loan programme: its document, and when it began to apply."""

    lender = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="programmes")
    slug = models.SlugField(max_length=60)
    version = models.CharField(max_length=64)
    document = models.TextField()
    policies = models.JSONField(default=dict)  # policy name -> document text, pinned with the version
    active_from = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["lender", "slug", "version"], name="one_row_per_programme_version"
            ),
            models.UniqueConstraint(
                fields=["lender", "slug"],
                condition=Q(retired_at=None),
                name="one_active_version_per_programme",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slug}@{self.version[:8]}"


class ApplicationQuerySet(models.QuerySet["Application"]):
    """Applications with the one question every reader must ask."""

    def visible_to(self, member_id: int | None) -> Self:
        """Return what the member may see: its own applications, and those that reached it as lender.

        A draft has not reached the lender, nor has one that was withdrawn before it was submitted.
        """
        unsent = Q(stage="draft") | Q(stage="withdrawn", submitted_at=None)
        sent = Q(lender_id=member_id) & ~unsent
        return self.filter(Q(applicant_id=member_id) | sent) if member_id is not None else self.none()


class Application(models.Model):
    """A loan application and the stage it has reached (stages: ``tallystick.lending.application``)."""

    reference = models.CharField(max_length=20, unique=True)
    lender = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="applications_received")
    applicant = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="applications_made")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, null=True, blank=True)
    stage = models.CharField(max_length=20)
    items = models.JSONField(default=dict)
    salt = models.CharField(max_length=64)  # keeps the digests on the ledger from being guessed
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = ApplicationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.reference


class Book(models.Model):
    """An invoice book that the applicant handed in: the file as it came, named by its hash."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="books")
    item = models.CharField(max_length=60)  # the programme's item that it answers
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()
    mapping = models.CharField(max_length=60)
    enterprise = models.CharField(max_length=200, blank=True)  # whose rows in the file are meant
    uploaded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["application", "item"], name="one_book_per_item")
        ]


class Finding(models.Model):
    """What one step of the assessment found, as a canonical document that can be re-read for ever."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="findings")
    kind = models.CharField(max_length=20)  # a step: admission, grading, qualification, decision and so on
    document = models.JSONField()
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["application", "kind"], name="one_finding_per_kind")
        ]


class Offer(models.Model):
    """The offer made to the applicant; amounts in minor units of ``currency``."""

    application = models.OneToOneField(Application, on_delete=models.CASCADE, related_name="offer")
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    annual_rate = models.CharField(max_length=20)
    term_months = models.PositiveSmallIntegerField()
    method = models.CharField(max_length=30)
    day_count = models.CharField(max_length=12)
    grade = models.CharField(max_length=8)
    made_at = models.DateTimeField()
    expires_on = models.DateField()
    document = models.JSONField()

    @property
    def amount(self) -> Money:
        """The amount offered."""
        return Money(self.amount_minor, currency(self.currency))

    @property
    def rate(self) -> Rate:
        """The nominal rate per year."""
        return Rate.parse(self.annual_rate)


class Instalment(models.Model):
    """One row of the offer's schedule; amounts in minor units of the offer's currency."""

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="instalments")
    number = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    principal_minor = models.BigIntegerField()
    interest_minor = models.BigIntegerField()
    balance_minor = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["offer", "number"], name="one_row_per_instalment")
        ]

    def _money(self, minor: int) -> Money:
        return Money(minor, currency(self.offer.currency))

    @property
    def principal(self) -> Money:
        """What this instalment repays."""
        return self._money(self.principal_minor)

    @property
    def interest(self) -> Money:
        """What this instalment costs."""
        return self._money(self.interest_minor)

    @property
    def payment(self) -> Money:
        """Principal and interest together."""
        return self._money(self.principal_minor + self.interest_minor)

    @property
    def balance(self) -> Money:
        """What is still owed after this instalment."""
        return self._money(self.balance_minor)


class Disbursement(models.Model):
    """The amount paid out, once: the row's existence is the record."""

    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="disbursement")
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    account = models.CharField(max_length=40)  # the electronic account named in the form
    paid_at = models.DateTimeField()
    paid_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    @property
    def amount(self) -> Money:
        """The amount paid out."""
        return Money(self.amount_minor, currency(self.currency))


class Event(models.Model):
    """Who moved an application, when, and with what reason: the history both sides see."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="events")
    move = models.CharField(max_length=30)
    stage = models.CharField(max_length=20)  # the stage it led to
    reason = models.TextField(blank=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at", "id"]
