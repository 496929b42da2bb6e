"""A figure that is absent: a table without ``_known`` refers by its name; one with it guards its rules."""

import pytest

from tallystick.admission.absence import with_absences
from tallystick.errors import Malformed
from tallystick.policy.evaluate import decide
from tallystick.policy.table import Table, parse
from tallystick.values import canonical


def words(text: str) -> dict[str, str]:
    return {"en": text, "zh": text}


def table(*, known: bool = True, guard: str | None = "= true", part: dict | None = None) -> Table:
    figure = {"name": "gap", "label": words("gap"), "type": "integer"} | (part or {})
    asked = {"name": "gap_known", "label": words("gap known"), "type": "boolean"}
    when = {"gap": "> 2"} | ({"gap_known": guard} if known and guard else {})
    absent = {"code": "NONE", "text": words("No gap."), "points": {"base": "7"}}
    return parse(
        canonical.encode(
            {
                "format": "tallystick/decision-table/1",
                "name": "absence",
                "title": words("Absence"),
                "effective_from": "2026-01-01",
                "hit": "sum",
                "inputs": [figure, *([asked] if known else [])],
                "acceptable": {"approve_up_to": "10", "refer_up_to": "20"},
                "rules": [
                    {"code": "GAP", "text": words("Gap."), "when": when, "points": {"base": "5"}},
                    *([absent | {"when": {"gap_known": "= false"}}] if known else []),
                ],
            }
        )
    )


@pytest.mark.parametrize(
    ("figures", "points", "codes"), [({"gap": 3}, 5, ["GAP"]), ({"gap": 1}, 0, []), ({}, 7, ["NONE"])]
)
def test_a_table_with_a_known_input_says_itself_what_follows(figures, points, codes):
    decision = decide(table(), with_absences(table(), figures))
    assert (decision.points, [reason.code for reason in decision.reasons]) == (points, codes)


def test_a_table_without_a_known_input_refers_by_the_name_of_the_figure():
    given = with_absences(table(known=False), {})
    decision = decide(table(known=False), given)
    assert given == {}
    assert decision.points is None
    assert "gap" in str(decision.reasons[0])


@pytest.mark.parametrize("guard", [None, "= false"])
def test_a_rule_that_does_not_ask_whether_the_figure_is_known_is_refused(guard):
    with pytest.raises(Malformed) as refused:
        with_absences(table(guard=guard), {"gap": 3})
    assert refused.value.code == "unguarded_input"


@pytest.mark.parametrize(
    ("part", "stand_in"),
    [({}, 0), ({"min": "4"}, 4), ({"max": "-2"}, -2), ({"type": "decimal", "min": "1.5"}, "1.5")],
)
def test_a_stand_in_is_in_the_range_of_the_input_so_that_it_refers_for_nothing(part, stand_in):
    given = with_absences(table(part=part), {})
    assert given == {"gap": stand_in, "gap_known": False}
    assert decide(table(part=part), given).points == 7


def test_what_is_given_is_not_changed():
    figures = {"gap": 9, "other": "x"}
    assert with_absences(table(), figures) == {"gap": 9, "other": "x", "gap_known": True}
    assert figures == {"gap": 9, "other": "x"}
