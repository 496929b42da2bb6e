"""The store of policies: two people for every change, one version in force, the effect seen first."""

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from tallystick.errors import Conflict, Forbidden, Malformed, NotFound
from tallystick.policy.graph import parse_policy
from tallystick.policy.graph_decide import decide_policy
from tallystick.records.models import PolicyVersion, User
from tallystick.services import (
    assessment,
    catalogue,
    consortium,
    policies,
    policy_effect,
    policy_versions,
    policy_withdrawal,
    programmes,
    replay,
)
from tallystick.services.access import Actor, actor_of
from tallystick.services.installation import Installation
from tests.installation import PASSWORD, Consortium
from tests.web import scenes

NAME = "invoice-admission"


def document(**changes: object) -> bytes:
    """Return the shipped admission policy with ``changes``."""
    return json.dumps(json.loads(catalogue.policy_document(NAME)) | changes).encode()


def stricter() -> bytes:
    """Return a policy that declines everybody."""
    written = json.loads(catalogue.policy_document(NAME))
    written["rules"].append(
        {
            "code": "NOBODY",
            "text": {"en": "Nobody is admitted.", "zh": "一律不予准入。"},
            "when": {},
            "points": {"base": "99"},
        }
    )
    return json.dumps(written).encode()


def one_case(text: bytes) -> bytes:
    """Return cases for a policy of ours: what it decides on the figures that the shipped cases share."""
    policy = parse_policy(text)
    usual = json.loads(catalogue.policy_cases(policy.name))["usual"]
    found = decide_policy(policy, usual)
    case = {"name": "usual", "outcome": found.outcome}
    return json.dumps({"policy": policy.name, "usual": usual, "cases": [case]}).encode()


@pytest.fixture
def analyst(members: Consortium) -> User:
    return consortium.add_user(members.lender, "harbour.analyst", PASSWORD, ["analyst"])


@pytest.fixture
def reviewer(members: Consortium) -> User:
    return consortium.add_user(members.lender, "harbour.reviewer", PASSWORD, ["analyst", "business_manager"])


def proposed(house: Installation, author: Actor, text: bytes) -> PolicyVersion:
    row = policies.draft(house, author, text, one_case(text))
    policy_effect.work_out(house, author, NAME, row.number)
    return policies.submit(house, author, NAME, row.number, "because")


def approved(house: Installation, author: User, reviewer: User, text: bytes) -> PolicyVersion:
    row = proposed(house, actor_of(author), text)
    return policies.approve(house, actor_of(reviewer), NAME, row.number, "agreed")


def test_the_next_application_is_judged_by_what_was_approved_and_running_ones_by_what_was_pinned(
    house: Installation, members: Consortium, analyst: User, reviewer: User
) -> None:
    before = scenes.submitted(house, members)
    old = programmes.rulebook(before.programme).tables[NAME].version
    row = approved(house, analyst, reviewer, stricter())
    after = scenes.submitted(house, members)
    assessment.assess(house, actor_of(members.officer), before.reference)
    assessment.assess(house, actor_of(members.officer), after.reference)
    assert [scenes.fresh(each).stage for each in (before, after)] == ["assessed", "declined"]
    versions = [each.findings.get(kind="admission").document["policy"]["version"] for each in (before, after)]
    assert versions == [old, row.version]
    assert all(not each.differences for each in replay.all_again())


def test_nobody_decides_on_what_they_wrote(house: Installation, members: Consortium, reviewer: User) -> None:
    actor = actor_of(reviewer)
    row = proposed(house, actor, stricter())
    for decide in (policies.approve, policies.reject):
        with pytest.raises(Forbidden, match="Whoever wrote"):
            decide(house, actor, NAME, row.number, "mine")
    now = house.clock.now()
    with pytest.raises(IntegrityError, match="nobody_approves_their_own_policy"), transaction.atomic():
        PolicyVersion.objects.filter(pk=row.pk).update(
            stage="approved", decided_by=reviewer, decided_at=now, in_force_from=now
        )


def test_an_officer_and_an_applicant_neither_draft_nor_decide(
    house: Installation, members: Consortium, analyst: User
) -> None:
    row = proposed(house, actor_of(analyst), stricter())
    for user in (members.node_operator, members.owner):
        for do in (
            lambda actor: policies.draft(house, actor, stricter()),
            lambda actor: policies.approve(house, actor, NAME, row.number),
            lambda actor: policy_versions.find(actor, NAME, row.number),
        ):
            with pytest.raises(Forbidden, match="role"):
                do(actor_of(user))
    with pytest.raises(NotFound):
        policies.approve(house, actor_of(members.other_officer), NAME, row.number)


