"""``tallystick loan schedule``: the promised document, a readable table, clear refusals."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from tallystick.cli.main import tallystick

GIVEN = {
    "--principal": "500000.00",
    "--currency": "CNY",
    "--annual-rate": "0.0485",
    "--instalments": "12",
    "--method": "equal-instalments",
    "--day-count": "30/360",
    "--first-due": "2026-12-22",
}


def arguments(**changes):
    given = GIVEN | {f"--{name.replace('_', '-')}": value for name, value in changes.items()}
    return ["loan", "schedule", *(part for pair in given.items() for part in pair)]


def invoke(*more, **changes):
    return CliRunner().invoke(tallystick, [*arguments(**changes), *more])


def test_the_real_command_prints_exactly_one_document_and_nothing_else():
    answer = subprocess.run(
        [sys.executable, "-c", "from tallystick.cli.main import main; main()", *arguments(), "--json"],
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert answer.returncode == 0
    assert answer.stderr == b""
    document = json.loads(answer.stdout)
    assert list(document) == ["currency", "instalments", "total_interest", "total_payment"]
    assert document["currency"] == "CNY"
    # Worked by hand in tests/lending/test_schedule.py.
    assert document["instalments"][0] == {
        "number": 1,
        "due_on": "2026-12-22",
        "principal": "40748.55",
        "interest": "2020.83",
        "payment": "42769.38",
        "balance": "459251.45",
    }
    assert document["instalments"][-1] == {
        "number": 12,
        "due_on": "2027-11-22",
        "principal": "42597.19",
        "interest": "172.16",
        "payment": "42769.35",
        "balance": "0.00",
    }
    assert document["total_interest"] == "13232.53"
    assert document["total_payment"] == "513232.53"


def test_without_json_people_get_a_caption_and_an_aligned_table():
    answer = invoke()
    caption, blank, *lines = answer.stdout.splitlines()
    assert answer.exit_code == 0
    assert caption == "CNY 500,000.00 at 4.85 % a year, equal-instalments, 30/360, disbursed on 2026-11-22"
    assert blank == ""
    assert len(lines) == 1 + 12 + 1
    assert lines[1] == " 1  2026-12-22   40,748.55   2,020.83   42,769.38  459,251.45"
    assert len({len(line) for line in lines[:-1]}) == 1
    assert lines[-1].split() == ["Total", "500,000.00", "13,232.53", "513,232.53"]


def test_the_day_of_disbursement_can_be_given():
    document = json.loads(invoke("--json", method="interest-only", disbursed_on="2026-11-12").stdout)
    # 40 days of 30/360: 500,000 × 0.0485 × 40/360.
    assert document["instalments"][0]["interest"] == "2694.44"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"principal": "500,000.00"}, "bad_amount"),
        ({"principal": "1.001"}, "bad_amount"),
        ({"principal": "0"}, "bad_principal"),
        ({"principal": "-5"}, "bad_principal"),
        ({"principal": "99999999999999.00"}, "principal_too_large"),
        ({"currency": "XXX"}, "unknown_currency"),
        ({"annual_rate": "4.85%"}, "bad_rate"),
        ({"annual_rate": "4.85"}, "bad_annual_rate"),
        ({"instalments": "0"}, "bad_instalments"),
        ({"instalments": "601"}, "bad_instalments"),
        ({"instalments": "twelve"}, "bad_instalments"),
        ({"instalments": "１２"}, "bad_instalments"),
        ({"instalments": "9" * 5000}, "bad_instalments"),
        ({"method": "balloon"}, "bad_method"),
        ({"day_count": "30E/360"}, "bad_day_count"),
        ({"first_due": "22.12.2026"}, "bad_date"),
        ({"first_due": "2026-02-30"}, "bad_date"),
        ({"first_due": "0001-01-15"}, "bad_date"),
        ({"first_due": "9999-12-31"}, "bad_dates"),
        ({"disbursed_on": "2026-12-22"}, "bad_dates"),
        ({"disbursed_on": ""}, "bad_date"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_one_sentence_and_its_code(changes, code):
    answer = invoke("--json", **changes)
    assert answer.exit_code == 2
    assert json.loads(answer.stdout)["error"]["code"] == code
    assert answer.stderr.startswith("Error: ")
    assert len(answer.stderr.splitlines()) == 1
    assert len(answer.stderr) < 200
