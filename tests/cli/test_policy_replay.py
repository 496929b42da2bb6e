"""``tallystick policy replay`` and ``effect``: stored decisions come out as kept, and tampering is named."""

import json

import pytest
from click.testing import CliRunner

from tallystick.cli.main import tallystick
from tallystick.records.models import Finding, Programme
from tallystick.services import consortium, policies
from tallystick.services.access import actor_of
from tests.installation import PASSWORD
from tests.services.test_policies import NAME, stricter
from tests.web import scenes


@pytest.fixture
def decided(house, members):
    """Applications whose decisions ended at each step: offered, declined by the rules, admitted by hand."""
    return [scenes.paid(house, members), scenes.declined(house, members), scenes.assessed(house, members)]


def run(*arguments, exit_code=0):
    answer = CliRunner().invoke(tallystick, ["policy", *map(str, arguments), "--json"])
    assert answer.exit_code == exit_code, answer.output
    return json.loads(answer.stdout)


def test_every_stored_decision_is_reproduced_bit_for_bit(decided):
    assert run("replay", "--all") == {"replayed": 3, "differing": []}
    assert run("replay", decided[0].reference) == {"replayed": 1, "differing": []}


def test_a_paper_that_was_changed_is_named_with_the_place(decided):
    expected = set()
    for kind in ("admission", "grading", "decision"):
        finding = Finding.objects.get(application=decided[0], kind=kind)
        changed = finding.document["decision"] if kind == "admission" else finding.document
        changed["outcome"] = "decline"
        finding.save()
        (found,) = run("replay", "--all", exit_code=4)["differing"]
        assert found["reference"] == decided[0].reference
        expected |= {f"{kind}: digest", f"{kind}.outcome"}
        places = {each["at"]: each for each in found["differences"]}
        assert places.keys() == expected
        assert places[f"{kind}.outcome"]["kept"] == "decline"


def test_a_pinned_policy_that_was_changed_is_found(decided):
    programme = Programme.objects.get(pk=decided[0].programme_id)
    programme.policies[NAME] = stricter().decode()
    programme.save()
    differing = run("replay", "--all", exit_code=4)["differing"]
    assert [each["reference"] for each in differing] == [each.reference for each in decided]
    places = {each["at"] for each in differing[0]["differences"]}
    assert {"admission.version", "admission.outcome", f"decision.policies.{NAME}"} <= places


def test_an_exported_decision_is_replayed_without_an_installation(decided, tmp_path, monkeypatch):
    file, reference = tmp_path / "decision.json", decided[0].reference
    run("replay", reference, "--export", file)
    monkeypatch.setenv("TALLYSTICK_HOME", str(tmp_path / "nowhere"))
    assert run("replay", "--file", file) == {"replayed": 1, "differing": []}
    held = json.loads(file.read_text())
    held["papers"]["offer"]["amount"] = "1.00"
    file.write_text(json.dumps(held))
    (found,) = run("replay", "--file", file, exit_code=4)["differing"]
    assert [each["at"] for each in found["differences"]] == ["offer.amount"]
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff", b"[" * 100_000])
def test_a_file_that_is_no_decision_is_refused(tmp_path, content):
    file = tmp_path / "decision.json"
    file.write_bytes(content)
    assert run("replay", "--file", file, exit_code=2)["error"]["code"] == "malformed_decision_file"


def test_what_was_not_decided_or_asked_for_is_refused(house, members):
    draft = scenes.draft(house, members)
    assert run("replay", draft.reference, exit_code=2)["error"]["code"] == "not_decided"
    assert run("replay", "LA-2026-99999", exit_code=2)["error"]["code"] == "unknown_application"
    assert run("replay", exit_code=2)["error"]["code"] == "bad_usage"


def test_the_effect_of_a_stored_version_is_printed(house, members, decided):
    analyst = consortium.add_user(members.lender, "harbour.analyst", PASSWORD, ["analyst"])
    row = policies.draft(house, actor_of(analyst), stricter())
    found = run("effect", NAME, row.number, "--member", members.lender.address)
    assert (found["total"], found["done"], found["changed"]) == (3, 3, 2)
    text = CliRunner().invoke(
        tallystick, ["policy", "effect", NAME, str(row.number), "--member", members.lender.address]
    )
    assert "2 of 3 applications would come out otherwise" in text.output
