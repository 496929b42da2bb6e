"""From a lender's query to its decision: every way of tampering is caught by the check it belongs to."""

from datetime import timedelta

import pytest

from tallystick.contracts import qualification as contract
from tallystick.contracts.shapes import decode_kept
from tallystick.errors import Conflict, Forbidden, Malformed, NotFound, Rejection
from tallystick.evidence.assessment import Assessment, Basis, Figure
from tallystick.records.models import MediaFile, MediaReading, Qualification
from tallystick.services import (
    catalogue,
    consents,
    consortium,
    deliveries,
    policies,
    policy_effect,
    qualification,
)
from tallystick.services.access import actor_of
from tallystick.values.money import Money
from tallystick.values.rates import Rate
from tests.installation import NOW, PASSWORD
from tests.services.test_deliveries import sent
from tests.services.test_policies import one_case

SEEN = Figure("good", Basis.PERSON, "Seen on three photographs.")
GOOD = Assessment(
    "by-hand",
    SEEN,
    Figure("12000", Basis.PERSON, "Counted on the delivery note."),
    Figure("48000.00", Basis.PERSON, "By the contract's price."),
)


def recorded(house, members, folder):
    row = sent(house, members, folder, 1)
    return deliveries.sign(house, actor_of(members.other_owner), row.reference)


def consented(house, members):
    return consents.grant(
        house, actor_of(members.owner), recipient=members.lender.address, until=NOW + timedelta(days=30)
    )


def asked(house, members):
    return qualification.query(house, actor_of(members.officer), members.supplier.address)


def failed(row, outcome="failed"):
    return [
        check["name"]
        for record in row.findings["records"]
        for check in record["checks"]
        if check["outcome"] == outcome
    ]


def test_a_query_gives_every_record_with_every_check_and_stays_on_the_ledger(house, members, tmp_path):
    delivered = recorded(house, members, tmp_path)
    consented(house, members)
    row = asked(house, members)
    (record,) = row.findings["records"]
    assert (record["address"], record["record_hash"]) == (delivered.record, delivered.record_hash)
    assert [check["outcome"] for check in record["checks"]] == ["passed"] * 5
    assert record["counts"]
    (kept,) = house.ledger.scan(contract.queries_prefix(members.supplier.address))
    assert decode_kept(*kept, contract.Asked).lender == members.lender.address


def test_without_consent_the_files_are_not_read_and_the_record_does_not_count(house, members, tmp_path):
    recorded(house, members, tmp_path)
    row = asked(house, members)
    assert failed(row, "not_made") == ["medium:1:not_released"]
    assert not row.findings["records"][0]["counts"]
    consented(house, members)
    row = qualification.examine(house, actor_of(members.officer), row)
    assert row.findings["records"][0]["counts"]


def test_the_supplier_sees_that_an_examination_read_its_files_and_by_which_consent(house, members, tmp_path):
    delivered = recorded(house, members, tmp_path)
    asked(house, members)
    assert not MediaReading.objects.exists()
    given = consented(house, members)
    asked(house, members)
    (reading,) = MediaReading.objects.all()
    assert (reading.media, reading.member, reading.user, reading.consent) == (
        delivered.media.get(),
        members.lender,
        members.officer,
        given,
    )


def change_ciphertext(house, tmp_path, file):
    (stored,) = [path for path in (tmp_path / "media").rglob("*") if path.name.startswith(file.sha256)]
    content = bytearray(stored.read_bytes())
    content[-1] ^= 1
    stored.write_bytes(content)


def remove_file(house, tmp_path, file):
    house.media.discard(file.sha256)


def swap_key(house, tmp_path, file):
    other = MediaFile.objects.exclude(pk=file.pk).first()
    file.wrapped_key = other.wrapped_key
    file.save()


def forget_file(house, tmp_path, file):
    file.delete()


@pytest.mark.parametrize(
    ("tamper", "check"),
    [
        (change_ciphertext, "medium:1:changed"),
        (remove_file, "medium:1:missing"),
        (swap_key, "medium:1:key"),
        (forget_file, "medium:1:missing"),
    ],
)
def test_each_way_of_tampering_with_the_media_is_named(house, members, tmp_path, tamper, check):
    delivered = recorded(house, members, tmp_path)
    recorded(house, members, tmp_path)
    consented(house, members)
    tamper(house, tmp_path, delivered.media.get())
    row = asked(house, members)
    assert failed(row) == [check]
    assert [record["counts"] for record in row.findings["records"]] == [False, True]


