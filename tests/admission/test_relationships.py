"""The graph of indicators is read from their definitions, and says nothing that they do not."""

from tallystick.admission.indicators import ALL_INDICATORS
from tallystick.admission.relationships import Together, derivations, relationships


def parts_of(name: str) -> set[str]:
    return {each.part for each in derivations() if each.whole == name}


def test_a_ratio_derives_from_what_it_divides() -> None:
    assert parts_of("purchase_to_sales_ratio") == {"purchase_amount", "sales_amount"}
    assert parts_of("value_added_ratio") == {"purchase_amount", "sales_amount"}
    assert parts_of("void_sales_share") == {"sales_count"}
    assert parts_of("effective_tax_burden") == {"declared_sales_amount", "levied_tax_amount"}


def test_what_is_a_plain_measure_derives_from_nothing() -> None:
    assert parts_of("sales_amount") == set()
    assert parts_of("violation_count") == set()


def test_the_graph_has_no_cycle_and_only_indicators() -> None:
    names = {each.name for each in ALL_INDICATORS}
    wholes = {each.whole for each in derivations()}
    assert derivations()
    assert {each.part for each in derivations()} | wholes <= names
    assert not {each.part for each in derivations()} & wholes  # two floors


def test_the_document_names_every_indicator_once() -> None:
    document = relationships([Together("sales_amount", "sales_count", 9000, 86)]).document()
    assert [node["name"] for node in document["nodes"]] == [each.name for each in ALL_INDICATORS]
    assert document["together"][0]["rank_correlation_ten_thousandths"] == 9000
