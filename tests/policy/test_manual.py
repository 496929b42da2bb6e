"""The analyst's manual is true: its table can be read and decides as its rows say."""

import re
from pathlib import Path

import pytest

from tallystick.policy.evaluate import decide
from tallystick.policy.table import parse

MANUAL = (Path(__file__).parents[2] / "docs" / "policies.md").read_text("utf-8")
EXAMPLE = re.search(r"^```json\n(.*?)^```", MANUAL, re.MULTILINE | re.DOTALL)
ROWS = re.search(r"^\| changes \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", MANUAL, re.MULTILINE)
assert EXAMPLE
assert ROWS
TABLE = parse(EXAMPLE[1].encode())


@pytest.mark.parametrize("row", ROWS[1].splitlines())
def test_the_manuals_example_decides_as_its_rows_say(row):
    changes, sector, points, outcome, reasons = (cell.strip() or None for cell in row.strip("|").split("|"))
    figures = {"changes": int(changes) if changes and changes.isdigit() else changes, "sector": sector}
    decision = decide(TABLE, figures).document()
    assert (decision["points"], decision["outcome"]) == (points, outcome)
    assert ", ".join(reason["code"] for reason in decision["reasons"]) == (reasons or "")
