"""From the qualification to the loan: which decision an offer rests on, decided again bit for bit."""

from datetime import timedelta

import msgspec
import pytest

from tallystick.errors import Conflict
from tallystick.lending.again import replay
from tallystick.lending.offer import Refusal
from tallystick.records.models import Qualification
from tallystick.services import assessment, catalogue, offers, programmes, qualification
from tallystick.services import replay as service
from tallystick.services.access import actor_of
from tallystick.services.sight import Side, finding_document
from tallystick.values.clock import FixedClock
from tallystick.values.money import Money
from tallystick.values.rates import Rate
from tests.installation import NOW
from tests.services.test_origination import submitted


def asking(house, members, need):
    """Let the lender's programme ask for a qualification."""
    document = msgspec.json.decode(catalogue.programme_document("invoice-loan"))
    document["qualification"] = {"need": need, "valid_days": 30}
    policies = {name: catalogue.policy_document(name) for name in catalogue.POLICIES}
    programmes.publish(house, members.lender, msgspec.json.encode(document), policies)


def assessed(house, members):
    application = submitted(house, members)
    assessment.assess(house, actor_of(members.officer), application.reference)
    return application


def decided(house, members, amount="250000.00", *, application=""):
    officer = actor_of(members.officer)
    row = qualification.query(house, officer, members.supplier.address, application=application)
    if amount is None:
        return qualification.decide(house, officer, row.reference, outcome="decline", reason="No records.")
    priced = {"amount": Money.parse(amount, "CNY"), "rate": Rate.parse("0.0485")}
    return qualification.decide(house, officer, row.reference, outcome="grant", reason="Seen.", **priced)


def offered(house, members, application):
    made = offers.make_offer(house, actor_of(members.officer), application.reference)
    application.refresh_from_db()
    return made


@pytest.mark.parametrize("need", ["optional", "required"])
def test_the_offer_rests_on_the_grant_and_is_decided_again_bit_for_bit(house, members, need):
    asking(house, members, need)
    application = assessed(house, members)
    granted = decided(house, members)
    made = offered(house, members, application)
    assert (made.amount.text, made.rate.text) == ("250000.00", "0.0485")
    assert made.document["qualification"]["reference"] == granted.reference
    assert made.document["decision"]["outputs"]["annual_rate"] != "0.0485"  # what the grade would give
    file = service.decision_file(application)
    assert file.papers["qualification"]["amount"] == "250000.00"
    assert replay(file) == ()
    changed = msgspec.convert(msgspec.to_builtins(file), type(file))
    changed.papers["qualification"]["amount"] = "260000.00"
    assert {each.at for each in replay(changed)} >= {
        "qualification: digest",
        "offer.amount",
        "decision.inputs_digest",
    }


def test_the_applicant_is_not_told_what_the_qualification_said(house, members):
    asking(house, members, "optional")
    application = assessed(house, members)
    decided(house, members)
    offered(house, members, application)
    finding = application.findings.get(kind="qualification")
    assert finding_document(Side.APPLICANT, finding) is None
    assert finding_document(Side.LENDER, finding)["annual_rate"] == "0.0485"


def test_a_declined_qualification_declines_the_application_with_its_reason(house, members):
    asking(house, members, "optional")
    application = assessed(house, members)
    decided(house, members, None)
    made = offered(house, members, application)
    assert isinstance(made, Refusal)
    assert application.stage == "declined"
    codes = [each["code"] for each in application.findings.get(kind="decision").document["reasons"]]
    assert codes[-1] == "qualification_declined"
    assert replay(service.decision_file(application)) == ()


def test_where_one_is_required_none_live_means_no_offer_yet(house, members):
    asking(house, members, "required")
    application = assessed(house, members)
    decided(house, members)
    later = FixedClock(NOW + timedelta(days=30))
    object.__setattr__(house, "clock", later)
    with pytest.raises(Conflict) as caught:
        offered(house, members, application)
    assert caught.value.code == "qualification_required"
    application.refresh_from_db()
    assert application.stage == "assessed"
    assert not application.findings.filter(kind__in=["qualification", "refusal"]).exists()


@pytest.mark.parametrize(
    ("decisions", "amount"),
    [
        ((), "600000.00"),  # nothing live: by the grade alone
        (("250000.00", "300000.00"), "300000.00"),  # the latest counts
        ((None, "300000.00"), "300000.00"),  # whatever was said before
    ],
)
def test_the_latest_decision_counts(house, members, decisions, amount):
    asking(house, members, "optional")
    application = assessed(house, members)
    for each in decisions:
        decided(house, members, each)
    assert offered(house, members, application).amount.text == amount


def test_a_query_without_a_decision_and_another_lenders_do_not_count(house, members):
    asking(house, members, "required")
    application = assessed(house, members)
    qualification.query(house, actor_of(members.officer), members.supplier.address)
    row = decided(house, members)
    Qualification.objects.filter(pk=row.pk).update(lender=members.other_lender)
    with pytest.raises(Conflict):
        offered(house, members, application)


def test_a_grant_serves_one_application(house, members):
    asking(house, members, "required")
    first, second = assessed(house, members), assessed(house, members)
    row = decided(house, members)
    offered(house, members, first)
    row.refresh_from_db()
    assert row.application == first
    with pytest.raises(Conflict) as caught:
        offered(house, members, second)
    assert caught.value.code == "qualification_required"
    decided(house, members, "310000.00", application=second.reference)
    assert offered(house, members, second).amount.text == "310000.00"


def test_a_programme_that_does_not_ask_is_as_it_was(house, members):
    application = assessed(house, members)
    decided(house, members, None)
    made = offered(house, members, application)
    assert made.amount.text == "600000.00"
    assert not application.findings.filter(kind="qualification").exists()
