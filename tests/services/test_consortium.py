"""Members join on the ledger before they count; people sign in for exactly one of them."""

from datetime import timedelta

import pytest

from tallystick.contracts.membership import member_from_state
from tallystick.errors import Conflict, Forbidden, Malformed, NotFound, Rejection
from tallystick.records.models import AccessToken, Member, User
from tallystick.records.models.members import USER_ROLES
from tallystick.services import anchoring, applications, consortium
from tallystick.services.access import PERMISSIONS, Actor, actor_of
from tallystick.services.installation import Installation
from tallystick.services.numbers import next_reference
from tests.installation import PASSWORD, Consortium, filled_in


def test_an_admitted_member_is_on_the_ledger_in_its_roles(house: Installation, members: Consortium) -> None:
    found = member_from_state(house.ledger.read, members.lender.address)
    assert found is not None
    assert (found.status, list(found.roles)) == ("active", ["lender"])


def test_a_member_that_the_ledger_refuses_is_not_recorded(house: Installation, members: Consortium) -> None:
    count = Member.objects.count()
    with pytest.raises(Rejection):
        consortium.admit(house, members.lender.address, name="Example Hill Credit", roles=["lender"])
    assert Member.objects.count() == count


def test_a_wrong_credit_code_stops_the_admission_at_once(house: Installation, members: Consortium) -> None:
    before = house.ledger.status().transactions
    with pytest.raises(Malformed) as refused:
        consortium.admit(
            house, members.operator.address, name="X", roles=["enterprise"], credit_code="91330201MA2AF0B270"
        )
    assert refused.value.code == "bad_credit_code"
    assert house.ledger.status().transactions == before


@pytest.mark.parametrize(
    ("username", "password", "roles", "code"),
    [
        ("new.officer", PASSWORD, ["emperor"], "unknown_role"),
        ("new.officer", "12345678", ["auditor"], "weak_password"),
        ("harbour.officer", PASSWORD, ["auditor"], "username_taken"),
        ("", PASSWORD, ["auditor"], "bad_username"),
        ("a b/<x>", PASSWORD, ["auditor"], "bad_username"),
        ("x" * 300, PASSWORD, ["auditor"], "bad_username"),
        ("new.owner", PASSWORD, ["applicant"], "role_does_not_fit"),
        ("new.operator", PASSWORD, ["auditor", "operator"], "role_does_not_fit"),
    ],
)
def test_a_person_is_added_with_known_roles_a_fit_password_and_a_free_name(
    members: Consortium, username: str, password: str, roles: list[str], code: str
) -> None:
    with pytest.raises((Malformed, Conflict)) as refused:
        consortium.add_user(members.lender, username, password, roles)
    assert refused.value.code == code


def test_a_role_fits_only_a_member_that_does_such_work(members: Consortium) -> None:
    fitting = {
        "lender": {"credit_officer", "business_manager", "analyst"},
        "enterprise": {"applicant", "delivery_clerk"},
        "operator": {"operator"},
    }
    for member in (members.lender, members.supplier, members.operator):
        for role in USER_ROLES:
            name = f"{member.pk}.{role}"
            if role in fitting[member.roles[0]] | {"auditor"}:
                assert consortium.add_user(member, name, PASSWORD, [role]).roles == [role]
            else:
                with pytest.raises(Malformed, match="member that is"):
                    consortium.add_user(member, name, PASSWORD, [role])
                assert not User.objects.filter(username=name).exists()


def test_the_table_of_fitting_roles_knows_every_role_of_a_user() -> None:
    assert consortium.FITTING.keys() == USER_ROLES.keys()


def test_the_password_is_kept_hashed(members: Consortium) -> None:
    assert PASSWORD not in User.objects.get(username="harbour.officer").password


def test_of_a_token_only_the_digest_is_kept_and_it_ends(house: Installation, members: Consortium) -> None:
    token = consortium.issue_token(house, members.officer, "core banking")
    kept = AccessToken.objects.get()
    assert token not in kept.digest
    assert kept.digest == consortium.token_digest(token)
    assert kept.expires_at - kept.created_at == timedelta(days=365)


def test_a_suspended_lender_can_take_in_no_application(house: Installation, members: Consortium) -> None:
    application = filled_in(house, members)
    consortium.outbox.enqueue(
        members.operator.address,
        "membership",
        "suspend",
        {"address": members.lender.address},
        house.clock.now(),
    )
    consortium.outbox.relay(house)
    with pytest.raises(Forbidden) as refused:
        applications.submit(house, actor_of(members.owner), application.reference)
    application.refresh_from_db()
    assert refused.value.code == "lender_not_in_standing"
    assert application.stage == "draft"
    assert not anchoring.Anchor.objects.exists()


def test_the_operator_suspends_and_reinstates_a_member(house: Installation, members: Consortium) -> None:
    operator, lender = members.operator.address, members.lender.address
    assert consortium.change_standing(house, operator, lender, "suspend").status == "suspended"
    assert consortium.change_standing(house, operator, lender, "reinstate").status == "active"
    with pytest.raises(Rejection):
        consortium.change_standing(house, operator, lender, "reinstate")
    with pytest.raises(Rejection):
        consortium.change_standing(house, lender, members.supplier.address, "suspend")


def test_the_ledger_names_its_members(house: Installation, members: Consortium) -> None:
    on_ledger = {one.address: one.name for one in consortium.members_on_ledger(house)}
    assert on_ledger == dict(Member.objects.values_list("address", "name"))


@pytest.mark.parametrize("use_case", PERMISSIONS)
def test_a_user_without_member_or_role_may_do_nothing(use_case: str) -> None:
    for actor in (Actor(1, None, PERMISSIONS[use_case]), Actor(1, 1, frozenset())):
        with pytest.raises(Forbidden):
            actor.require(use_case)


def test_references_count_up_within_their_year(db: None) -> None:
    given = [next_reference("LA", 2026), next_reference("LA", 2026), next_reference("LA", 2027)]
    assert given == ["LA-2026-00001", "LA-2026-00002", "LA-2027-00001"]


def test_a_member_whose_keys_are_elsewhere_is_recorded_once_as_the_ledger_knows_it(
    house: Installation, members: Consortium
) -> None:
    elsewhere = members.supplier.address
    Member.objects.filter(address=elsewhere).update(address="away")  # this installation never hosted it
    known = consortium.recognise(house, elsewhere, name_zh="样例橡胶有限公司")
    assert (known.name, known.roles) == (members.supplier.name, ["enterprise"])
    assert consortium.recognise(house, elsewhere).pk == known.pk


def test_a_member_that_the_ledger_does_not_know_is_not_recorded(
    house: Installation, members: Consortium
) -> None:
    with pytest.raises(NotFound) as caught:
        consortium.recognise(house, "tly1" + "q" * 38)
    assert caught.value.code == "unknown_member"
