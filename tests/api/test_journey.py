"""One loan from request to payment over HTTP, and what each side sees on the way."""

import pytest

from tallystick.services.installation import Installation
from tallystick.services.sample_books import STRONG, WEAK, Profile, sample_books
from tests.api.callers import good, problem
from tests.api.conftest import Callers
from tests.installation import FULL_FORM, NOW, Consortium


def begin(callers: Callers, members: Consortium) -> str:
    programme = next(
        row
        for row in good(callers.owner.get("/programmes"))["items"]
        if row["lender"]["name"] == members.lender.name
    )
    made = good(callers.owner.post("/applications", {"programme_id": programme["id"]}), 201)
    return made["reference"]


def hand_in(callers: Callers, reference: str, profile: Profile) -> None:
    books = sample_books(profile, "Example Rubber Co., Ltd.", "Example Tyre Group", NOW.date(), seed=7)
    for item, side in (("sales_book", "sales"), ("purchase_book", "purchases")):
        answer = callers.owner.upload(
            f"/applications/{reference}/books", f"{side}.csv", books[side], item=item
        )
        assert good(answer, 201)["item"] == item


def submitted(callers: Callers, members: Consortium, profile: Profile = STRONG) -> str:
    reference = begin(callers, members)
    read = good(callers.owner.patch(f"/applications/{reference}/items", {"items": FULL_FORM}))
    assert read["problems"] == []
    hand_in(callers, reference, profile)
    found = good(callers.owner.post(f"/applications/{reference}/submission"))
    assert found["complete"], found
    return reference


@pytest.mark.django_db(transaction=True)  # with real commits, as in an installation
def test_a_loan_goes_from_request_to_payment_over_http(callers: Callers, members: Consortium) -> None:
    reference = submitted(callers, members)
    here = f"/applications/{reference}"
    assert good(callers.officer.post(f"{here}/assessment"))["stage"] == "assessed"
    offered = good(callers.officer.post(f"{here}/offer"))
    assert offered["stage"] == "offered"
    instalments = offered["offer"]["instalments"]
    assert instalments[-1]["balance"] == {"amount": "0.00", "currency": "CNY"}
    assert good(callers.owner.post(f"{here}/confirmation"))["stage"] == "confirmed"
    paid = good(callers.officer.post(f"{here}/disbursement"))
    assert paid["stage"] == "disbursed"
    assert paid["disbursement"]["amount"] == offered["offer"]["amount"]
    assert [each["step"] for each in paid["anchors"]] == [
        "application",
        "admission",
        "offer",
        "confirmation",
        "disbursement",
    ]
    for anchor in paid["anchors"]:
        assert anchor["code"] == "ok"
        receipt = good(callers.other_owner.get(f"/ledger/transactions/{anchor['transaction_hash']}"))
        assert receipt["address"] == anchor["address"]


def test_paying_out_twice_answers_with_the_first_record(callers: Callers, members: Consortium) -> None:
    here = f"/applications/{submitted(callers, members)}"
    for step in ("assessment", "offer"):
        good(callers.officer.post(f"{here}/{step}"))
    good(callers.owner.post(f"{here}/confirmation"))
    first, second = (good(callers.officer.post(f"{here}/disbursement")) for _ in range(2))
    assert first == second


