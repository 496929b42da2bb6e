"""The analyst's manual is true: its table and its graph can be read and decide as its rows say."""

import re
from pathlib import Path
from typing import get_args

import pytest

from tallystick.policy.analysis import analyse
from tallystick.policy.document import HitPolicy
from tallystick.policy.evaluate import decide
from tallystick.policy.findings import Kind
from tallystick.policy.graph import parse_graph
from tallystick.policy.graph_decide import decide_graph
from tallystick.policy.table import parse

MANUAL = (Path(__file__).parents[2] / "docs" / "policies.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```json\n(.*?)^```", MANUAL, re.MULTILINE | re.DOTALL)
ROWS = re.search(r"^\| changes \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", MANUAL, re.MULTILINE)
GRAPH_ROWS = re.search(r"^\| changes \| debt_share.*\n\|[-|]+\|\n((?:\|.*\n)+)", MANUAL, re.MULTILINE)
assert ROWS
assert GRAPH_ROWS
TABLE, GRAPH = parse(EXAMPLES[0].encode()), parse_graph(EXAMPLES[1].encode())


@pytest.mark.parametrize("row", ROWS[1].splitlines())
def test_the_manuals_example_decides_as_its_rows_say(row):
    changes, sector, points, outcome, reasons = (cell.strip() or None for cell in row.strip("|").split("|"))
    figures = {"changes": int(changes) if changes and changes.isdigit() else changes, "sector": sector}
    decision = decide(TABLE, figures).document()
    assert (decision["points"], decision["outcome"]) == (points, outcome)
    assert ", ".join(reason["code"] for reason in decision["reasons"]) == (reasons or "")


@pytest.mark.parametrize("row", GRAPH_ROWS[1].splitlines())
def test_the_manuals_graph_decides_as_its_rows_say(row):
    changes, debt, index, grade, outcome, reasons = (cell.strip() for cell in row.strip("|").split("|"))
    decision = decide_graph(GRAPH, {"changes": int(changes), "debt_share": debt})
    worked = decision.nodes["index"]
    assert (worked.document()["outputs"]["risk_index"] if worked else "") == index
    assert (decision.outcome, decision.outputs.get("grade", "")) == (outcome, grade)
    assert ", ".join(reason.code for reason in decision.reasons) == reasons


def test_the_manuals_examples_have_no_fault():
    assert analyse(TABLE) == analyse(GRAPH) == ()


def test_the_manual_names_every_kind_of_finding_and_of_table():
    for name in (*get_args(HitPolicy), *get_args(Kind)):
        assert f"| `{name}` |" in MANUAL
