"""A lender's software asks for delivery records, reads the checks, grades, decides, follows the chain."""

import pytest

from tests.api.callers import good, problem
from tests.services.test_qualification import consented, recorded


@pytest.fixture
def asked(house, members, callers, tmp_path):
    rows = [recorded(house, members, tmp_path) for _ in range(3)]
    consented(house, members)
    made = good(callers.officer.post("/qualifications", {"supplier": members.supplier.address}), 201)
    return rows, made


def test_a_query_answers_with_every_record_and_every_check_by_name(callers, members, asked):
    rows, made = asked
    assert made["supplier"]["address"] == members.supplier.address
    assert [(each["address"], each["record_hash"]) for each in made["records"]] == [
        (row.record, row.record_hash) for row in rows
    ]
    for record in made["records"]:
        names = [check["name"] for check in record["checks"]]
        assert names == ["signature", "signing_key", "media_hash", "record_hash", "medium:1"]
        assert {check["outcome"] for check in record["checks"]} == {"passed"}
        assert record["counts"]
        assert record["buyer"] == members.other_supplier.address
    assert (made["tier"], made["decision"]) == (None, None)
    assert good(callers.officer.get(f"/qualifications/{made['reference']}")) == made
    (listed,) = good(callers.officer.get("/qualifications"))["items"]
    assert listed == {name: made[name] for name in listed}


def test_grades_by_hand_make_the_tier_and_the_decision_is_taken_once(callers, asked):
    rows, made = asked
    here = f"/qualifications/{made['reference']}"
    seen = {"quality": "good", "quantity": "12000", "value": "48000.00", "because": "Three photographs."}
    for row in rows:
        graded = good(callers.officer.post(f"{here}/records/{row.record}/grade", seen))
    assert graded["tier"] == 1
    figures = graded["records"][0]["assessment"]
    assert (figures["quantity"]["value"], figures["quantity"]["basis"]) == ("12000", "person")
    problem(
        callers.officer.post(f"{here}/decision", {"outcome": "grant", "reason": "x"}), 422, "bad_decision"
    )
    said = {"outcome": "grant", "reason": "Tier 1.", "amount": "200000.00", "annual_rate": "0.0485"}
    decided = good(callers.officer.post(f"{here}/decision", said))["decision"]
    assert decided["amount"] == {"amount": "200000.00", "currency": "CNY"}
    assert (decided["outcome"], decided["annual_rate"], decided["reason"]) == ("grant", "0.0485", "Tier 1.")
    problem(callers.officer.post(f"{here}/decision", said), 409, "already_decided")
    problem(callers.officer.post(f"{here}/examination"), 409, "already_decided")


def test_what_cannot_be_meant_is_refused_before_anything_is_sent(callers, members):
    for sent, code in (
        ({"supplier": members.supplier.address, "days": 0}, "bad_fields"),
        ({"supplier": members.supplier.address, "product_family": "nothing"}, "unknown_product_family"),
        ({"supplier": "tly1" + "q" * 38}, "unknown_supplier"),
        ({"supplier": members.supplier.address, "application": "LA-2026-99999"}, "unknown_application"),
    ):
        answer = callers.officer.post("/qualifications", sent)
        assert 400 <= answer.status_code < 500
        if code != "bad_fields":
            problem(answer, answer.status_code, code)
    assert good(callers.officer.get("/qualifications"))["items"] == []


def test_the_chain_is_answered_in_figures(callers, members, asked):
    _rows, made = asked
    supplier, buyer = members.supplier.address, members.other_supplier.address
    here = f"/qualifications/{made['reference']}/chain"
    chain = good(callers.officer.get(here))
    (link,) = chain["links"]
    assert (link["supplier"], link["buyer"], link["deliveries"]) == (supplier, buyer, 3)
    assert [(each["address"], each["missing"]) for each in chain["members"]] == [
        (supplier, None),
        (buyer, "no_consent"),
    ]
    assert not chain["reaches_core"]
    named = good(callers.officer.get(f"{here}?core={buyer}"))
    assert named["reaches_core"]
    assert named["paths"] == [{"members": [supplier, buyer], "end": "core", "share": "1"}]
    problem(callers.officer.get(f"{here}?core=tly1{'q' * 38}"), 404, "unknown_core")
