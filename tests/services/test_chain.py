"""The chain that a lender sees: what its query gave, then only what each member's live consent covers."""

from datetime import timedelta

import pytest

from tallystick.errors import Conflict, Forbidden, NotFound
from tallystick.evidence.chain import End, Sight
from tallystick.records.models import Member, Qualification
from tallystick.services import chain, consents, consortium, deliveries, media, qualification
from tallystick.services.access import actor_of
from tests.installation import NOW, PASSWORD
from tests.services.test_deliveries import picture

DUE = NOW + timedelta(days=14)


class People:
    """Clerks of a chain of enterprises: rubber, castings, wheels, cars."""

    def __init__(self, house, members, folder):
        self.house, self.folder = house, folder
        self.users = {"rubber": members.owner, "castings": members.other_owner}
        for name in ("wheels", "cars"):
            member = consortium.admit(
                house, members.operator.address, name=f"Example {name}", roles=["enterprise"]
            )
            roles = ["applicant", "delivery_clerk"]
            self.users[name] = consortium.add_user(member, f"{name}.clerk", PASSWORD, roles)
        self.members = members

    def address(self, name):
        return Member.objects.get(pk=self.users[name].member_id).address

    def deliver(self, supplier, buyer):
        owner = self.users[supplier]
        arriving = self.folder / "arriving"
        arriving.write_bytes(picture())
        file = media.keep(self.house, actor_of(owner), arriving, "goods.jpg")
        row = deliveries.submit(
            self.house, actor_of(owner), buyer=self.address(buyer), media_ids=[file.pk], due_at=DUE
        )
        return deliveries.sign(self.house, actor_of(self.users[buyer]), row.reference)

    def consent(self, name, *rows):
        scope = [consents.scope_of(row) for row in rows] or [consents.EVERY_DELIVERY]
        return consents.grant(
            self.house,
            actor_of(self.users[name]),
            recipient=self.members.lender.address,
            until=DUE,
            scope=scope,
        )

    def trace(self, *cores):
        row = qualification.query(self.house, actor_of(self.members.officer), self.address("rubber"))
        officer = actor_of(self.members.officer)
        return chain.trace(self.house, officer, row.reference, [self.address(each) for each in cores]).chain

    def names(self, path):
        known = {self.address(name): name for name in self.users}
        return [known[each] for each in path.members]


@pytest.fixture
def people(house, members, tmp_path):
    return People(house, members, tmp_path)


def test_without_consent_the_next_link_is_missing_whether_or_not_there_is_one(people):
    people.deliver("rubber", "castings")
    before = people.trace()
    people.deliver("castings", "wheels")
    after = people.trace()
    assert before.links == after.links
    assert before.missing == after.missing == {people.address("castings"): Sight.NO_CONSENT}
    assert [path.end for path in after.paths] == [End.NO_CONSENT]


def test_the_chain_is_followed_by_consent_to_the_core_enterprise(people):
    people.deliver("rubber", "castings")
    for _ in range(2):
        people.deliver("castings", "wheels")
    people.deliver("wheels", "cars")
    people.consent("castings")
    people.consent("wheels")
    found = people.trace("cars")
    (path,) = found.paths
    assert (people.names(path), path.end) == (["rubber", "castings", "wheels", "cars"], End.CORE)
    assert [link.deliveries for link in found.links] == [1, 2, 1]
    assert found.reaches_core


def test_a_consent_shows_the_deliveries_that_it_covers_and_no_other(people):
    people.deliver("rubber", "castings")
    shown = people.deliver("castings", "wheels")
    people.deliver("castings", "cars")
    people.consent("castings", shown)
    assert {link.buyer for link in people.trace().links} == {
        people.address("castings"),
        people.address("wheels"),
    }


def test_a_consent_taken_back_hides_the_link_again(people):
    people.deliver("rubber", "castings")
    people.deliver("castings", "wheels")
    given = people.consent("castings")
    assert len(people.trace().links) == 2
    consents.withdraw(people.house, actor_of(people.users["castings"]), given.pk)
    assert len(people.trace().links) == 1


def test_a_circle_is_named_and_followed_once(people):
    people.deliver("rubber", "castings")
    people.deliver("castings", "rubber")
    people.consent("castings")
    found = people.trace()
    assert [path.end for path in found.paths] == [End.CYCLE]
    assert len(found.cycles) == 1


def test_what_came_before_the_period_is_no_link(people):
    people.deliver("rubber", "castings")
    people.deliver("castings", "wheels")
    people.consent("castings")
    people.trace()
    row = Qualification.objects.get()
    row.findings["since"] = row.findings["records"][0]["recorded_at"] + 10**12
    row.save()
    found = chain.trace(people.house, actor_of(people.members.officer), row.reference).chain
    assert found.missing == {people.address("castings"): Sight.NO_RECORDS}


def test_a_limit_that_was_reached_is_named(people, monkeypatch):
    people.deliver("rubber", "castings")
    for _ in range(2):
        people.deliver("castings", "wheels")
    people.consent("castings")
    people.trace()
    monkeypatch.setattr(chain, "MAX_DELIVERIES", 1)
    row = Qualification.objects.get()
    traced = chain.trace(people.house, actor_of(people.members.officer), row.reference)
    assert traced.limits == ("deliveries",)


def test_only_the_lender_that_asked_sees_the_chain(people, members):
    people.deliver("rubber", "castings")
    people.trace()
    reference = Qualification.objects.get().reference
    with pytest.raises(NotFound):
        chain.trace(people.house, actor_of(members.other_officer), reference)
    with pytest.raises(Forbidden):
        chain.trace(people.house, actor_of(members.owner), reference)
    with pytest.raises(NotFound) as caught:
        chain.latest(actor_of(members.other_officer), people.address("rubber"))
    assert caught.value.code == "unknown_qualification"
    assert chain.latest(actor_of(members.officer), people.address("rubber")).reference == reference


def test_a_query_that_is_not_answered_has_no_chain(people, members):
    people.trace()
    Qualification.objects.update(findings=None)
    with pytest.raises(Conflict) as caught:
        chain.trace(people.house, actor_of(members.officer), Qualification.objects.get().reference)
    assert caught.value.code == "not_examined"