def test_a_version_of_a_later_day_waits_for_it(
    house: Installation, members: Consortium, analyst: User, reviewer: User
) -> None:
    row = approved(house, analyst, reviewer, document(effective_from="2026-12-01", points_max="90"))
    lender, day = members.lender.pk, row.in_force_from
    assert (day.isoformat(), day > house.clock.now()) == ("2026-12-01T00:00:00+00:00", True)
    assert policy_versions.in_force(lender, NAME, day - timedelta(seconds=1)) is None
    assert policy_versions.in_force(lender, NAME, day) == row


def test_two_people_withdraw_what_is_in_force_and_the_version_before_holds_again(
    house: Installation, members: Consortium, analyst: User, reviewer: User
) -> None:
    first = approved(house, analyst, reviewer, document(points_max="90"))
    with pytest.raises(Conflict, match="No approved version"):
        policy_withdrawal.withdraw(house, actor_of(reviewer), NAME, first.number, "wrong")
    house.clock.advance(timedelta(days=1))
    second = approved(house, analyst, reviewer, stricter())
    at = house.clock.now()
    house.clock.advance(timedelta(days=1))
    lender, now = members.lender.pk, house.clock.now()
    with pytest.raises(Malformed, match="Say why"):
        policy_withdrawal.withdraw(house, actor_of(reviewer), NAME, second.number, " ")
    asked = policy_withdrawal.withdraw(house, actor_of(reviewer), NAME, second.number, "wrong")
    assert (asked.stage, asked.withdrawal_asked_by) == ("approved", reviewer)
    assert policy_versions.in_force(lender, NAME, now) == second
    with pytest.raises(Forbidden, match="somebody else"):
        policy_withdrawal.withdraw(house, actor_of(reviewer), NAME, second.number, "wrong indeed")
    done = policy_withdrawal.withdraw(house, actor_of(members.officer), NAME, second.number, "it is")
    assert (done.stage, done.withdrawn_by_id) == ("withdrawn", members.officer.pk)
    assert policy_versions.in_force(lender, NAME, now) == first
    assert policy_versions.in_force(lender, NAME, at) == second
    active = members.lender.programmes.get(retired_at=None)
    assert programmes.rulebook(active).tables[NAME].version == first.version


def test_a_second_person_may_leave_in_force_what_one_asked_to_withdraw(
    house: Installation, members: Consortium, analyst: User, reviewer: User
) -> None:
    approved(house, analyst, reviewer, document(points_max="90"))
    house.clock.advance(timedelta(days=1))
    row = approved(house, analyst, reviewer, stricter())
    other = actor_of(members.officer)
    with pytest.raises(Conflict, match="Nobody asks"):
        policy_withdrawal.keep(house, other, NAME, row.number, "good")
    policy_withdrawal.withdraw(house, actor_of(reviewer), NAME, row.number, "wrong")
    with pytest.raises(Malformed, match="Say why"):
        policy_withdrawal.keep(house, other, NAME, row.number, "")
    kept = policy_withdrawal.keep(house, other, NAME, row.number, "good")
    assert (kept.stage, kept.withdrawal_asked_by) == ("approved", None)
    asked = policy_withdrawal.withdraw(house, other, NAME, row.number, "after all")  # it begins anew
    assert (asked.stage, asked.withdrawal_asked_by_id) == ("approved", members.officer.pk)
    said = [event.what for event in row.events.all()]
    assert said == ["draft", "submit", "approve", "ask_out", "keep", "ask_out"]


def test_what_cannot_come_into_force_is_not_submitted(
    house: Installation, members: Consortium, analyst: User
) -> None:
    actor = actor_of(analyst)
    written = json.loads(catalogue.policy_document(NAME))
    cases = json.loads(catalogue.policy_cases(NAME))
    wrong = {**cases, "cases": [{**cases["cases"][0], "outcome": "decline"}]}
    unreachable = json.loads(catalogue.policy_document("invoice-loan-offer"))
    unreachable["rules"].append({**unreachable["rules"][-1], "code": "AGAIN"})
    for text, tests, code in (
        (json.dumps(written | {"hit": "odd"}).encode(), b"", "malformed_policy"),
        (stricter(), json.dumps(wrong).encode(), "cases_fail"),
        (stricter(), b"", "no_cases"),
        (stricter(), b" \n", "no_cases"),
        (document(acceptable=None), one_case(document(acceptable=None)), "unfit_policy"),
        (json.dumps(unreachable).encode(), b"", "policy_has_faults"),
    ):
        row = policies.draft(house, actor, text, tests)
        with pytest.raises(Malformed) as refused:
            policies.submit(house, actor, row.name, row.number)
        assert refused.value.code == code


