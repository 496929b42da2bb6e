"""Tiers by the shipped policies: the limits of the document, exact degrees; an abstention meets nothing."""

from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.errors import Malformed
from tallystick.evidence.assessment import Assessment, Basis, Figure
from tallystick.evidence.tiers import degree_of, delivery_tier, supplier_inputs, supplier_tier
from tallystick.policy.cells import compile_cell
from tallystick.policy.document import Input
from tallystick.policy.table import parse
from tallystick.policy.wording import Wording
from tallystick.services import catalogue

DELIVERY = parse(catalogue.policy_document("delivery-tier"))
SUPPLIER = parse(catalogue.policy_document("supplier-tier"))


def figure(value):
    basis = Basis.NOTHING if value is None else Basis.DOCUMENTS
    return Figure(value, basis, "The papers are not legible." if value is None else "The papers say so.")


def assessed(quality="good", quantity="12000", value="36000", currency="CNY"):
    return Assessment("documents/1", figure(quality), figure(quantity), figure(value), currency)


def test_the_documents_example_is_tier_1_and_meets_every_limit_to_the_full():
    found = delivery_tier(DELIVERY, assessed())
    assert (found.tier, [reason.code for reason in found.reasons]) == (1, ["TIER_1"])
    assert [(match.tier, match.degree) for match in found.matches] == [(1, 1), (2, 1), (3, 1)]
    assert not found.abstained


def test_the_degree_says_how_far_the_farthest_limit_is_met():
    # Tier 1 asks for more than 10,000 pieces: 7,500 / 10,000 = 3/4; and for 30,000: 20,000 / 30,000 = 2/3.
    found = delivery_tier(DELIVERY, assessed(quantity="7500", value="20000"))
    first, second, third = found.matches
    assert [limit.degree for limit in first.limits] == [1, Fraction(3, 4), Fraction(2, 3)]
    assert [limit.is_met for limit in first.limits] == [True, False, False]
    assert (first.degree, second.degree, third.degree) == (Fraction(2, 3), Fraction(3, 4), 1)
    assert found.tier == 3
    assert found.reasons[0].text.zh


def test_a_limit_that_is_just_reached_has_degree_1_and_is_not_met():
    found = delivery_tier(DELIVERY, assessed(value="30000"))
    value = found.matches[0].limits[2]
    assert (value.degree, value.is_met, found.tier) == (1, False, 2)


@pytest.mark.parametrize(
    ("unknown", "name"),
    [
        ({"quality": "unknown"}, "quality"),
        ({"quality": None}, "quality"),
        ({"quantity": None}, "quantity_pieces"),
        ({"value": None}, "value"),
        ({"value": "plenty"}, "value"),
        ({"currency": "EUR"}, "value"),
    ],
)
def test_what_is_not_known_meets_no_limit_and_is_named(unknown, name):
    found = delivery_tier(DELIVERY, assessed(**unknown))
    assert found.tier is None
    assert list(found.abstained) == [name]
    assert [reason.code for reason in found.reasons] == [f"missing_input:{name}"]
    for match in found.matches:
        (limit,) = (limit for limit in match.limits if limit.input_name == name)
        assert (limit.found, limit.is_met, limit.degree) == (None, False, 0)
        assert match.degree == 0


@given(st.sampled_from(["good", "medium", "poor"]), st.integers(0, 30_000), st.integers(0, 90_000))
def test_the_tier_is_the_first_whose_limits_are_all_met(quality, quantity, value):
    found = delivery_tier(DELIVERY, assessed(quality, str(quantity), str(value)))
    met = [match.tier for match in found.matches if all(limit.is_met for limit in match.limits)]
    assert found.tier == (met[0] if met else None)
    for match in found.matches:
        assert 0 <= match.degree <= 1
        for limit in match.limits:
            assert limit.degree == 1 or not limit.is_met


LABEL = Wording(en="Number", zh="数")
NUMBER = Input(name="number", label=LABEL, type="decimal")


@pytest.mark.parametrize(
    ("cell", "value", "degree"),
    [
        ("> 10", "5", Fraction(1, 2)),
        (">= 10", "10", Fraction(1)),
        ("> 10", "-5", Fraction(0)),
        ("> 0", "0", Fraction(0)),
        ("< 10", "40", Fraction(1, 4)),
        ("<= 0", "3", Fraction(0)),
        ("4..8", "1", Fraction(1, 4)),
        ("4..8", "16", Fraction(1, 2)),
        ("= 4", "3", Fraction(0)),
        ("in 4, 5", "5", Fraction(1)),
    ],
)
def test_the_degree_of_each_kind_of_limit(cell, value, degree):
    assert degree_of(compile_cell(NUMBER, cell), Decimal(value)) == degree


def test_a_supplier_is_judged_by_the_shares_of_all_its_records():
    assert supplier_tier(SUPPLIER, [1, 1, 1, 1, 2], 0).tier == 1
    assert supplier_tier(SUPPLIER, [1, 1, 2, 2, None], 0).tier == 2
    found = supplier_tier(SUPPLIER, [1, None, None], 0)
    assert (found.tier, found.reasons[0].code) == (None, "SUPPLIER_NO_TIER")
    assert supplier_tier(SUPPLIER, [], 0).reasons[0].code == "TOO_FEW_RECORDS"
    stopped = supplier_tier(SUPPLIER, [1] * 9, 1)
    assert (stopped.tier, stopped.reasons[0].code) == (None, "RECORDS_NOT_COUNTING")


def test_a_share_is_rounded_down_so_that_no_limit_is_met_by_rounding():
    inputs = supplier_inputs([1, 1, 2], 0)
    assert inputs["share_tier_1"] == Decimal("0.666666")
    assert inputs["share_tier_2"] == 1
    # 799,999 of 1,000,000 in tier 1: below 0.8
    assert supplier_inputs([1] * 799_999 + [None] * 200_001, 0)["share_tier_1"] < Decimal("0.8")


def changed(**change):
    document = msgspec.json.decode(catalogue.policy_document("delivery-tier"))
    return parse(msgspec.json.encode(document | change))


def test_a_policy_that_gives_no_tier_or_reads_something_else_is_refused_by_name():
    offer = parse(catalogue.policy_document("invoice-loan-offer"))
    with pytest.raises(Malformed, match="invoice-loan-offer must give a tier"):
        delivery_tier(offer, assessed())
    with pytest.raises(Malformed, match="must give a tier"):
        supplier_tier(offer, [1], 0)
    document = msgspec.json.decode(catalogue.policy_document("delivery-tier"))
    weather = {"name": "weather", "label": {"en": "Weather", "zh": "天气"}, "type": "text"}
    with pytest.raises(Malformed, match="reads weather"):
        delivery_tier(changed(inputs=[*document["inputs"], weather]), assessed())
