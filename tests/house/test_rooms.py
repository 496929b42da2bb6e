"""The rooms of the house: who may import whom, and that each is tested."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import PACKAGE, REPOSITORY

ROOMS = sorted(
    path.stem
    for path in PACKAGE.iterdir()
    if path.stem not in {"__init__", "__main__"} and (path.suffix == ".py" or (path / "__init__.py").exists())
)


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_has_a_test_folder(room: str) -> None:
    assert list((REPOSITORY / "tests" / room).rglob("test_*.py")), f"tests/{room}/ holds no test"


def test_no_room_imports_what_the_house_forbids() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache"], cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
