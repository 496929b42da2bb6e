"""Suggestions: a paper fills in what the form asks for, and nothing that failed its own check."""

import msgspec

from tallystick.evidence.papers import Check, Field, Kind, Paper, Source, Status
from tallystick.evidence.suggestions import SUGGESTED, suggestions
from tallystick.services.catalogue import programme_document


def field(value: str, ok: bool = True) -> Field:
    return Field(value, Source.OCR, Status.NEEDS_REVIEW, checks=(Check("credit-code-check-digit", ok),))


def test_a_licence_fills_in_the_company() -> None:
    paper = Paper(
        Kind.BUSINESS_LICENCE,
        {"credit_code": field("X"), "name": field("Y"), "founded_on": Field("", Source.OCR, Status.MISSING)},
    )
    assert {item: each.value for item, each in suggestions(paper).items()} == {
        "credit_code": "X",
        "enterprise_name": "Y",
    }


def test_a_value_whose_check_fails_is_not_suggested() -> None:
    assert not suggestions(Paper(Kind.BUSINESS_LICENCE, {"credit_code": field("X", ok=False)}))


def test_a_kind_without_items_suggests_nothing() -> None:
    assert not suggestions(Paper(Kind.CONTRACT, {"number": field("X")}))


def test_every_suggested_item_is_one_that_a_programme_asks_for() -> None:
    document = msgspec.json.decode(programme_document("invoice-loan"))
    asked = {item["name"] for item in document["items"]}
    assert {item for items in SUGGESTED.values() for item in items} <= asked
