"""What is installed is what was locked: every entry carries hashes, and no file says where to fetch it."""

import re
import tomllib

import pytest

from tests.house.source import REPOSITORY

FILES = sorted((REPOSITORY / "requirements").glob("*.txt"))
ENTRY = re.compile(r"^([A-Za-z0-9._-]+)(\[[a-z,]+\])?==(\S+)")


def entries(text: str) -> dict[str, str]:
    """Return name -> the whole entry, continuation lines joined."""
    joined = text.replace("\\\n", " ")
    lines = [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return {ENTRY.match(line).group(1) if ENTRY.match(line) else line: line for line in lines}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_entry_is_pinned_and_has_hashes(path) -> None:
    found = entries(path.read_text())
    assert found
    bad = [name for name, line in found.items() if not ENTRY.match(line) or "--hash=sha256:" not in line]
    assert not bad, bad


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_requirements_file_names_an_index(path) -> None:
    assert not re.search(r"://|--(extra-)?index-url|--find-links|^-[if] ", path.read_text(), re.MULTILINE)


def test_the_tests_run_on_the_versions_that_are_shipped() -> None:
    folder = REPOSITORY / "requirements"
    runtime, dev = (entries((folder / name).read_text()) for name in ("runtime.txt", "dev.txt"))
    version = {name: ENTRY.match(line).group(3) for name, line in dev.items()}
    differing = [name for name, line in runtime.items() if ENTRY.match(line).group(3) != version.get(name)]
    assert not differing, differing


def test_every_declared_dependency_is_locked() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    locked = {name.lower() for name in entries((REPOSITORY / "requirements" / "dev.txt").read_text())}
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    missing = [name for name in wanted if re.match(r"[A-Za-z0-9._-]+", name).group().lower() not in locked]
    assert not missing, f"run `make lock`: {missing}"