def test_the_applicant_sees_reasons_and_not_how_the_lender_measured(
    callers: Callers, members: Consortium
) -> None:
    here = f"/applications/{submitted(callers, members)}"
    good(callers.officer.post(f"{here}/assessment"))
    good(callers.officer.post(f"{here}/offer"))
    mine, theirs = good(callers.owner.get(here)), good(callers.officer.get(here))
    seen = {each["kind"]: set(each["document"]) for each in mine["findings"]}
    assert seen == {
        "completeness": {"complete", "missing_per_mille", "threshold_per_mille", "to_add"},
        "admission": {"as_of", "outcome", "reasons"},
        "grading": {"outcome", "grade", "label"},
        "decision": {"outcome", "decided_by", "reasons"},
    }
    whole = {each["kind"]: set(each["document"]) for each in theirs["findings"]}
    assert {"indicators", "decision", "points"} <= whole["admission"]
    assert {"risk_index", "dimensions"} <= whole["grading"]
    assert all(each["digest"] is None for each in mine["findings"])
    assert mine["offer"]["limits"] is None
    assert set(theirs["offer"]["limits"]) == {"requested", "programme", "grade", "sales"}
    assert {each["user"] for each in mine["history"]} == {None, "rubber.owner"}
    assert {each["user"] for each in theirs["history"]} == {None, "harbour.officer"}


def test_a_reason_reaches_the_applicant_without_its_points(callers: Callers, members: Consortium) -> None:
    here = f"/applications/{submitted(callers, members, WEAK)}"
    good(callers.officer.post(f"{here}/assessment"))
    mine, theirs = (
        next(
            each["document"]["reasons"]
            for each in good(who.get(here))["findings"]
            if each["kind"] == "admission"
        )
        for who in (callers.owner, callers.officer)
    )
    assert mine
    assert all(set(reason) == {"code", "text"} for reason in mine)
    assert [reason["code"] for reason in mine] == [reason["code"] for reason in theirs]
    assert all("points" in reason for reason in theirs)


def test_an_incomplete_submission_says_what_to_add_and_goes_nowhere(
    callers: Callers, members: Consortium
) -> None:
    reference = begin(callers, members)
    found = good(callers.owner.post(f"/applications/{reference}/submission"))
    assert found["complete"] is False
    assert {each["item"] for each in found["to_add"]} >= {"amount", "account", "sales_book"}
    seen = good(callers.officer.get(f"/applications/{reference}"))
    assert seen["stage"] == "incomplete"
    assert (seen["items"], seen["books"]) == ({}, [])


def test_each_side_is_told_what_it_can_do_next(callers: Callers, members: Consortium) -> None:
    reference = begin(callers, members)
    here = f"/applications/{reference}"
    assert good(callers.owner.get(here))["moves"] == ["items", "books", "submission", "withdrawal"]
    good(callers.owner.patch(f"{here}/items", {"items": FULL_FORM}))
    hand_in(callers, reference, STRONG)
    good(callers.owner.post(f"{here}/submission"))
    assert good(callers.owner.get(here))["moves"] == ["withdrawal"]
    assert good(callers.officer.get(here))["moves"] == ["assessment", "decline"]


def test_a_business_manager_assigns_a_programme_to_a_request_without_one(
    callers: Callers, members: Consortium
) -> None:
    made = good(callers.owner.post("/applications", {"lender_id": members.lender.pk}), 201)
    here = f"/applications/{made['reference']}"
    assert made["stage"] == "unassigned"
    assert good(callers.officer.get(here))["moves"] == ["programme", "decline"]
    programme = members.lender.programmes.get().pk
    assigned = good(callers.officer.post(f"{here}/programme", {"programme_id": programme}))
    assert (assigned["stage"], assigned["programme"]["id"]) == ("draft", programme)
    problem(callers.officer.get(here), 404, "unknown_application")
    assert good(callers.owner.get(here))["moves"][0] == "items"


def test_a_declined_applicant_reads_the_officers_reason(callers: Callers, members: Consortium) -> None:
    here = f"/applications/{submitted(callers, members)}"
    problem(callers.officer.post(f"{here}/decline", {"reason": " "}), 422, "reason_required")
    good(callers.officer.post(f"{here}/decline", {"reason": "No capacity this quarter."}))
    last = good(callers.owner.get(here))["history"][-1]
    assert (last["by"], last["user"], last["reason"]) == ("lender", None, "No capacity this quarter.")


