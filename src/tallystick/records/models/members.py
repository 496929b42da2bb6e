"""Members (institutions, enterprises, persons with an account address) and their users."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

#: What a user may be for the member; ``services.access`` says what each may do.
USER_ROLES = {
    "applicant": _("applicant"),
    "delivery_clerk": _("delivery clerk"),
    "credit_officer": _("credit officer"),
    "business_manager": _("business manager"),
    "analyst": _("risk analyst"),
    "operator": _("node operator"),
    "auditor": _("auditor"),
}

#: Users with one of these roles work for an institution and sign in with a second factor.
STAFF_ROLES = frozenset({"credit_officer", "business_manager", "analyst", "operator", "auditor"})


class Member(models.Model):
    """An institution, enterprise or person with an account on the ledger.

    ``roles`` repeats what the membership contract says about ``address``; the ledger is right where
    they differ.
    """

    address = models.CharField(max_length=90, unique=True)
    name = models.CharField(max_length=200)
    name_zh = models.CharField(max_length=200, blank=True)
    credit_code = models.CharField(max_length=18, blank=True)
    roles = models.JSONField(default=list)
    joined_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_lender(self) -> bool:
        """Whether the member lends."""
        return "lender" in self.roles


class User(AbstractUser):
    """A person who signs in; a user acts for exactly one member."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="users")
    roles = models.JSONField(default=list)

    @property
    def is_staff_member(self) -> bool:
        """Whether the user works for an institution and so needs a second factor."""
        return bool(STAFF_ROLES & set(self.roles))

    @property
    def role_labels(self) -> list[str]:
        """The user's roles in the current language."""
        return [str(USER_ROLES[role]) for role in self.roles if role in USER_ROLES]


class AccessToken(models.Model):
    """A token with which a member's own software calls the API as one of its users.

    Only the SHA-256 of the token is kept; the token itself is shown once.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="access_tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
