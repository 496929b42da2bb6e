"""``tallystick documents``: a paper as JSON, and refusals by code."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tallystick.capture.worker import reading_pool
from tallystick.cli.main import tallystick
from tests.capture.specimens import photograph, specimen


@pytest.fixture(scope="module", autouse=True)
def worker():
    yield
    reading_pool().close()


def read(*arguments: str | Path) -> Result:
    return CliRunner().invoke(tallystick, ["documents", "read", *map(str, arguments)])


def test_the_answer_has_every_field_with_what_speaks_for_it(tmp_path):
    made = specimen("identity-card", 3)
    picture = tmp_path / "card.jpg"
    picture.write_bytes(photograph(made))
    ran = read("identity-card", picture, "--json")
    assert ran.exit_code == 0, ran.output
    paper = json.loads(ran.stdout)
    assert paper.keys() == {"kind", "passes", "pages", "fields", "lines", "checks"}
    assert (paper["kind"], paper["passes"], paper["pages"], paper["lines"]) == ("identity-card", True, 1, [])
    number = paper["fields"]["identity_number"]
    assert number.keys() == {"value", "source", "status", "box", "score", "checks"}
    assert (number["value"], number["source"], number["status"]) == (
        made.truth["identity_number"], "ocr", "verified",
    )  # fmt: skip
    assert number["box"].keys() == {"page", "left", "top", "right", "bottom"}
    assert paper["fields"]["authority"]["status"] == "missing"
    assert {"name": "key-fields-confirmed", "ok": True, "detail": ""} in paper["checks"]


def test_a_file_that_is_no_document_is_refused_by_the_worker(tmp_path):
    page = tmp_path / "page.pdf"
    page.write_bytes(b"%PDF-1.4 no more")
    ran = read("vat-invoice", page, "--json")
    assert (ran.exit_code, json.loads(ran.stdout)["error"]["code"]) == (2, "file_not_readable")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    ran = read("contract", tmp_path / "none.pdf", "--json")
    assert (ran.exit_code, json.loads(ran.stdout)["error"]["code"]) == (2, "unreadable_file")


def test_an_unknown_kind_is_refused_with_the_kinds_there_are(tmp_path):
    ran = read("passport", tmp_path / "none.pdf")
    assert ran.exit_code == 2
    assert "delivery-note" in ran.output