def test_a_withdrawn_application_is_closed_on_the_ledger(callers: Callers, members: Consortium) -> None:
    here = f"/applications/{submitted(callers, members)}"
    closed = good(callers.owner.post(f"{here}/withdrawal", {"reason": "Found another."}))
    assert closed["stage"] == "withdrawn"
    assert [each["step"] for each in closed["anchors"]] == ["application", "closed"]
    assert closed["moves"] == []


def test_an_officer_admits_what_the_rules_referred_only_then(callers: Callers, members: Consortium) -> None:
    here = f"/applications/{submitted(callers, members)}"
    problem(callers.officer.post(f"{here}/admission", {"reason": "Known."}), 409, "illegal_move")
    problem(callers.owner.post(f"{here}/admission", {"reason": "Please."}), 403, "not_permitted")


def test_the_caller_is_told_who_it_is(callers: Callers, members: Consortium, house: Installation) -> None:
    me = good(callers.owner.get("/me"))
    assert me == {
        "username": "rubber.owner",
        "roles": ["applicant", "delivery_clerk"],
        "member": {
            "id": members.supplier.pk,
            "address": members.supplier.address,
            "name": "Example Rubber Co., Ltd.",
            "name_zh": "",
        },
        "may": ["apply", "confirm_offer", "record_delivery", "countersign", "grant_consent"],
    }


def test_a_programme_says_what_the_form_must_ask_and_not_how_it_is_judged(
    callers: Callers, members: Consortium
) -> None:
    programme = members.lender.programmes.get()
    shown = good(callers.owner.get(f"/programmes/{programme.pk}"))
    assert [item["name"] for item in shown["items"]][:2] == ["enterprise_name", "credit_code"]
    assert all(item["label"]["en"] and item["label"]["zh"] for item in shown["items"])
    assert shown["amount_max"] == {"amount": "1000000.00", "currency": "CNY"}
    assert not {"policies", "dimensions", "grades"} & set(shown)
    problem(callers.owner.get("/programmes/999999"), 404, "unknown_programme")


def test_a_list_is_paged_by_a_cursor_and_filtered_by_stage(callers: Callers, members: Consortium) -> None:
    references = [begin(callers, members) for _ in range(3)]
    first = good(callers.owner.get("/applications?limit=2"))
    assert [row["reference"] for row in first["items"]] == references[:0:-1]
    rest = good(callers.owner.get(f"/applications?limit=2&cursor={first['next']}"))
    assert ([row["reference"] for row in rest["items"]], rest["next"]) == ([references[0]], None)
    assert good(callers.owner.get("/applications?stage=offered"))["items"] == []
    problem(callers.owner.get("/applications?limit=101"), 422, "malformed_request")


def test_a_schedule_is_what_the_command_line_prints(callers: Callers) -> None:
    terms = {
        "principal": "500000.00",
        "currency": "CNY",
        "annual_rate": "0.0485",
        "instalments": 12,
        "method": "equal-instalments",
        "day_count": "30/360",
        "first_due": "2026-12-22",
    }
    made = good(callers.owner.post("/schedules", terms))
    assert set(made) == {"currency", "instalments", "total_interest", "total_payment"}
    assert len(made["instalments"]) == 12
    # First interest: 500,000.00 x 0.0485 / 12 = 2,020.833... -> 2,020.83
    assert made["instalments"][0]["interest"] == "2020.83"
    assert made["instalments"][0]["due_on"] == "2026-12-22"
    assert made["instalments"][-1]["balance"] == "0.00"
    for field, wrong, code in (
        ("principal", "5e5", "bad_amount"),
        ("annual_rate", "4.85%", "bad_rate"),
        ("method", "balloon", "bad_method"),
        ("day_count", "30E/360", "bad_day_count"),
        ("first_due", "2026-02-30", "bad_date"),
        ("currency", "XXX", "unknown_currency"),
        ("instalments", "12", "malformed_request"),
        ("instalments", 601, "malformed_request"),
    ):
        problem(callers.owner.post("/schedules", terms | {field: wrong}), 422, code)
