"""The stages of an application: every move in the table works, every other is refused."""

import itertools

import pytest

from tallystick.errors import Conflict
from tallystick.lending.application import MOVES, ROLES, STEPS, Move, Stage, advance, may_move, possible_moves

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


def test_each_move_stands_once_in_the_table_and_has_its_roles():
    assert sorted(step.move for step in STEPS) == sorted(Move)
    assert set(ROLES) == set(Move)
    assert all(ROLES.values())


def test_money_moves_only_after_the_applicant_confirmed():
    assert [step.sources for step in STEPS if step.target == Stage.DISBURSED] == [{Stage.CONFIRMED}]
    assert [step.sources for step in STEPS if step.target == Stage.CONFIRMED] == [{Stage.OFFERED}]
    assert ROLES[Move.CONFIRM] == {"applicant"}


def test_a_role_may_make_only_its_own_moves():
    assert may_move("confirm", frozenset({"applicant"}))
    assert not may_move("confirm", frozenset({"credit_officer", "operator"}))
    assert not may_move("pay", frozenset({"applicant"}))
    assert possible_moves(Stage.OFFERED, frozenset({"applicant"})) == (Move.CONFIRM, Move.WITHDRAW)
    assert possible_moves(Stage.CONFIRMED, frozenset({"applicant"})) == ()
