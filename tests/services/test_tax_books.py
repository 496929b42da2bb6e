"""An application with tax books is judged by them; without them it is referred, and says what is missing."""

from datetime import date

import pytest

from tallystick.errors import Malformed, NotFound
from tallystick.records.models import Application
from tallystick.services import applications, assessment, catalogue, programmes
from tallystick.services.access import actor_of
from tallystick.services.installation import Installation
from tallystick.services.sample_books import STRONG, sample_books
from tallystick.services.sample_tax_books import sample_tax_books
from tallystick.services.tax_books import TABLE_OF_ITEM
from tests.installation import FULL_FORM, NOW, Consortium

NAME = "Example Rubber Co., Ltd."


def begun(house: Installation, members: Consortium) -> Application:
    policies = {name: catalogue.policy_document(name) for name in catalogue.POLICIES}
    document = catalogue.programme_document("tax-invoice-loan")
    programme = programmes.publish(house, members.lender, document, policies)
    owner = actor_of(members.owner)
    application = applications.begin(house, owner, programme_id=programme.pk)
    applications.fill(house, owner, application.reference, FULL_FORM)
    books = sample_books(STRONG, NAME, "Example Tyre Group", NOW.date(), 7)
    hand_in(house, members, application, {"sales_book": books["sales"], "purchase_book": books["purchases"]})
    return application


def tax(sound: bool = True, name: str = NAME) -> dict[str, bytes]:
    made = sample_tax_books(name, date(2026, 11, 20), 7, 1_000_000_00, sound)
    return {item: made[table] for item, table in TABLE_OF_ITEM.items()}


def hand_in(
    house: Installation, members: Consortium, application: Application, files: dict[str, bytes]
) -> None:
    for item, content in files.items():
        applications.hand_in_book(
            house,
            actor_of(members.owner),
            application.reference,
            item=item,
            file_name=f"{item}.csv",
            content=content,
        )


def judged(house: Installation, members: Consortium, application: Application) -> dict:
    applications.submit(house, actor_of(members.owner), application.reference)
    assessment.assess(house, actor_of(members.officer), application.reference)
    application.refresh_from_db()
    return application.findings.get(kind="admission").document


def test_with_sound_tax_books_the_application_is_admitted(house: Installation, members: Consortium) -> None:
    application = begun(house, members)
    hand_in(house, members, application, tax())
    found = judged(house, members, application)
    assert (application.stage, found["outcome"]) == ("assessed", "accept")
    assert found["indicators"]["violation_count"] == {"value": 0, "unit": "violations"}
    again, _ = assessment.decided_again(application)
    assert again.outcome == "approve"


def test_unsound_tax_books_speak_against_it(house: Installation, members: Consortium) -> None:
    application = begun(house, members)
    hand_in(house, members, application, tax(sound=False))
    found = judged(house, members, application)
    assert {"TAX_VIOLATIONS", "LIABILITIES_ABOVE_ASSETS"} <= {each["code"] for each in found["reasons"]}


def test_without_them_it_is_referred_and_every_missing_table_is_named(
    house: Installation, members: Consortium
) -> None:
    application = begun(house, members)
    found = judged(house, members, application)
    assert application.stage == "referred"
    absent = [each["code"] for each in found["data_quality"] if each["treatment"] == "absent"]
    assert absent == [f"tax_{table}_not_received" for table in ("changes", "statements", "violations")]


def test_another_enterprises_tax_books_come_back_before_anything_is_submitted(
    house: Installation, members: Consortium
) -> None:
    application = begun(house, members)
    hand_in(house, members, application, tax(name="Example Castings"))
    with pytest.raises(NotFound) as caught:
        applications.submit(house, actor_of(members.owner), application.reference)
    assert caught.value.code == "unknown_enterprise"
    application.refresh_from_db()
    assert application.stage == "draft"


def test_a_table_that_does_not_read_is_refused_and_not_kept(house: Installation, members: Consortium) -> None:
    application = begun(house, members)
    with pytest.raises(Malformed) as caught:
        hand_in(
            house, members, application, {"changes_book": tax()["changes_book"].replace(b"item", b"itm", 1)}
        )
    assert caught.value.details["nearest"] == "itm"
    assert not application.books.filter(item="changes_book").exists()
