"""The line from request to disbursement, and every way in which it must not go."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.test import TestCase

from tallystick.contracts.anchoring import case_from_state
from tallystick.errors import Conflict, Forbidden, Malformed, NotFound
from tallystick.lending.offer import Refusal
from tallystick.records.models import Application, Disbursement, Instalment
from tallystick.services import anchoring, applications, assessment, disbursement, files, offers
from tallystick.services.access import actor_of
from tallystick.services.installation import Installation
from tallystick.services.sample_books import WEAK
from tallystick.values import canonical
from tallystick.values.identifiers import credit_code_check_digit
from tests.installation import NOW, Consortium, filled_in


def submitted(house: Installation, members: Consortium, **options: object) -> Application:
    application = filled_in(house, members, **options)
    assert applications.submit(house, actor_of(members.owner), application.reference).complete
    return application


def offered(house: Installation, members: Consortium) -> Application:
    application, officer = submitted(house, members), actor_of(members.officer)
    assessment.assess(house, officer, application.reference)
    offers.make_offer(house, officer, application.reference)
    application.refresh_from_db()
    return application


def test_a_sound_application_is_paid_out_and_every_step_is_anchored(
    house: Installation, members: Consortium
) -> None:
    application = offered(house, members)
    offers.confirm(house, actor_of(members.owner), application.reference)
    paid = disbursement.disburse(house, actor_of(members.officer), application.reference)
    application.refresh_from_db()
    assert application.stage == "disbursed"
    assert paid.amount == application.offer.amount
    steps = {anchor.step: anchor for anchor in application.anchors.select_related("transmission")}
    assert list(steps) == ["application", "admission", "offer", "confirmation", "disbursement"]
    case = anchoring.case_of(application)
    for step, anchor in steps.items():
        assert anchor.transmission.code == "ok"
        assert canonical.digest(anchor.document) == anchor.digest
        on_ledger = house.ledger.read(f"anchoring/{members.lender.address}/{case}/{step}")
        assert on_ledger is not None
        assert anchor.digest.encode() in on_ledger
        assert f'"{anchor.transmission.address}"'.encode() in on_ledger


def test_the_schedule_repays_exactly_what_is_offered(house: Installation, members: Consortium) -> None:
    application = offered(house, members)
    rows = list(Instalment.objects.filter(offer=application.offer))
    assert len(rows) == application.offer.term_months
    assert sum(row.principal_minor for row in rows) == application.offer.amount_minor
    assert rows[-1].balance_minor == 0


def test_interest_is_counted_from_the_day_of_payment(house: Installation, members: Consortium) -> None:
    application = offered(house, members)
    offers.confirm(house, actor_of(members.owner), application.reference)
    house.clock.advance(timedelta(days=9))
    disbursement.disburse(house, actor_of(members.officer), application.reference)
    first = Instalment.objects.get(offer=application.offer, number=1)
    assert first.due_on == date(2026, 12, 29)  # a month after 29 November
    assert Instalment.objects.filter(offer=application.offer).count() == application.offer.term_months


def test_paying_out_twice_pays_once(house: Installation, members: Consortium) -> None:
    application = offered(house, members)
    offers.confirm(house, actor_of(members.owner), application.reference)
    first = disbursement.disburse(house, actor_of(members.officer), application.reference)
    second = disbursement.disburse(house, actor_of(members.officer), application.reference)
    assert first.pk == second.pk
    assert Disbursement.objects.count() == 1
    assert application.anchors.filter(step="disbursement").count() == 1


def test_nothing_is_paid_before_the_applicant_has_confirmed(house: Installation, members: Consortium) -> None:
    application = offered(house, members)
    with pytest.raises(Conflict) as refused:
        disbursement.disburse(house, actor_of(members.officer), application.reference)
    assert refused.value.code == "illegal_move"
    assert not Disbursement.objects.exists()


def test_the_ledger_never_names_the_applicant(house: Installation, members: Consortium) -> None:
    before = house.ledger.head().height
    application = offered(house, members)
    offers.confirm(house, actor_of(members.owner), application.reference)
    for height in range(before + 1, house.ledger.head().height + 1):
        data = b"".join(entry.data for entry in house.ledger.block(height).entries)
        assert members.supplier.address.encode() not in data
        assert application.reference.encode() not in data
        assert house.keys.public_key(members.supplier.address).hex().encode() not in data
    case = case_from_state(house.ledger.read, members.lender.address, anchoring.case_of(application))
    assert case is not None


def test_weak_books_are_declined_with_reasons(house: Installation, members: Consortium) -> None:
    application = submitted(house, members, profile=WEAK)
    found = assessment.assess(house, actor_of(members.officer), application.reference)
    application.refresh_from_db()
    assert found.judgement.outcome == "reject"
    assert application.stage == "declined"
    decision = application.findings.get(kind="decision").document
    assert decision["outcome"] == "decline"
    assert decision["reasons"]
    assert all(reason["text"]["en"] and reason["text"]["zh"] for reason in decision["reasons"])
    assert application.anchors.get(step="closed").transmission.code == "ok"


def test_an_application_that_lacks_too_much_is_refused_for_now_with_the_list(
    house: Installation, members: Consortium
) -> None:
    owner = actor_of(members.owner)
    application = applications.begin(house, owner, programme_id=members.lender.programmes.get().pk)
    applications.fill(house, owner, application.reference, {"amount": "600000.00"})
    found = applications.submit(house, owner, application.reference)
    application.refresh_from_db()
    assert not found.complete
    assert application.stage == "incomplete"
    assert {"sales_book", "account", "credit_code"} <= {each.item for each in found.to_add}
    assert not application.anchors.exists()
    assert house.ledger.scan("anchoring/") == []


def test_a_request_without_a_programme_waits_for_the_business_manager(
    house: Installation, members: Consortium
) -> None:
    application = applications.begin(house, actor_of(members.owner), lender_id=members.lender.pk)
    assert application.stage == "unassigned"
    theirs = members.other_lender.programmes.get().pk
    with pytest.raises(NotFound):
        applications.assign_programme(house, actor_of(members.officer), application.reference, theirs)
    ours = members.lender.programmes.get().pk
    assigned = applications.assign_programme(house, actor_of(members.officer), application.reference, ours)
    assert assigned.stage == "draft"


def test_an_offer_expires_after_its_last_day(house: Installation, members: Consortium) -> None:
    application = offered(house, members)
    house.clock.advance(application.offer.expires_on - NOW.date() + timedelta(days=1))
    with pytest.raises(Conflict) as refused:
        offers.confirm(house, actor_of(members.owner), application.reference)
    application.refresh_from_db()
    assert refused.value.code == "offer_expired"
    assert application.stage == "expired"
    assert application.anchors.get(step="closed").transmission.code == "ok"


def test_the_applicant_can_withdraw_until_both_sides_are_bound(
    house: Installation, members: Consortium
) -> None:
    application = offered(house, members)
    offers.confirm(house, actor_of(members.owner), application.reference)
    with pytest.raises(Conflict) as refused:
        applications.withdraw(house, actor_of(members.owner), application.reference)
    assert refused.value.code == "illegal_move"
    another = submitted(house, members)
    applications.withdraw(house, actor_of(members.owner), another.reference)
    another.refresh_from_db()
    assert another.stage == "withdrawn"
    assert another.anchors.get(step="closed").transmission.code == "ok"


@pytest.mark.parametrize("use_case", [offers.make_offer, assessment.assess, disbursement.disburse])
def test_another_lender_finds_no_such_application(
    house: Installation, members: Consortium, use_case: Callable[..., object]
) -> None:
    application = submitted(house, members)
    with pytest.raises(NotFound) as refused:
        use_case(house, actor_of(members.other_officer), application.reference)
    assert refused.value.code == "unknown_application"


def test_only_the_roles_of_the_table_may_act(house: Installation, members: Consortium) -> None:
    application = submitted(house, members)
    for use_case in (offers.make_offer, assessment.assess, disbursement.disburse):
        with pytest.raises(Forbidden):
            use_case(house, actor_of(members.owner), application.reference)
    with pytest.raises(Forbidden):
        applications.begin(house, actor_of(members.officer), lender_id=members.lender.pk)


def test_a_draft_is_seen_by_the_applicant_alone(house: Installation, members: Consortium) -> None:
    application = filled_in(house, members)
    assert applications.find(actor_of(members.owner), application.reference) == application
    for stranger in (members.officer, members.other_officer, members.other_owner, members.node_operator):
        with pytest.raises(NotFound):
            applications.find(actor_of(stranger), application.reference)


def test_a_submitted_application_can_no_longer_be_changed(house: Installation, members: Consortium) -> None:
    application = submitted(house, members)
    with pytest.raises(Conflict) as refused:
        applications.fill(house, actor_of(members.owner), application.reference, {"staff_count": "1"})
    assert refused.value.code == "not_editable"


def test_a_book_that_cannot_be_read_is_refused_and_nothing_is_kept(
    house: Installation, members: Consortium
) -> None:
    owner = actor_of(members.owner)
    application = applications.begin(house, owner, programme_id=members.lender.programmes.get().pk)
    with pytest.raises(Malformed) as refused:
        applications.hand_in_book(
            house,
            owner,
            application.reference,
            item="sales_book",
            file_name="sales.csv",
            content=b"number,when\n1,2026-01-05\n",
        )
    application.refresh_from_db()
    assert refused.value.code == "unknown_column"
    assert not application.books.exists()
    assert "sales_book" not in application.items


def test_an_officer_admits_a_referred_application_with_a_reason(
    house: Installation, members: Consortium
) -> None:
    application, officer = submitted(house, members), actor_of(members.officer)
    Application.objects.filter(pk=application.pk).update(stage="submitted")
    assessment.assess(house, officer, application.reference)
    Application.objects.filter(pk=application.pk).update(stage="referred")
    with pytest.raises(Malformed) as refused:
        offers.admit_referred(house, officer, application.reference, " ")
    assert refused.value.code == "reason_required"
    offers.admit_referred(house, officer, application.reference, "The gap was a factory move.")
    assert not isinstance(offers.make_offer(house, officer, application.reference), Refusal)
    assert "The gap was a factory move." in [event.reason for event in application.events.all()]


def test_a_kept_decision_that_was_altered_is_noticed(house: Installation, members: Consortium) -> None:
    application, officer = submitted(house, members), actor_of(members.officer)
    assessment.assess(house, officer, application.reference)
    finding = application.findings.get(kind="grading")
    finding.document["risk_index"] = "0.1"
    finding.save()
    with pytest.raises(Exception, match="no longer give the kept decision"):
        offers.make_offer(house, officer, application.reference)


def test_the_applicant_can_check_every_paper_that_binds_it(house: Installation, members: Consortium) -> None:
    application = offered(house, members)
    offer = application.anchors.get(step="offer")
    terms = offer.document["document"]["offer"]
    assert canonical.digest(offer.document) == offer.digest
    assert terms["amount"] == application.offer.amount.text
    assert len(terms["instalments"]) == application.offer.term_months
    # How the lender came to it is committed to, and not told.
    assert not {"limits", "decision"} & terms.keys()
    assert offer.document["document"]["decision"] == application.findings.get(kind="decision").digest


def test_a_lender_does_not_lend_to_itself(house: Installation, members: Consortium) -> None:
    own = replace(actor_of(members.owner), member_id=members.lender.pk)
    with pytest.raises(Conflict) as refused:
        applications.begin(house, own, lender_id=members.lender.pk)
    assert refused.value.code == "own_lender"
    assert not Application.objects.exists()


def test_a_draft_that_was_withdrawn_never_reaches_the_lender(
    house: Installation, members: Consortium
) -> None:
    application = filled_in(house, members)
    applications.withdraw(house, actor_of(members.owner), application.reference)
    assert applications.find(actor_of(members.owner), application.reference).stage == "withdrawn"
    with pytest.raises(NotFound):
        applications.find(actor_of(members.officer), application.reference)


@pytest.mark.parametrize("text", ["a" * 501, "a\x00b", "a\ud800b"])
def test_text_that_no_database_should_keep_is_refused_before_it_is_kept(
    house: Installation, members: Consortium, text: str
) -> None:
    application = filled_in(house, members)
    with pytest.raises(Malformed) as refused:
        applications.fill(
            house, actor_of(members.owner), application.reference, {"legal_representative": text}
        )
    kept = application.items
    application.refresh_from_db()
    assert refused.value.code == "bad_text"
    assert application.items == kept


def test_books_that_cannot_be_judged_together_come_back_while_they_can_be_mended(
    house: Installation, members: Consortium
) -> None:
    application = filled_in(house, members)
    application.books.filter(item="sales_book").update(mapping="cumcm2020c-a1")
    with pytest.raises(Conflict) as refused:
        applications.submit(house, actor_of(members.owner), application.reference)
    application.refresh_from_db()
    assert refused.value.code == "mixed_mappings"
    assert application.stage == "draft"


@pytest.mark.parametrize(("enterprise", "code"), [("", "enterprise_not_named"), ("E3", "unknown_enterprise")])
def test_a_book_of_several_enterprises_must_name_one_of_them(
    house: Installation, members: Consortium, enterprise: str, code: str
) -> None:
    application, owner = filled_in(house, members), actor_of(members.owner)
    rows = [f"E{number},0001,2026-10-05,B,100,13,113,valid" for number in (1, 2)]
    heading = "enterprise,number,issued_on,counterparty,net_minor,tax_minor,gross_minor,status"
    with pytest.raises((Conflict, NotFound)) as refused:
        applications.hand_in_book(
            house,
            owner,
            application.reference,
            item="sales_book",
            file_name="sales.csv",
            content="\n".join([heading, *rows]).encode(),
            enterprise=enterprise,
        )
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("outcome", "stage", "closed"), [("decline", "declined", True), ("refer", "referred", False)]
)
def test_a_refusal_of_the_offer_policy_is_carried_out_as_it_says(
    house: Installation,
    members: Consortium,
    monkeypatch: pytest.MonkeyPatch,
    outcome: str,
    stage: str,
    closed: bool,
) -> None:
    application, officer = submitted(house, members), actor_of(members.officer)
    assessment.assess(house, officer, application.reference)
    priced = offers._priced

    def refused(*arguments: object) -> Refusal:
        offer = priced(*arguments)
        return Refusal(outcome, offer.decision.reasons, offer.decision)

    monkeypatch.setattr(offers, "_priced", refused)
    assert isinstance(offers.make_offer(house, officer, application.reference), Refusal)
    application.refresh_from_db()
    assert application.stage == stage
    assert application.findings.filter(kind="refusal").exists()
    assert application.anchors.filter(step="closed").exists() is closed


def test_a_file_that_is_refused_or_replaced_does_not_stay(house: Installation, members: Consortium) -> None:
    application, owner = filled_in(house, members), actor_of(members.owner)
    before = {path.name for path in house.files.iterdir()}
    with pytest.raises(Malformed):
        applications.hand_in_book(
            house, owner, application.reference, item="sales_book", file_name="a.csv", content=b"a,b\n1,2\n"
        )
    assert {path.name for path in house.files.iterdir()} == before
    kept = application.books.get(item="sales_book").sha256
    content = files.path_of(house, kept).read_bytes().replace(b"Example Tyre Group", b"Example Tyre Works")
    with TestCase.captureOnCommitCallbacks(execute=True):
        book = applications.hand_in_book(
            house, owner, application.reference, item="sales_book", file_name="a.csv", content=content
        )
    assert {path.name for path in house.files.iterdir()} == before - {kept} | {book.sha256}


def test_nobody_applies_in_another_enterprises_name(house: Installation, members: Consortium) -> None:
    theirs = "91310000MA1FL5E60" + credit_code_check_digit("91310000MA1FL5E60")
    application, owner = filled_in(house, members), actor_of(members.owner)
    applications.fill(house, owner, application.reference, {"credit_code": theirs})
    with pytest.raises(Forbidden) as refused:
        applications.submit(house, owner, application.reference)
    application.refresh_from_db()
    assert refused.value.code == "another_enterprise"
    assert application.stage == "draft"


def test_a_member_has_a_limited_number_of_open_drafts(
    house: Installation, members: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applications, "MAX_DRAFTS", 2)
    owner, programme = actor_of(members.owner), members.lender.programmes.get().pk
    first = applications.begin(house, owner, programme_id=programme)
    applications.begin(house, owner, programme_id=programme)
    with pytest.raises(Conflict) as refused:
        applications.begin(house, owner, programme_id=programme)
    assert refused.value.code == "too_many_drafts"
    applications.withdraw(house, owner, first.reference)
    applications.begin(house, owner, programme_id=programme)


def test_a_second_assessment_that_comes_at_once_is_refused_and_changes_nothing(
    house: Installation, members: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    application, officer = submitted(house, members), actor_of(members.officer)
    found = assessment._found

    def overtaken(*arguments: object) -> object:
        monkeypatch.setattr(assessment, "_found", found)
        assessment.assess(house, officer, application.reference)
        return found(*arguments)

    monkeypatch.setattr(assessment, "_found", overtaken)
    with pytest.raises(Conflict) as refused:
        assessment.assess(house, officer, application.reference)
    application.refresh_from_db()
    assert refused.value.code == "illegal_move"
    assert application.stage == "assessed"
    assert application.anchors.filter(step="admission").count() == 1
