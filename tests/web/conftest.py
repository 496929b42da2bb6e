"""People who come through the door: an applicant, and an officer with and without a second factor."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from tallystick.records.models import Member, User
from tallystick.services import consortium

PASSWORD = "correct-horse-battery"
FACTOR_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def applicant(db) -> User:
    return _user("clerk", "tly1supplier", "Example Rubber Co., Ltd.", ["applicant"])


@pytest.fixture
def officer(db) -> User:
    return _user("officer", "tly1lender", "Harbour Bank", ["credit_officer"])


@pytest.fixture
def operator(db) -> User:
    user = _user("operator", "tly1node", "Example Node Company", ["operator"])
    give_second_factor(user)
    return user


def give_second_factor(user: User) -> None:
    consortium.enrol_second_factor(user, FACTOR_SECRET)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def at_work(user: User) -> Client:
    """Return a browser in which ``user`` has signed in, with the second factor where one is needed."""
    if user.is_staff_member and not user.authenticator_set.exists():
        give_second_factor(user)
    return signed_in(user)


def _user(name: str, address: str, member_name: str, roles: list[str]) -> User:
    member = Member.objects.create(
        address=address, name=member_name, roles=[], joined_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    return User.objects.create_user(name, password=PASSWORD, member=member, roles=roles)
