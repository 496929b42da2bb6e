"""Rows of one member are not there for another."""

import pytest
from django.db import IntegrityError

from tallystick.records.models import Application, Disbursement
from tallystick.services.installation import Installation
from tests.installation import NOW, Consortium, filled_in


@pytest.mark.parametrize(
    ("stage", "seen_by"),
    [("draft", {"supplier"}), ("submitted", {"supplier", "lender"}), ("disbursed", {"supplier", "lender"})],
)
def test_an_application_is_seen_by_its_applicant_and_once_submitted_by_its_lender(
    house: Installation, members: Consortium, stage: str, seen_by: set[str]
) -> None:
    application = filled_in(house, members)
    Application.objects.filter(pk=application.pk).update(stage=stage)
    seats = {
        name: getattr(members, name).pk for name in ("supplier", "lender", "other_supplier", "other_lender")
    }
    seats |= {"operator": members.operator.pk, "nobody": None}
    seeing = {name for name, member in seats.items() if Application.objects.visible_to(member).exists()}
    assert seeing == seen_by


def test_the_database_itself_refuses_a_second_disbursement(house: Installation, members: Consortium) -> None:
    application = filled_in(house, members)
    row = {
        "application": application,
        "currency": "CNY",
        "amount_minor": 100,
        "account": "6217000012345678907",
        "paid_at": NOW,
        "paid_by": members.officer,
    }
    Disbursement.objects.create(**row)
    with pytest.raises(IntegrityError):
        Disbursement.objects.create(**row)
