"""The demonstration and the commands that set an installation up, run as a newcomer would run them."""

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.process import COMMAND, document, ended, environment, refused, start, tallystick

STAGES = ["application", "admission", "grade", "offer", "confirmation", "disbursement"]


@pytest.fixture(scope="module")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation on which the demonstration was begun twice at once, when nothing was there yet."""
    home = tmp_path_factory.mktemp("demo")
    begun = [start(home, "demo", "--no-serve", "--json") for _ in range(2)]
    for name, process in zip(("first.json", "second.json"), begun, strict=True):
        done = ended(process)
        assert done.returncode == 0, done.stderr
        (home / name).write_text(done.stdout)
    return home


def test_the_demo_carries_one_loan_to_disbursement_and_declines_another(demo_home: Path) -> None:
    lines = json.loads((demo_home / "first.json").read_text())["lines"]
    stages = [line["stage"] for line in lines]
    assert stages[: len(STAGES) + 1] == ["consortium", *STAGES]
    assert "declined" in next(line["text"] for line in lines if line["stage"] == "decision")
    agreed = {"application", "admission", "offer", "confirmation", "disbursement"}
    assert all(line["address"] for line in lines if line["stage"] in agreed)


def test_two_demonstrations_at_once_carry_their_own_loans(demo_home: Path) -> None:
    first, second = (json.loads((demo_home / name).read_text()) for name in ("first.json", "second.json"))
    assert [line["stage"] for line in first["lines"]] == [line["stage"] for line in second["lines"]]
    ours, theirs = ({line["address"] for line in each["lines"]} - {""} for each in (first, second))
    assert ours
    assert ours.isdisjoint(theirs)
    assert first["logins"] == second["logins"]


def test_the_demo_says_each_stage_in_one_readable_line_and_prints_the_logins(demo_home: Path) -> None:
    done = tallystick(demo_home, "demo", "--no-serve")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[:7]] == ["consortium", *STAGES]
    assert "harbour.officer" in done.stdout
    assert len(tallystick(demo_home, "demo", "--codes").stdout.splitlines()) == 5


def test_the_same_journey_runs_on_outside_books(demo_home: Path, shared_data: Path) -> None:
    books = shared_data / "cumcm2020c"
    lines = document(
        demo_home,
        "demo",
        "--no-serve",
        "--books",
        str(books),
        "--mapping",
        "cumcm2020c-a1",
        "--enterprise",
        "E2",
    )["lines"]
    assert [line["stage"] for line in lines] == ["consortium", *STAGES, "ledger"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--books", "."), "bad_usage"),
        (("--books", "no-such-folder", "--mapping", "tallystick"), "no_such_folder"),
        (("--books", ".", "--mapping", "cumcm2020c"), "unknown_mapping"),
        (("--as-of", "tomorrow"), "bad_date"),
        (("--as-of", "0001-01-01"), "bad_date"),
        (("--as-of", "9999-12-31"), "bad_date"),
        (("--bind", "8000"), "bad_bind"),
    ],
)
def test_bad_input_of_the_demo_is_refused_before_anything_is_set_up(
    tmp_path: Path, arguments: tuple[str, ...], code: str
) -> None:
    refused(tmp_path, code, 2, "demo", *arguments)
    assert {path.name for path in tmp_path.iterdir()} <= {"secret"}


def test_an_operator_sets_up_admits_a_lender_and_publishes_its_programme(tmp_path: Path) -> None:
    assert document(tmp_path, "init")["is_new"]
    lender = document(tmp_path, "member", "admit", "Example Bank", "--role", "lender")
    password = "correct horse battery staple"
    added = document(
        tmp_path,
        *("user", "add", "bank.officer", "--member", str(lender["address"])),
        *("--role", "credit_officer", "--password", password),
    )
    assert added["username"] == "bank.officer"
    assert (
        document(tmp_path, "programme", "publish", "--lender", str(lender["address"]))["id"] == "invoice-loan"
    )
    assert [row["lender"] for row in document(tmp_path, "programme", "list")] == ["Example Bank"]
    assert [row["username"] for row in document(tmp_path, "user", "list")] == ["bank.officer"]
    assert str(document(tmp_path, "user", "token", "bank.officer")["token"]).startswith("tsk_")


def test_a_member_or_person_that_is_not_there_is_named_in_the_refusal(demo_home: Path) -> None:
    for arguments in (("user", "token", "nobody"), ("programme", "publish", "--lender", "tly1nobody")):
        done = tallystick(demo_home, *arguments)
        assert done.returncode == 2
        assert done.stderr.startswith("Error: ")


@pytest.fixture
def served(demo_home: Path) -> Iterator[str]:
    """The address of the site, served by the real command."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [COMMAND, "serve", "--bind", f"127.0.0.1:{port}"],
        env=environment(demo_home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=30)


def get(url: str) -> tuple[int, dict[str, str], str]:
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own server
                return answer.status, dict(answer.headers), answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, dict(refused.headers), refused.read().decode()
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{url} does not answer")


def test_the_served_site_shows_the_way_in_under_a_strict_policy(served: str) -> None:
    status, headers, page = get(f"{served}/accounts/login/")
    assert status == 200
    assert "<form" in page
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert get(f"{served}/static/web/tallystick.css")[0] == 200


def test_what_is_not_there_is_a_page_or_a_problem_never_a_traceback(served: str) -> None:
    assert get(f"{served}/no-such-page")[0] == 404
    status, headers, body = get(f"{served}/api/v1/no-such-thing")
    assert status == 404
    assert headers["Content-Type"].startswith("application/problem+json")
    assert "Traceback" not in body


def test_nobody_else_on_the_machine_can_read_what_an_installation_keeps(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)  # a home that somebody made beforehand
    assert document(tmp_path, "init")["is_new"]
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert [path.name for path in kept if path.stat().st_mode & 0o077] == []
