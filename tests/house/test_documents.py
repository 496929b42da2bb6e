"""The pages are true: commands run, links lead somewhere, tables say what the code says."""

import inspect
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tools import docs
from tools.links import anchors, broken_links

from tallystick import config
from tests.house.source import REPOSITORY

CONSOLE = re.compile(r"^```console(?P<run> run)?\n(?P<body>.*?)^```", re.MULTILINE | re.DOTALL)
DECISIONS = sorted((REPOSITORY / "docs" / "decisions").glob("*.md"))
COMMAND_SECONDS = 300


@dataclass(frozen=True)
class Example:
    """One command of a page, and the lines that it is said to print."""

    command: str
    prints: tuple[str, ...]
    runs: bool


def examples(page: Path) -> list[Example]:
    """Return the commands of the page's console blocks: lines after ``$ ``; what follows is output."""
    found = []
    for block in CONSOLE.finditer(page.read_text("utf-8")):
        for part in re.split(r"^\$ ", block["body"].replace("\\\n", ""), flags=re.MULTILINE)[1:]:
            command, *prints = part.splitlines()
            said = tuple(line.strip() for line in prints if line.strip() not in {"", "..."})
            found.append(Example(command.strip(), said, bool(block["run"])))
    return found


PAGES = docs.pages()
RUNNABLE = {page: run for page in PAGES if (run := [one for one in examples(page) if one.runs])}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What the reader of one page has: our programs first, and an installation of their own."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TALLYSTICK_", "DJANGO_", "PYTEST_"))
    }
    return inherited | {"PATH": path, "TALLYSTICK_HOME": str(tmp_path / "home")}


def test_the_readme_shows_commands_that_are_run_here() -> None:
    assert any(page.name == "README.md" for page in RUNNABLE)


@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: page.name)
def test_every_command_that_a_page_shows_runs(page: Path, environment: dict[str, str]) -> None:
    for example in RUNNABLE[page]:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", example.command],
            cwd=REPOSITORY,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )
        assert done.returncode == 0, f"{example.command}\n{done.stdout}{done.stderr}"
        printed = re.sub(r"\s+", " ", done.stdout)
        absent = [line for line in example.prints if re.sub(r"\s+", " ", line) not in printed]
        assert not absent, f"{example.command}\nnot printed: {absent}\n{done.stdout}"


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    named = {
        word
        for page in PAGES
        for span in [
            *re.findall(r"`([^`\n]+)`", page.read_text("utf-8")),
            *(e.command for e in examples(page)),
        ]
        if (words := shlex.split(span, comments=True, posix=False)) and words[0] == "make"
        for word in words[1:]
        if "=" not in word
    }
    assert named
    assert named <= targets, named - targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    assert not list(broken_links(page))


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# One thing\n[a](#one-thing) [b](#other) [c](none.md) `[d](none.md)` [e](https://example.org)\n"
    )
    assert list(broken_links(page)) == ["#other", "none.md"]
    assert anchors("# A `b` & c\n## x\n## x\n") == {"a-b--c", "x", "x-1"}


def test_the_reference_says_what_the_program_says() -> None:
    folder = REPOSITORY / "docs" / "reference"
    assert (folder / "cli.md").read_text("utf-8") == docs.command_page(), "run `make docs`"
    assert (folder / "openapi.json").read_text("utf-8") == docs.openapi_document(), "run `make docs`"


def test_the_settings_table_lists_exactly_what_config_reads() -> None:
    read = set(re.findall(r"TALLYSTICK_[A-Z0-9_]+", inspect.getsource(config)))
    page = (REPOSITORY / "docs" / "operating.md").read_text("utf-8")
    listed = re.findall(r"^\| `(TALLYSTICK_[A-Z0-9_]+)` \|", page, re.MULTILINE)
    assert sorted(listed) == sorted(read)


def test_the_settings_table_gives_the_defaults() -> None:
    defaults = config.from_environment({})
    page = (REPOSITORY / "docs" / "operating.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `TALLYSTICK_([A-Z0-9_]+)` \| `([^`]*)` \|", page, re.MULTILINE))
    said = {
        "HOME": str(defaults.home.relative_to(Path.cwd())),
        "DATABASE_URL": defaults.database_url.replace(str(defaults.home), "HOME"),
        "DEBUG": str(int(defaults.debug)),
        "ALLOWED_HOSTS": ",".join(defaults.allowed_hosts),
        "SECURE_COOKIES": str(int(defaults.secure_cookies)),
        "TRUSTED_PROXIES": str(defaults.trusted_proxies),
        "BLOCK_PERIOD_MS": str(defaults.block_period_ms),
        "VERIFIERS": str(defaults.verifiers),
        "COMETBFT": defaults.cometbft,
        "PKCS11_PIN": defaults.pkcs11_pin,
        "MEDIA_HOSTS": ",".join(defaults.media_hosts),
        "MAIL_URL": defaults.mail_url,
        "MAIL_PASSWORD": defaults.mail_password,
        "MAIL_FROM": defaults.mail_from,
        "SITE_URL": defaults.site_url,
        "PULL_HOSTS": ",".join(defaults.pull_hosts),
        "PULL_SECRET": defaults.pull_secret,
        "LANGUAGE_MODEL_URLS": ",".join(defaults.language_model_urls),
        "LANGUAGE_MODEL": defaults.language_model,
        "PEERS": ",".join(defaults.peers),
        "LANGUAGE_MODEL_KEY": defaults.language_model_key,
    }
    assert rows == said


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_every_decision_record_has_its_five_parts(path: Path) -> None:
    text = path.read_text("utf-8")
    number = path.name.split("-")[0]
    assert re.match(rf"# {int(number)}\. \S", text)
    assert re.search(r"^Status: (proposed|accepted|replaced by \[\d+\]\(\S+\))$", text, re.MULTILINE)
    assert re.search(r"^Date: \d{4}-\d{2}-\d{2}$", text, re.MULTILINE)
    for part in ("Context", "Decision", "Consequences"):
        assert re.search(rf"^## {part}\n\n\S", text, re.MULTILINE), part


def test_decision_records_are_numbered_without_gaps() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))
