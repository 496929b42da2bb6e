"""Documents decide quantity and value, a person quality; what contradicts only lowers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.errors import Malformed, TooLarge
from tallystick.evidence.assessment import Assessment, Basis, Figure, Quality
from tallystick.evidence.by_hand import grade_by_hand
from tallystick.evidence.combining import MAX_ASSESSMENTS, combine
from tallystick.evidence.figures import grade_of, number_of

NOTHING = Figure(None, Basis.NOTHING, "it cannot tell")


def said(model: str, quality=NOTHING, quantity=NOTHING, value=NOTHING, **more) -> Assessment:
    return Assessment(model, quality, quantity, value, **more)


def figure(value: str | None, basis: Basis, **more) -> Figure:
    return Figure(value, basis, "a reason", **more)


DOCUMENTS = said(
    "documents/1", quantity=figure("100", Basis.DOCUMENTS), value=figure("250.00", Basis.DOCUMENTS)
)


def test_documents_decide_quantity_and_value_against_everyone() -> None:
    model = said(
        "reader",
        quantity=figure("900", Basis.LANGUAGE_MODEL, confidence=10_000),
        value=figure("9000.00", Basis.LANGUAGE_MODEL, confidence=10_000),
    )
    found = combine([DOCUMENTS, model])
    assert (found.quantity.value, found.quantity.basis) == ("100", Basis.DOCUMENTS)
    assert (found.value.value, found.value.confidence, found.value.low) == ("250.00", 5000, None)
    assert "9000.00" in found.value.conflicts[0]


def test_a_language_model_alone_decides_neither_quantity_nor_value() -> None:
    alone = said(
        "reader", quantity=figure("9", Basis.LANGUAGE_MODEL), value=figure("9.00", Basis.LANGUAGE_MODEL)
    )
    found = combine([alone, said("documents/1")])
    assert (found.quantity.value, found.quantity.low) == (None, "9")
    assert (found.value.value, found.value.low, found.value.basis) == (None, None, Basis.NOTHING)


@pytest.mark.parametrize(
    ("seen", "confidence", "conflicts"), [("40", None, 0), ("100", None, 0), ("101", 5000, 1)]
)
def test_a_count_from_pictures_is_only_a_lower_bound(seen, confidence, conflicts) -> None:
    found = combine([DOCUMENTS, said("tile/1", quantity=figure(None, Basis.MODEL, low=seen))]).quantity
    assert (found.value, found.low, found.confidence) == ("100", None, confidence)
    assert len(found.conflicts) == conflicts


def test_a_persons_grade_outranks_a_model_and_a_language_model() -> None:
    """The person's full confidence is halved twice: 10000, 5000, 2500."""
    model = said("tile/1", quality=figure("poor", Basis.MODEL, confidence=9000))
    reader = said("reader", quality=figure("medium", Basis.LANGUAGE_MODEL))
    found = combine([reader, model, grade_by_hand("reviewer-7", Quality.GOOD, "I opened ten boxes.")]).quality
    assert (found.value, found.basis, found.confidence, found.low) == ("good", Basis.PERSON, 2500, "poor")
    assert len(found.conflicts) == 2


def test_who_agrees_changes_nothing() -> None:
    model = said("tile/1", quality=figure("good", Basis.MODEL, confidence=9000))
    assert (
        combine([model, said("reader", quality=figure("good", Basis.LANGUAGE_MODEL))]).quality
        == model.quality
    )


def test_a_person_who_counted_less_lowers_the_low_end_only() -> None:
    found = combine([DOCUMENTS, grade_by_hand("reviewer-7", Quality.GOOD, "Two are missing.", "98")]).quantity
    assert (found.value, found.low, found.high, found.confidence) == ("100", "98", None, 5000)


