"""The queue of what is to be fetched: who stands in it, for how long, and that nobody holds up another."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tallystick.errors import Forbidden, Unavailable
from tallystick.records.models import Awaited, Delivery
from tallystick.services import deliveries, media
from tallystick.services.access import actor_of
from tallystick.services.peers import errands
from tallystick.services.peers.errands import CLAIM, FIRST_WAIT, LONGEST_WAIT
from tallystick.signing.keystore import KeyStore
from tallystick.signing.sealing import MINIMUM
from tests.installation import NOW
from tests.services.test_deliveries import DUE, picture, sent


class KeysOf(KeyStore):
    """A store that says it holds the keys of some members only."""

    only: tuple[str, ...] = ()

    def addresses(self) -> tuple[str, ...]:
        return self.only


@pytest.fixture
def tried(monkeypatch) -> list[str]:
    """Deliveries that were asked for; every one comes, unless a test says otherwise."""
    asked: list[str] = []
    monkeypatch.setattr(errands, "arrive", lambda line, supplier, request: asked.append(request))
    return asked


@pytest.fixture
def row(house, members, tmp_path):
    """What the buyer is to have: a delivery that the ledger holds and its installation does not."""
    request = sent(house, members, tmp_path, 1).request
    Delivery.objects.all().delete()
    return Awaited.objects.create(
        member=members.other_supplier, supplier=members.supplier, request=request, again_at=NOW
    )


def failing(monkeypatch, error) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(errands, "arrive", fail)


def test_only_what_waits_for_a_member_here_from_one_elsewhere_is_noted(house, members, tmp_path):
    request = sent(house, members, tmp_path, 1).request
    Delivery.objects.all().delete()
    errands.note_inboxes(house)  # both are here
    assert not Awaited.objects.exists()
    keys = KeysOf(tmp_path / "others", bytes(32), MINIMUM)
    keys.only = (members.other_supplier.address,)
    elsewhere = replace(house, keys=keys)
    for _ in range(2):
        errands.note_inboxes(elsewhere)
    found = Awaited.objects.get()
    assert (found.member, found.supplier, found.request) == (
        members.other_supplier,
        members.supplier,
        request,
    )


def test_what_came_leaves_the_queue(house, row, tried):
    assert errands.run(house) == 1
    assert tried == [row.request]
    assert not Awaited.objects.exists()


def test_each_try_waits_longer_than_the_one_before_up_to_a_limit(house, row, monkeypatch):
    failing(monkeypatch, Unavailable("peer_unreachable", "It does not answer."))
    waits = []
    for _ in range(9):
        assert errands.run(house) == 0
        row.refresh_from_db()
        assert (row.problem, row.claimed_until) == ("peer_unreachable", None)
        waits.append(row.again_at - house.clock.now())
        house.clock.advance(waits[-1] - timedelta(milliseconds=1))
        errands.run(house)
        row.refresh_from_db()
        assert row.tries == len(waits)  # not before its time
        house.clock.advance(timedelta(milliseconds=1))
    assert waits[:3] == [FIRST_WAIT, FIRST_WAIT * 2, FIRST_WAIT * 4]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT


def test_a_missing_consent_is_not_asked_about_again_before_somebody_looks(house, members, row, monkeypatch):
    failing(monkeypatch, Forbidden("consent_missing", "No."))
    errands.run(house)
    row.refresh_from_db()
    assert row.again_at is None
    assert errands.refused(row.member, row.supplier, row.request)
    errands.note(house, row.member, row.supplier, [row.request])
    row.refresh_from_db()
    assert row.again_at == house.clock.now()


def test_a_delivery_is_fetched_by_one_thread_at_a_time_for_whichever_member(house, members, row, tried):
    Awaited.objects.filter(pk=row.pk).update(claimed_until=NOW + CLAIM)
    Awaited.objects.create(member=members.lender, supplier=row.supplier, request=row.request, again_at=NOW)
    assert errands.run(house) == 0
    assert tried == []
    house.clock.advance(CLAIM + timedelta(seconds=1))  # its thread has died
    assert errands.run(house) == 2


def test_a_supplier_that_crowds_a_buyers_inbox_waits_and_holds_up_no_other(
    house, members, row, tried, tmp_path, monkeypatch
):
    monkeypatch.setattr(errands, "MAX_UNANSWERED", 1)
    monkeypatch.setattr(errands, "MAX_IN_A_ROUND", 1)
    sent(house, members, tmp_path, 1)
    Delivery.objects.update(named="DL-2026-00009")  # as one that came and is not answered
    clerk, path = actor_of(members.other_owner), tmp_path / "arriving"
    path.write_bytes(picture(50))
    file = media.keep(house, clerk, path, "goods.jpg")
    other = deliveries.submit(
        house, clerk, buyer=members.supplier.address, media_ids=[file.pk], due_at=DUE
    ).request
    Awaited.objects.create(
        member=members.supplier, supplier=members.other_supplier, request=other, again_at=NOW
    )
    assert errands.run(house) == 0
    row.refresh_from_db()
    assert (row.problem, row.again_at - house.clock.now()) == ("too_many_unanswered", LONGEST_WAIT)
    assert errands.run(house) == 1
    assert tried == [other]


def test_a_missing_key_of_the_askers_is_a_problem_of_its_row_alone(house, members, row, tmp_path):
    keys = KeysOf(tmp_path / "none", bytes(32), MINIMUM)
    assert errands.run(replace(house, keys=keys, peers={row.supplier.address: "http://127.0.0.1:1"})) == 0
    row.refresh_from_db()
    assert row.problem == "unknown_key"
