"""Back-tests of six made-up enterprises: who swaps, who takes part, and what is drawn."""

import re
from decimal import Decimal

import pytest
from defusedxml import ElementTree
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.admission.backtest import JUDGEMENTS, Judged, backtest, swap_set
from tallystick.admission.bands import stability_index
from tallystick.admission.outcomes import Outcome
from tallystick.admission.pictures import HEIGHT, WIDTH, pictures
from tallystick.admission.scorecard import Scale
from tallystick.errors import Malformed

BAD = {"A": False, "B": True, "C": False, "D": True, "E": False, "F": True}
OUTCOMES = {name: Outcome(name, bad, Decimal(100 * at)) for at, (name, bad) in enumerate(BAD.items(), 1)}
OLD = dict(zip(BAD, ("accept", "accept", "refer", "reject", "reject", "accept"), strict=True))
NEW = dict(zip(BAD, ("accept", "reject", "accept", "reject", "accept", "refer"), strict=True))
POINTS = dict(zip(BAD, (1.0, 5.0, 2.0, 6.0, 3.0, 4.0), strict=True))


def judged(outcomes: dict[str, str], points: dict[str, float] | None = None) -> dict[str, Judged]:
    return {name: Judged(outcome, (points or POINTS).get(name), ()) for name, outcome in outcomes.items()}


def test_the_swap_set_is_as_counted_by_hand():
    found = swap_set(judged(OLD), judged(NEW), OUTCOMES)
    # C (300, good) and E (500, good) are accepted only by the new policy; B (200) and F (600), bad, no more.
    assert (found["swapped_in"]["count"], found["swapped_in"]["bad"]) == (2, 0)
    assert found["swapped_in"]["amount"] == "800"
    assert (found["swapped_out"]["count"], found["swapped_out"]["bad"]) == (2, 2)
    assert found["swapped_out"]["amount"] == "800"
    cells = {(row["old"], row["new"]): row["count"] for row in found["matrix"] if row["count"]}
    assert cells == {
        ("accept", "accept"): 1,
        ("accept", "reject"): 1,
        ("refer", "accept"): 1,
        ("reject", "reject"): 1,
        ("reject", "accept"): 1,
        ("accept", "refer"): 1,
    }


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(JUDGEMENTS), st.sampled_from(JUDGEMENTS), st.booleans())))
def test_the_matrix_counts_everybody_once_and_swaps_turn_round_with_the_policies(people):
    old = {str(at): Judged(one, 1.0, ()) for at, (one, _, _) in enumerate(people)}
    new = {str(at): Judged(other, 1.0, ()) for at, (_, other, _) in enumerate(people)}
    past = {str(at): Outcome(str(at), bad) for at, (_, _, bad) in enumerate(people)}
    found, back = swap_set(old, new, past), swap_set(new, old, past)
    assert sum(row["count"] for row in found["matrix"]) == len(people)
    assert sum(row["bad"] for row in found["matrix"]) == sum(bad for _, _, bad in people)
    assert (found["swapped_in"], found["swapped_out"]) == (back["swapped_out"], back["swapped_in"])
    assert found["swapped_in"]["amount"] is None


def test_psi_is_as_worked_by_hand():
    # Limits at 2, 4, 6, 8: five bands of two. After: 4, 1, 1, 2, 2 of ten, so that the first gains 0.2 and
    # two lose 0.1 each: 0.2 ln 2 + 2 x (-0.1) ln 0.5 = 0.4 ln 2.
    after = [0, 0, 1, 1, 2, 4, 6, 7, 8, 9]
    assert stability_index(list(range(10)), after) == pytest.approx(0.4 * 0.693147, abs=1e-6)
    assert stability_index([], after) is None
    assert stability_index(after, []) is None


@settings(max_examples=40)
@given(st.lists(st.integers(0, 9), min_size=1), st.lists(st.integers(0, 9), min_size=1))
def test_psi_is_zero_for_the_same_shares_and_else_not_negative(before, after):
    assert stability_index(before, before * 3) == pytest.approx(0)
    # With everybody of `before` in it too, no band is empty and nobody is stood in for.
    assert stability_index(before, after + before) >= -1e-12


def test_who_has_no_points_or_no_outcome_is_counted_and_takes_no_part():
    some = judged(OLD, {name: points for name, points in POINTS.items() if name != "E"})
    found = backtest(some | {"Z": Judged("accept", 0.0, ())}, OUTCOMES | {"Y": Outcome("Y", False)})
    assert (found.joined, found.without_outcome, found.without_books) == (6, 1, 1)
    assert list(found.not_scored) == ["E"]
    assert len(found.points) == 5
    assert sum(rate.count for rate in found.by_outcome.values()) == 6
    # Of A 1, C 2 | B 5, D 6, F 4 every defaulter has more points.
    assert (found.auc.value, found.auc.low) == (1.0, None)


def test_nobody_in_both_is_refused():
    with pytest.raises(Malformed) as refused:
        backtest(judged(OLD), {"Y": Outcome("Y", True)})
    assert refused.value.code == "no_joined_outcome"


def test_pictures_are_drawn_from_the_numbers_inside_their_frame_and_carry_no_script():
    points = dict(POINTS, F=1.5)
    test = backtest(judged(OLD, points), OUTCOMES, scale=Scale(4, 2))
    drawn = pictures(test)
    assert list(drawn) == ["roc", "ks", "bands", "calibration"]
    for name, text in drawn.items():
        root = ElementTree.fromstring(text)
        kinds = {each.tag.rpartition("}")[2] for each in root.iter()}
        assert kinds <= {"svg", "title", "rect", "g", "text", "line", "polyline", "circle"}, name
        assert not re.search(r"script|href|style=|\son\w+=", text)
        for each in root.iter():
            for at in re.findall(r"([\d.-]+),([\d.-]+)", each.get("points", "")):
                assert 0 <= float(at[0]) <= WIDTH, name
                assert 0 <= float(at[1]) <= HEIGHT, name
    # The defaulters B 5 and D 6 beat the three others, F 1.5 beats A alone: 7 of 9 pairs.
    assert "AUC 0.778" in drawn["roc"]
    assert f"KS {test.ks.value:.3f} at 5 points" in drawn["ks"]
    assert drawn["bands"].count("<rect") == 1 + len(test.bands)
    assert drawn["calibration"].count("<circle") == len(test.calibration.bands)


def test_the_roc_picture_goes_from_corner_to_corner_whatever_is_thinned():
    many = {str(at): Judged("accept", float(at), ()) for at in range(1000)}
    past = {name: Outcome(name, int(name) % 3 == 0) for name in many}
    curve = pictures(backtest(many, past))["roc"].split("<polyline")[2]
    steps = re.findall(r"([\d.]+),([\d.]+)", curve)
    assert (steps[0], steps[-1]) == (("52.0", "270.0"), ("404.0", "34.0"))
    assert len(steps) < 500
