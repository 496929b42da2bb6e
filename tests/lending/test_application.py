"""The stages of an application: every move in the table works, every other is refused."""

import itertools

import pytest

from tallystick.errors import Conflict
from tallystick.lending.application import MOVES, Move, Stage, advance

FINAL = {Stage.DISBURSED, Stage.DECLINED, Stage.WITHDRAWN, Stage.EXPIRED}


@pytest.mark.parametrize(
    ("moves", "end"),
    [
        (["submit", "approve", "make_offer", "confirm", "disburse"], "disbursed"),
        (["submit", "return_incomplete", "submit", "refer", "approve", "make_offer", "expire"], "expired"),
        (["request_programme", "assign_programme", "submit", "decline"], "declined"),
        (["submit", "approve", "make_offer", "withdraw"], "withdrawn"),
    ],
)
def test_a_life_of_an_application_goes_through(moves, end):
    stage = "draft"
    for move in moves:
        stage = advance(stage, move)
    assert stage == end


@pytest.mark.parametrize(("stage", "move"), list(itertools.product(Stage, Move)))
def test_a_move_that_is_not_in_the_table_is_refused(stage, move):
    if move in MOVES[stage]:
        assert advance(stage, move) is MOVES[stage][move]
    else:
        with pytest.raises(Conflict) as caught:
            advance(stage, move)
        assert caught.value.code == "illegal_move"
        assert stage.value in caught.value.message


@pytest.mark.parametrize(("stage", "move"), [("paid", "submit"), ("draft", "pay"), ("", "")])
def test_an_unknown_stage_or_move_is_refused(stage, move):
    with pytest.raises(Conflict):
        advance(stage, move)


def test_nothing_moves_a_final_stage_and_every_other_can_end():
    for stage in Stage:
        assert (stage in FINAL) == (not MOVES[stage])
        reached, todo = set(), [stage]
        while todo:
            here = todo.pop()
            if here not in reached:
                reached.add(here)
                todo.extend(MOVES[here].values())
        assert reached & FINAL
