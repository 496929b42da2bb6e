"""The simulator: seeds that must go right, and faults put in that its auditor must find."""

import os
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from tests.simulation.breaking import BREAKS
from tests.simulation.chance import draw
from tests.simulation.rules.state import State
from tests.simulation.run import EVENTS, simulate

REPOSITORY = Path(__file__).resolve().parents[2]
#: Each stands for a consortium of its own.
SEEDS = (1, 2, 3, 4, 5, 6, 7, 8)
EVENTS_IN_TESTS = 5000


@pytest.mark.parametrize("seed", SEEDS)
def test_everything_goes_as_the_rules_say(seed: int) -> None:
    report = simulate(seed, EVENTS_IN_TESTS)
    assert report.is_right, report.text


def test_the_seeds_cover_what_can_befall_a_consortium() -> None:
    settings = [draw(seed, EVENTS_IN_TESTS) for seed in SEEDS]
    assert {len(each.powers) for each in settings} == {4, 5, 6, 7}
    for name in ("hostile", "joins", "drop", "damage", "duplicate", "slow", "crash_ms", "partition_ms"):
        assert any(getattr(each, name) for each in settings), name
    assert any(each.is_left_without_quorum for each in settings)


def test_the_hostile_hold_less_than_a_third_of_the_power() -> None:
    for seed in range(500):
        settings = draw(seed, EVENTS)
        assert 3 * sum(settings.powers[each] for each in settings.hostile) < sum(settings.powers)


def test_the_same_seed_gives_the_same_run_in_every_process() -> None:
    said = {run(["--seed", "3", "--events", "2500"], PYTHONHASHSEED=value) for value in ("0", "1", "4242")}
    assert len(said) == 1
    assert "app hash" in said.pop()[1]


@pytest.mark.parametrize("break_it", BREAKS, ids=lambda break_it: break_it.__name__)
def test_the_auditor_finds_what_is_broken(
    break_it: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    seed, events, said = BREAKS[break_it]
    break_it(monkeypatch)
    report = simulate(seed, events)
    assert not report.is_right
    assert said in report.text
    assert report.text.endswith(f"replay it: make simulate SEED={seed} EVENTS={events}")


def test_a_failure_ends_the_command_with_code_1_and_tells_how_to_replay_it() -> None:
    broken = (
        "import runpy, sys, pytest\n"
        "from tests.simulation.breaking import half_of_the_power_appoints\n"
        "half_of_the_power_appoints(pytest.MonkeyPatch())\n"
        "sys.argv = ['simulation', '--seeds', '1..9']\n"
        "runpy.run_module('tests.simulation', run_name='__main__')\n"
    )
    code, said = run([], broken)
    assert code == 1
    assert "seed 1 failed at" in said
    assert said.rstrip().endswith("replay it: make simulate SEED=1")


def test_the_auditors_trie_is_the_one_on_the_page() -> None:
    """Of no pairs, and of one: the leaf's place is the first four bits of its key's hash (docs/ledger.md)."""
    state = State()
    assert state.root() == sha256(b"\x01" + bytes(4)).hexdigest()
    state.put("a", {})
    key, value = sha256(b"a").digest(), sha256(b"{}").digest()
    place = (0x8000 >> (key[0] >> 4)).to_bytes(2, "big")
    assert state.root() == sha256(b"\x01" + place + place + key + value).hexdigest()


def run(arguments: list[str], program: str = "", **environment: str) -> tuple[int, str]:
    """Run the simulator, or a program, in a process of its own; return its code and what it said."""
    what = ["-c", program] if program else ["-m", "tests.simulation", *arguments]
    done = subprocess.run(
        [sys.executable, *what],
        cwd=REPOSITORY,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr
