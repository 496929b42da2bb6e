"""What moves together: ranks worked by hand, and what too few or constant figures do not say."""

from tallystick.admission.relationships import MIN_ENTERPRISES, Together
from tallystick.analytics.correlation import moving_together

COUNT = MIN_ENTERPRISES


def pairs(first: list[int | None], second: list[int | None], at_least: int = 0) -> list[Together]:
    rows = [{"a": one, "b": other} for one, other in zip(first, second, strict=True)]
    return moving_together(rows, ["a", "b"], at_least)


def test_any_growing_curve_is_a_full_correlation_and_any_falling_one_its_opposite() -> None:
    places = list(range(COUNT))
    assert pairs(places, [place**5 for place in places]) == [Together("a", "b", 10_000, COUNT)]
    assert pairs(places, [-(place**3) for place in places]) == [Together("a", "b", -10_000, COUNT)]


def test_equal_figures_share_the_mean_of_their_places() -> None:
    # Halves of 0 and 1 against the places: 20 values, ranks 5.5 and 15.5; 500 / √(500 × 665) = 0.8671.
    assert pairs([0] * 10 + [1] * 10, list(range(20)))[0].rank_correlation == 8671


def test_too_few_enterprises_and_constant_figures_say_nothing() -> None:
    assert pairs([*range(COUNT - 1), None], list(range(COUNT))) == []
    assert pairs([7] * COUNT, list(range(COUNT))) == []


def test_a_weak_correlation_is_left_out() -> None:
    first, second = list(range(20)), [(place * 7) % 20 for place in range(20)]
    assert pairs(first, second, 7000) == []
    assert len(pairs(first, second, 0)) == 1
