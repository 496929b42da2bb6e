"""``tallystick policy``: without an installation, answers as words and as JSON, failures with a code."""

import json
from itertools import product

import msgspec
import pytest
from click.testing import CliRunner

from tallystick.cli.main import tallystick
from tallystick.policy.graph import parse_policy
from tests.policy.documents import WORDS, changes_document, graph, lending_graph, sector_document
from tests.policy.test_analyst import CASES
from tests.policy.test_jdm import foreign


@pytest.fixture
def policies(tmp_path, monkeypatch):
    """A folder with policies, and no installation anywhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TALLYSTICK_HOME", str(tmp_path / "nowhere"))
    for name, document in (
        ("changes", changes_document()),
        ("lending", lending_graph()),
        ("sector", sector_document()),
    ):
        (tmp_path / f"{name}.json").write_bytes(msgspec.json.encode(document))
    (tmp_path / "changes.cases.json").write_bytes(msgspec.json.encode(CASES))
    (tmp_path / "foreign.json").write_bytes(msgspec.json.encode(foreign()))
    yield tmp_path
    assert not (tmp_path / "nowhere").exists()


def run(*arguments, exit_code=0):
    answer = CliRunner().invoke(tallystick, ["policy", *map(str, arguments)])
    assert answer.exit_code == exit_code, answer.output
    return answer


def asked(*arguments, exit_code=0):
    return json.loads(run(*arguments, "--json", exit_code=exit_code).stdout)


def test_check_says_what_is_found_with_an_example(policies):
    found = asked("check", "sector.json")
    assert (found["policy"]["name"], found["policy"]["kind"]) == ("sector", "table")
    gap = next(each for each in found["findings"] if each["kind"] == "gap")
    text = run("check", "sector.json").stdout
    assert "warning: gap: No rule covers such figures" in text
    assert f"for example {msgspec.json.encode(gap['witness']).decode()}" in text
    assert run("check", "changes.json").stdout.splitlines()[-1] == "Nothing found."


def test_check_leaves_with_2_when_there_is_a_fault(policies):
    document = changes_document()
    document["rules"][0]["when"]["changes"] = "> 1000"
    (policies / "changes.json").write_bytes(msgspec.json.encode(document))
    (found,) = asked("check", "changes.json", exit_code=2)["findings"]
    assert (found["weight"], found["rules"]) == ("fault", ["CHANGES"])
    assert "fault: unreachable: CHANGES can never match" in run("check", "changes.json", exit_code=2).stdout


def test_test_decides_the_cases_beside_the_policy(policies):
    assert asked("test", "changes.json")["cases"] == 3
    text = run("test", "changes.json").stdout
    assert "3 of 3 cases are decided as they say." in text
    assert "No case matches: SHARE." in text


def test_test_leaves_with_2_and_names_the_case_that_fails(policies):
    (policies / "other.json").write_text(json.dumps(CASES | {"cases": [CASES["cases"][1] | {"points": "4"}]}))
    report = asked("test", "changes.json", "--cases", "other.json", exit_code=2)
    assert report["failed"] == [
        {"name": "six", "differences": [{"what": "points", "expected": "4", "found": "3.5"}]}
    ]
    text = run("test", "changes.json", "--cases", "other.json", exit_code=2).stdout
    assert "0 of 1 cases" in text
    assert 'six   points  "4"       "3.5"' in text


def test_explain_says_what_became_of_every_rule(policies):
    figures = '{"changes": 11, "share": "0.5"}'
    text = run("explain", "changes.json", "--input", figures).stdout
    assert "Outcome: refer, with 11 points" in text
    assert "CHANGES: matched: changes = 11 is “> 5”; 11 points" in text
    assert "SHARE: not matched: share = 0.5 is not “>= 0.9”" in text
    (policies / "figures.json").write_text(figures)
    document = asked("explain", "changes.json", "--input", "figures.json")
    assert (document["outcome"], document["points"]) == ("refer", "11")
    assert document["explanation"][0]["rules"][1]["code"] == "SHARE"
    graph_text = run(
        "explain", "lending.json", "--input", '{"changes": 0, "share": "0", "sales": "5000000"}'
    ).stdout
    assert "Outcome: approve, by offer, outputs" in graph_text
    assert "index\n  conduct: 0.35 × 0 = 0" in graph_text


def test_diff_says_each_change(policies):
    document = changes_document()
    document["rules"][0]["when"]["changes"] = "> 6"
    (policies / "new.json").write_bytes(msgspec.json.encode(document))
    assert run("diff", "changes.json", "new.json").stdout == (
        "rule CHANGES: when changes was “> 5” and is now “> 6”\n"
    )
    (changed,) = asked("diff", "changes.json", "new.json")["changes"]
    assert (changed["kind"], changed["old"], changed["new"]) == ("changed", "> 5", "> 6")
    assert run("diff", "changes.json", "changes.json").stdout == "Nothing changed.\n"


@pytest.mark.parametrize(
    ("name", "form"), [*product(["changes", "sector"], ["jdm", "csv", "xlsx"]), ("lending", "jdm")]
)
def test_what_is_exported_is_imported_as_it_was(policies, name, form):
    out = {"jdm": "out.json"}.get(form, f"out.{form}")
    asked("export", f"{name}.json", "--to", form, "--out", out)
    before = parse_policy((policies / f"{name}.json").read_bytes())
    described = asked("import", out, "--out", "back.json")
    assert parse_policy((policies / "back.json").read_bytes()).version == described["policy"]["version"]
    assert run("diff", f"{name}.json", "back.json").stdout == "Nothing changed.\n"
    assert described["policy"]["name"] == before.name
    assert asked("check", out)["findings"] == asked("check", f"{name}.json")["findings"]


def test_a_document_from_elsewhere_is_imported_once_its_first_day_is_said(policies):
    refused = asked("import", "foreign.json", "--out", "ours.json", exit_code=2)
    assert refused["error"]["code"] == "missing_effective_from"
    run("import", "foreign.json", "--out", "ours.json", "--effective-from", "2026-02-01")
    policy = parse_policy((policies / "ours.json").read_bytes())
    assert (policy.name, policy.effective_from.isoformat()) == ("my-table", "2026-02-01")


def test_a_cycle_and_a_missing_output_are_named(policies):
    for feeds, code in (
        ({"share": "offer.annual_rate"}, "policy_cycle"),
        ({"share": "offer.rate"}, "missing_output"),
    ):
        document = lending_graph()
        document["nodes"][2]["feeds"] = feeds
        (policies / "bad.json").write_bytes(msgspec.json.encode(document))
        assert asked("check", "bad.json", exit_code=2)["error"]["code"] == code


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("check", "none.json"), "unreadable_file"),
        (("check", "."), "unreadable_file"),
        (("check", "changes.cases.json"), "malformed_policy"),
        (("test", "sector.json"), "unreadable_file"),
        (("test", "sector.json", "--cases", "changes.cases.json"), "other_policy"),
        (("test", "sector.json", "--cases", "sector.json"), "malformed_cases"),
        (("explain", "changes.json", "--input", "{"), "bad_figures"),
        (("explain", "changes.json", "--input", "none.json"), "unreadable_file"),
        (("explain", "changes.json"), "bad_usage"),
        (("diff", "changes.json", "lending.json"), "not_comparable"),
        (("export", "lending.json", "--to", "csv", "--out", "x.csv"), "not_in_sheet"),
        (("export", "changes.json", "--to", "dmn", "--out", "x"), "bad_usage"),
        (("export", "changes.json", "--to", "csv", "--out", "none/x.csv"), "no_such_folder"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_with_a_code(policies, arguments, code):
    assert asked(*arguments, exit_code=2)["error"]["code"] == code
    text = run(*arguments, exit_code=2)
    assert (text.stdout, len(text.stderr.splitlines())) == ("", 1)


def test_a_file_that_is_too_large_is_refused(policies):
    (policies / "large.json").write_bytes(b" " * ((4 << 20) + 1))
    assert asked("check", "large.json", exit_code=2)["error"]["code"] == "file_too_large"
    (policies / "long.json").write_bytes(b" " * ((1 << 20) + 1))
    assert asked("check", "long.json", exit_code=2)["error"]["code"] == "policy_too_large"


def test_the_findings_of_a_graph_name_the_node(policies):
    document = lending_graph()
    document["nodes"][3]["table"]["rules"].append({"code": "LATE", "text": WORDS, "then": {"level": "1"}})
    assert graph(document)
    (policies / "late.json").write_bytes(msgspec.json.encode(document))
    text = run("check", "late.json", exit_code=2).stdout
    assert "fault: size: unreachable: LATE is never the answer" in text
