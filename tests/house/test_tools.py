"""The tools around the code: targets that explain themselves, a database and a browser that clean up."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser
from tools import bench

from tests.house.source import REPOSITORY

RUNNER = [sys.executable, str(REPOSITORY / "tools" / "with_postgresql.py")]


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=REPOSITORY,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_make_alone_lists_every_target() -> None:
    text = (REPOSITORY / "Makefile").read_text()
    declared = re.search(r"^\.PHONY: (.+)$", text, re.MULTILINE).group(1).split()
    listed = [line.split()[1] for line in run("make").stdout.splitlines()]
    assert sorted(listed) == sorted(declared)


def test_a_benchmark_measured_by_itself_takes_the_place_of_its_own_section() -> None:
    page = "# Benchmarks\n\nHead.\n\n## One\n\nold\n\n## One more\n\nstays\n"
    assert bench.replaced(page, "## One\n\nnew") == page.replace("old", "new")
    assert bench.replaced(page, "## Two\n\nnew") == page + "\n## Two\n\nnew\n"


def test_a_benchmark_that_there_is_not_is_refused_before_anything_runs() -> None:
    refused = run(sys.executable, "tools/bench.py", "policy", "colours")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "policy" in refused.stderr
    assert "..." not in refused.stderr


def test_continuous_integration_runs_make_test_and_what_takes_long() -> None:
    script = REPOSITORY / ".ci" / "run"
    assert os.access(script, os.X_OK)
    runs = r"^export CI=true\nmake test </dev/null\nexec make slow </dev/null$"
    assert re.search(runs, script.read_text(), re.MULTILINE)


def test_shell_scripts_stop_at_the_first_unset_name() -> None:
    scripts = [*REPOSITORY.glob("tools/*.sh"), REPOSITORY / ".ci" / "run"]
    for script in scripts:
        assert re.search(r"^set -e?uo pipefail$", script.read_text(), re.MULTILINE), script.name
        assert run("bash", "-n", str(script)).returncode == 0, script.name


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that the server's own user can enter (those of ``tmp_path`` are private)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def test_a_throw_away_cluster_answers_and_leaves_nothing(postgresql_url: str, open_folder: Path) -> None:
    with psycopg.connect(postgresql_url) as connection:
        assert connection.execute("select 1 + 1").fetchone() == (2,)
    ask = "import os, psycopg; print(psycopg.connect(os.environ['TALLYSTICK_DATABASE_URL']).info.port)"
    done = run(*RUNNER, sys.executable, "-c", ask, TMPDIR=str(open_folder))
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().isdigit()
    assert list(open_folder.iterdir()) == []


@pytest.mark.usefixtures("postgresql_url")  # a machine without PostgreSQL skips
def test_the_runner_ends_as_its_command_ends() -> None:
    assert run(*RUNNER, "sh", "-c", "exit 7").returncode == 7


def test_the_browser_draws_chinese(chromium: Browser) -> None:
    page = chromium.new_page()
    page.set_content("<h1>贷款申请</h1>")
    widths = page.evaluate(
        """() => ["贷", "\\u{10FFFD}"].map(letter => {
             const context = document.createElement("canvas").getContext("2d");
             context.font = "40px sans-serif";
             context.fillText(letter, 0, 40);
             return [...context.getImageData(0, 0, 60, 60).data].join();
           })"""
    )
    page.close()
    assert widths[0] != widths[1], "a letter looks like the box that stands for a missing one"