def test_a_change_shows_its_effect_before_it_is_submitted_and_again_before_it_is_approved(
    house: Installation, members: Consortium, analyst: User, reviewer: User
) -> None:
    actor = actor_of(analyst)
    draft = policies.draft(house, actor, stricter(), one_case(stricter()))
    with pytest.raises(Conflict, match="Work out first"):
        policies.submit(house, actor, NAME, draft.number)
    policy_effect.work_out(house, actor, NAME, draft.number)
    policies.submit(house, actor, NAME, draft.number)
    approved(house, analyst, reviewer, document(points_max="90"))  # what it is held against has changed
    with pytest.raises(Conflict, match="Work out first"):
        policies.approve(house, actor_of(reviewer), NAME, draft.number)


def test_the_effect_says_who_would_change_and_by_how_much(
    house: Installation, members: Consortium, analyst: User
) -> None:
    offered = scenes.offered(house, members)
    scenes.declined(house, members)
    actor = actor_of(analyst)
    row = policies.draft(house, actor, stricter())
    effect = policy_effect.work_on(house, actor, NAME, row.number, at_most=1)
    assert (effect.done, effect.total, policy_effect.is_complete(effect)) == (1, 2, False)
    effect = policy_effect.work_out(house, actor, NAME, row.number)
    found = effect.document
    assert (found["decided"], found["changed"]) == (2, 1)
    assert found["outcomes"] == {"decline": {"decline": 1}, "approve": {"decline": 1}}
    assert found["amounts"] == {"CNY": [offered.offer.amount_minor, 0]}
    assert found["grades"][offered.offer.grade] == {
        "before": 1,
        "after": 0,
        "amounts": {"CNY": [offered.offer.amount_minor, 0]},
    }
    (row,) = found["rows"]  # who was declined for another reason before is declined as before
    assert (row["reference"], row["after"]["reasons"]) == (offered.reference, ["NOBODY"])


def test_a_policy_that_changes_nothing_has_no_effect(
    house: Installation, members: Consortium, analyst: User
) -> None:
    scenes.offered(house, members)
    scenes.declined(house, members)
    actor = actor_of(analyst)
    row = policies.draft(house, actor, document(title={"en": "Other", "zh": "其他"}))
    found = policy_effect.work_out(house, actor, NAME, row.number).document
    assert (found["decided"], found["changed"], found["undecided"]) == (2, 0, [])


def test_a_programme_takes_a_governed_policy_from_the_store_whatever_comes_with_it(
    house: Installation, members: Consortium, analyst: User, reviewer: User
) -> None:
    row = approved(house, analyst, reviewer, stricter())
    texts = {name: catalogue.policy_document(name) for name in catalogue.POLICIES}
    made = programmes.publish(house, members.lender, catalogue.programme_document("invoice-loan"), texts)
    assert programmes.rulebook(made).tables[NAME].version == row.version


def test_only_the_author_changes_a_draft_and_nobody_what_was_submitted(
    house: Installation, members: Consortium, analyst: User, reviewer: User
) -> None:
    row = policies.draft(house, actor_of(analyst), b'{"name": "invoice-admission", "rules": "to be written"}')
    with pytest.raises(Forbidden, match="Only whoever wrote it"):
        policies.edit(house, actor_of(reviewer), NAME, row.number, document=stricter())
    policies.edit(house, actor_of(analyst), NAME, row.number, document=stricter(), cases=one_case(stricter()))
    policy_effect.work_out(house, actor_of(analyst), NAME, row.number)
    policies.submit(house, actor_of(analyst), NAME, row.number)
    with pytest.raises(Conflict, match="submitted"):
        policies.edit(house, actor_of(analyst), NAME, row.number, document=stricter())
    with pytest.raises(Malformed, match="Say why"):
        policies.reject(house, actor_of(reviewer), NAME, row.number, " ")
    policies.reject(house, actor_of(reviewer), NAME, row.number, "too strict")
    assert [event.what for event in row.events.all()] == ["draft", "submit", "reject"]
