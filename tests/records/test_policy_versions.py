"""What the database itself refuses to do to a policy version, whoever asks it in SQL."""

from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from tallystick.records.models import PolicyVersion, User
from tallystick.services import consortium
from tests.installation import NOW, PASSWORD, Consortium

LATER = NOW + timedelta(days=1)
STAGES = ("draft", "submitted", "approved", "rejected", "withdrawn")
ALLOWED = {
    ("draft", "submitted"),
    ("draft", "withdrawn"),
    ("submitted", "approved"),
    ("submitted", "rejected"),
    ("submitted", "withdrawn"),
    ("approved", "withdrawn"),
}


@pytest.fixture
def people(members: Consortium) -> list[User]:
    names = ("one.analyst", "two.analyst", "three.analyst")
    return [consortium.add_user(members.lender, name, PASSWORD, ["analyst"]) for name in names]


def written(stage: str, people: list[User]) -> dict[str, object]:
    """Return what a move to ``stage`` writes, as columns."""
    decided = {"decided_by_id": people[1].pk, "decided_at": NOW}
    return {
        "draft": {},
        "submitted": {"submitted_at": NOW},
        "approved": {**decided, "in_force_from": NOW},
        "rejected": decided,
        "withdrawn": {"withdrawn_by_id": people[2].pk, "withdrawn_at": NOW},
    }[stage]


def update(row: PolicyVersion, **columns: object) -> int:
    """Change columns of a row in plain SQL; return how many rows it changed."""
    names = ", ".join(f"{name} = %s" for name in columns)
    with transaction.atomic(), connection.cursor() as cursor:
        sql = f"UPDATE records_policyversion SET {names} WHERE id = %s"  # noqa: S608 - names of this file
        cursor.execute(sql, [*_given(columns), row.pk])
        return int(cursor.rowcount)


def _given(columns: dict[str, object]) -> list[Any]:
    adapt = connection.ops.adapt_datetimefield_value
    return [adapt(value) if isinstance(value, datetime) else value for value in columns.values()]


def delete(row: PolicyVersion) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM records_policyversion WHERE id = %s", [row.pk])
        return int(cursor.rowcount)


def at(stage: str, members: Consortium, people: list[User], number: int = 1) -> PolicyVersion:
    """Return a version that was brought to ``stage``; a withdrawn one had been approved."""
    row = PolicyVersion.objects.create(
        member=members.lender,
        name="a-policy",
        number=number,
        version="0" * 64,
        document="{}",
        cases="{}",
        stage="draft",
        author=people[0],
        made_at=NOW,
    )
    way = {
        "draft": [],
        "rejected": ["submitted", "rejected"],
        "withdrawn": ["submitted", "approved", "withdrawn"],
    }
    for move in way.get(stage, ["submitted", "approved"][: STAGES.index(stage)]):
        if move == "withdrawn":
            assert update(row, withdrawal_asked_by_id=people[1].pk, withdrawal_asked_at=NOW) == 1
        assert update(row, stage=move, **written(move, people)) == 1
    row.refresh_from_db()
    assert row.stage == stage
    return row


@pytest.mark.parametrize(("was", "becomes"), [pair for pair in product(STAGES, STAGES) if pair[0] != pair[1]])
def test_a_version_moves_only_as_it_may(
    was: str, becomes: str, members: Consortium, people: list[User]
) -> None:
    row = at(was, members, people)
    if was == "approved":
        update(row, withdrawal_asked_by_id=people[1].pk, withdrawal_asked_at=NOW)
    if (was, becomes) in ALLOWED:
        assert update(row, stage=becomes, **written(becomes, people)) == 1
    else:
        for columns in ({}, written(becomes, people)):
            with pytest.raises(DatabaseError, match="policy_version_is_kept"):
                update(row, stage=becomes, **columns)


