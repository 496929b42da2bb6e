"""The manual says what the program does: its addresses exist, its statuses are those of the table."""

import re
from pathlib import Path

from tallystick.api.door import MAX_JSON_BYTES
from tallystick.api.idempotency import LIFETIME, STALE
from tallystick.api.paging import MAX_LIMIT
from tallystick.api.presenting import ADDRESSES
from tallystick.api.problems import ANSWERS
from tallystick.api.routes import api
from tallystick.services.files import MAX_FILE_BYTES


def test_the_manual_names_every_address_and_no_other(repository: Path) -> None:
    text = (repository / "docs" / "api.md").read_text("utf-8")
    paths = {path.removeprefix("/api/v1") for path in api.get_openapi_schema()["paths"]}
    steps = {f"/applications/{{reference}}/{name}" for name in ADDRESSES.values()}
    assert steps <= paths
    said = {f"/applications/{{reference}}/{step}" for step in re.findall(r"(?:POST|PATCH) …/([a-z]+)`", text)}
    said |= set(re.findall(r"(?:GET|POST|PUT|DELETE) (/[a-z_/{}]+)", text))
    said |= {
        re.sub(
            r"/(LA-2026-00001|1)(?=/|$)", lambda m: "/{reference}" if m[1] != "1" else "/{programme_id}", one
        )
        for one in re.findall(r"\$TALLYSTICK(/[A-Za-z0-9_/-]+)", text)
    }
    assert said == paths


def test_the_table_of_statuses_is_the_programs(repository: Path) -> None:
    text = (repository / "docs" / "api.md").read_text("utf-8")
    assert [int(status) for status in re.findall(r"^\| (\d{3}) \|", text, re.MULTILINE)] == sorted(
        {answer.status for answer in ANSWERS.values()}
    )


def test_the_limits_in_the_manual_are_the_programs(repository: Path) -> None:
    text = re.sub(r"\s+", " ", (repository / "docs" / "api.md").read_text("utf-8"))
    for words in (
        f"at most {MAX_LIMIT} as `limit`",
        f"kept for {LIFETIME.days} days",
        f"after {STALE.seconds} seconds the key",
        f"{MAX_JSON_BYTES // 2**20} MiB of JSON, a form {MAX_FILE_BYTES // 2**20} MiB of file",
    ):
        assert words in text