def test_a_reviewers_grade_decides_the_tier_and_the_officer_the_loan(house, members, tmp_path):
    rows = [recorded(house, members, tmp_path) for _ in range(3)]
    consented(house, members)
    row, officer = asked(house, members), actor_of(members.officer)
    assert row.findings["tier"] is None
    assert {record["tier"] for record in row.findings["records"]} == {None}
    for each in rows:
        row = qualification.grade_by_hand(house, officer, row.reference, each.record, GOOD)
    assert {record["tier"] for record in row.findings["records"]} == {1}
    assert row.findings["tier"] == 1
    amount, rate = Money.parse("200000.00", "CNY"), Rate.parse("0.0485")
    decided = qualification.decide(
        house, officer, row.reference, outcome="grant", reason="Tier 1.", amount=amount, rate=rate
    )
    assert (decided.outcome, decided.amount_minor, decided.annual_rate) == ("grant", 20_000_000, "0.0485")
    for again in (
        lambda: qualification.decide(house, officer, row.reference, outcome="decline", reason="No."),
        lambda: qualification.examine(house, officer, decided),
    ):
        with pytest.raises(Conflict) as caught:
            again()
        assert caught.value.code == "already_decided"


def test_a_decision_says_all_that_it_must(house, members, tmp_path):
    recorded(house, members, tmp_path)
    row, officer = asked(house, members), actor_of(members.officer)
    amount, rate = Money.parse("1.00", "CNY"), Rate.parse("0.05")
    for said in (
        {"outcome": "grant", "reason": "Good."},
        {"outcome": "grant", "reason": "Good.", "amount": amount},
        {"outcome": "decline", "reason": "Bad.", "amount": amount, "rate": rate},
        {"outcome": "decline", "reason": "  "},
        {"outcome": "perhaps", "reason": "Who knows."},
    ):
        with pytest.raises(Malformed) as caught:
            qualification.decide(house, officer, row.reference, **said)
        assert caught.value.code == "bad_decision"
    declined = qualification.decide(house, officer, row.reference, outcome="decline", reason="No tier.")
    assert declined.amount_minor is None


def test_a_grade_by_hand_rests_on_a_person_and_is_about_a_record_that_was_given(house, members, tmp_path):
    delivered = recorded(house, members, tmp_path)
    row, officer = asked(house, members), actor_of(members.officer)
    guess = Figure("good", Basis.MODEL, "By a model.")
    with pytest.raises(Malformed):
        qualification.grade_by_hand(
            house, officer, row.reference, delivered.record, Assessment("model", guess, guess, guess)
        )
    with pytest.raises(NotFound):
        qualification.grade_by_hand(house, officer, row.reference, "9-9", GOOD)


def test_qualifications_are_the_lenders_own(house, members, tmp_path):
    recorded(house, members, tmp_path)
    row = asked(house, members)
    for user in (members.other_officer, members.owner, members.node_operator):
        with pytest.raises(NotFound):
            qualification.find(actor_of(user), row.reference)
    with pytest.raises(Forbidden):
        qualification.query(house, actor_of(members.owner), members.supplier.address)


def test_a_query_about_nobody_or_without_reach_is_refused_before_anything_is_sent(house, members):
    officer = actor_of(members.officer)
    with pytest.raises(NotFound):
        qualification.query(house, officer, "tly1nobody")
    with pytest.raises(NotFound):
        qualification.query(house, officer, members.supplier.address, application="LA-2026-99999")
    with pytest.raises(Malformed):
        qualification.query(house, officer, members.supplier.address, days=0)
    assert not Qualification.objects.exists()
    with pytest.raises(Rejection) as caught:
        qualification.find(officer, "QQ-2026-00001")
    assert caught.value.code == "unknown_qualification"


def test_a_lenders_own_tiers_decide_once_two_of_its_people_have_put_them_in_force(house, members, tmp_path):
    delivered = recorded(house, members, tmp_path)
    consented(house, members)
    row, officer = asked(house, members), actor_of(members.officer)
    row = qualification.grade_by_hand(house, officer, row.reference, delivered.record, GOOD)
    assert row.findings["records"][0]["tier"] == 1
    analyst = consortium.add_user(members.lender, "harbour.analyst", PASSWORD, ["analyst"])
    stricter = catalogue.policy_document("delivery-tier").replace(b'"> 30000"', b'"> 60000"')
    draft = policies.draft(house, actor_of(analyst), stricter, one_case(stricter))
    policy_effect.work_on(house, actor_of(analyst), draft.name, draft.number)
    policies.submit(house, actor_of(analyst), draft.name, draft.number, "Tier 1 from 60,000.")
    policies.approve(house, officer, draft.name, draft.number, "Agreed.")
    row = qualification.examine(house, officer, row)
    assert row.findings["records"][0]["tier"] == 2