@pytest.mark.parametrize("stage", STAGES[1:])
def test_nothing_that_was_said_or_decided_is_written_twice(
    stage: str, members: Consortium, people: list[User]
) -> None:
    row = at(stage, members, people)
    changes: dict[str, object] = {
        "id": row.pk + 1000,
        "member_id": members.other_lender.pk,
        "name": "other",
        "number": 7,
        "author_id": people[2].pk,
        "made_at": LATER,
        "document": "[]",
        "version": "1" * 64,
        "cases": "",
        "submitted_at": LATER,
        "decided_by_id": people[2].pk,
        "decided_at": LATER,
        "in_force_from": LATER,
        "withdrawn_by_id": people[1].pk,
        "withdrawn_at": LATER,
    }
    for column, value in changes.items():
        with pytest.raises(DatabaseError, match="policy_version_is_kept"):
            update(row, **{column: value})
        if getattr(row, column) is not None and column != "id":
            with pytest.raises(DatabaseError):
                update(row, **{column: None})


def test_a_draft_is_edited_but_stays_its_authors_and_keeps_its_number(
    members: Consortium, people: list[User]
) -> None:
    row = at("draft", members, people)
    assert update(row, document="[]", version="1" * 64, cases="") == 1
    for column, value in {"author_id": people[1].pk, "number": 2, "name": "other", "made_at": LATER}.items():
        with pytest.raises(DatabaseError, match="policy_version_is_kept"):
            update(row, **{column: value})


@pytest.mark.parametrize(
    ("was", "becomes", "left_out"),
    [
        ("draft", "submitted", "submitted_at"),
        ("submitted", "approved", "decided_by_id"),
        ("submitted", "approved", "in_force_from"),
        ("submitted", "rejected", "decided_by_id"),
        ("submitted", "rejected", "decided_at"),
        ("submitted", "withdrawn", "withdrawn_at"),
        ("approved", "withdrawn", "withdrawn_by_id"),
    ],
)
def test_a_step_says_by_whom_and_when(
    was: str, becomes: str, left_out: str, members: Consortium, people: list[User]
) -> None:
    row = at(was, members, people)
    if was == "approved":
        update(row, withdrawal_asked_by_id=people[1].pk, withdrawal_asked_at=NOW)
    columns = written(becomes, people)
    with pytest.raises(DatabaseError):
        update(row, stage=becomes, **{name: value for name, value in columns.items() if name != left_out})
    assert update(row, stage=becomes, **columns) == 1


def test_an_approved_version_is_withdrawn_by_another_than_asked_for_it(
    members: Consortium, people: list[User]
) -> None:
    row = at("approved", members, people)
    done = written("withdrawn", people)
    with pytest.raises(DatabaseError, match="policy_version_is_kept"):
        update(row, stage="withdrawn", **done)
    with pytest.raises(DatabaseError, match="policy_version_is_kept"):  # both in one go
        update(row, stage="withdrawn", withdrawal_asked_by_id=people[1].pk, **done)
    update(row, withdrawal_asked_by_id=people[2].pk, withdrawal_asked_at=NOW)
    with pytest.raises(DatabaseError, match="policy_version_is_kept"):
        update(row, stage="withdrawn", **done)
    assert update(row, stage="withdrawn", **{**done, "withdrawn_by_id": people[1].pk}) == 1


@pytest.mark.parametrize("stage", STAGES)
def test_a_version_begins_as_a_draft_and_only_a_draft_is_deleted(
    stage: str, members: Consortium, people: list[User]
) -> None:
    row = at(stage, members, people)
    if stage == "draft":
        assert delete(row) == 1
        return
    with pytest.raises(DatabaseError, match="policy_version_is_not_deleted"):
        delete(row)
    row.pk, row.number = None, 2
    with pytest.raises(DatabaseError, match="policy_version_begins_as_a_draft"), transaction.atomic():
        row.save(force_insert=True)


def test_the_database_keeps_one_version_in_force_at_a_moment(members: Consortium, people: list[User]) -> None:
    at("approved", members, people)
    other = at("submitted", members, people, number=2)
    with pytest.raises(DatabaseError, match=r"(?i)unique"):
        update(other, stage="approved", **written("approved", people))
    moment = written("approved", people) | {"in_force_from": LATER}
    assert update(other, stage="approved", **moment) == 1