def test_of_two_of_the_same_basis_the_more_cautious_is_kept() -> None:
    models = [
        said(name, quality=figure(grade, Basis.MODEL)) for name, grade in (("a", "good"), ("b", "poor"))
    ]
    assert combine(models).quality.value == "poor"


def test_abstentions_stay_abstentions() -> None:
    found = combine([said("documents/1"), said("tile/1")])
    for one in (found.quality, found.quantity, found.value):
        assert (one.value, one.basis, one.low) == (None, Basis.NOTHING, None)
        assert "documents/1: it cannot tell" in one.because
    unknown = said("tile/1", quality=figure(Quality.UNKNOWN, Basis.MODEL))
    assert combine([unknown]).quality.value is None


def test_what_cannot_be_combined_is_refused() -> None:
    with pytest.raises(Malformed, match="no assessment"):
        combine([])
    with pytest.raises(Malformed, match="currency"):
        combine([DOCUMENTS, said("x", currency="USD")])
    with pytest.raises(TooLarge):
        combine([DOCUMENTS] * (MAX_ASSESSMENTS + 1))


def test_a_grade_by_hand_needs_a_reason_and_numbers() -> None:
    for reason in ("", "  ", "x" * 1001):
        with pytest.raises(Malformed, match="reason"):
            grade_by_hand("reviewer-7", Quality.GOOD, reason)
    for wrong in ("-1", "1e3", "many"):
        with pytest.raises(Malformed, match="decimal"):
            grade_by_hand("reviewer-7", Quality.GOOD, "seen", wrong)
    assert grade_by_hand("reviewer-7", Quality.UNKNOWN, "too dark").quality.value is None


QUALITIES = st.sampled_from([one.value for one in Quality] + [None])
NUMBERS = st.one_of(st.none(), st.integers(0, 300).map(str))


@st.composite
def figures(draw, values):
    basis = draw(st.sampled_from(list(Basis)))
    value = None if basis == Basis.NOTHING else draw(values)
    return Figure(
        value,
        basis,
        "r",
        low=draw(values),
        high=draw(values),
        confidence=draw(st.none() | st.integers(0, 10_000)),
    )


ASSESSMENTS = st.lists(
    st.builds(Assessment, st.sampled_from("abc"), figures(QUALITIES), figures(NUMBERS), figures(NUMBERS)),
    min_size=1,
    max_size=5,
)


@given(ASSESSMENTS, st.randoms(use_true_random=False))
def test_the_order_of_assessments_does_not_matter(some, chance) -> None:
    assert combine(some) == combine(chance.sample(some, len(some)))


@given(ASSESSMENTS)
def test_combining_never_raises_a_figure(some) -> None:
    found = combine(some)
    for name, read in (("quality", grade_of), ("quantity", number_of), ("value", number_of)):
        kept = getattr(found, name)
        if kept.value is None:
            continue
        sources = [one for each in some if (one := getattr(each, name)).basis == kept.basis]
        alike = [one for one in sources if (one.value, one.high) == (kept.value, kept.high)]
        assert alike, "value and high end are those of one source"
        most = max(10_000 if one.confidence is None else one.confidence for one in alike)
        assert (10_000 if kept.confidence is None else kept.confidence) <= most
        lows = [low for one in alike if (low := read(one.low)) is not None]
        if read(kept.low) is not None and len(lows) == len(alike):
            assert read(kept.low) <= max(lows)


@given(ASSESSMENTS)
def test_a_language_model_never_changes_what_documents_say(some) -> None:
    reader = said(
        "z",
        quantity=figure("999", Basis.LANGUAGE_MODEL, confidence=10_000),
        value=figure("999", Basis.LANGUAGE_MODEL, confidence=10_000),
    )
    without, with_it = combine([*some, DOCUMENTS]), combine([*some, DOCUMENTS, reader])
    for name in ("quantity", "value"):
        one, other = getattr(without, name), getattr(with_it, name)
        assert (one.value, one.basis, one.high) == (other.value, other.basis, other.high)
