"""The real command in a process of its own, with the environment of a newcomer."""

import json
import os
import subprocess
import sys
from pathlib import Path

COMMAND = Path(sys.executable).with_name("tallystick")


def environment(home: Path) -> dict[str, str]:
    """Return this process's environment as a newcomer has it, with ``home`` for the installation."""
    ours = ("TALLYSTICK", "DJANGO")
    theirs = {name: os.environ[name] for name in os.environ if not name.startswith(ours)}
    return theirs | {"TALLYSTICK_HOME": str(home)}


def start(home: Path, *arguments: str, **settings: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [COMMAND, *arguments],
        env=environment(home) | settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    """Wait for ``process`` and return what it said."""
    out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def tallystick(home: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return ended(start(home, *arguments, **settings))


def document(home: Path, *arguments: str) -> dict[str, object]:
    done = tallystick(home, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(home: Path, code: str, exit_code: int, *arguments: str, **settings: str) -> None:
    """Check that a command ends with this exit code, one sentence, and one JSON document with this code."""
    done = tallystick(home, *arguments, "--json", **settings)
    assert done.returncode == exit_code, done.stderr
    assert json.loads(done.stdout)["error"]["code"] == code
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stderr.startswith("Error: ")
