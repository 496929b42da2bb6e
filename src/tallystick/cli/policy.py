"""``tallystick policy``: check, test, explain, compare and convert policies, without an installation.

``replay`` and ``effect`` stand in a module of their own.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import click
import msgspec

from tallystick.cli.ledger import write_file
from tallystick.cli.output import EXIT_REJECTION, emit, json_option, table
from tallystick.cli.policy_replay import effect, replay
from tallystick.errors import Malformed, TooLarge
from tallystick.policy.analysis import analyse
from tallystick.policy.cases import CaseReport, read_cases, run_cases
from tallystick.policy.decision import Decision
from tallystick.policy.diff import compare
from tallystick.policy.exact import decimal_text
from tallystick.policy.explain import explain
from tallystick.policy.findings import Finding
from tallystick.policy.graph import Graph, parse_policy
from tallystick.policy.graph_decide import GraphDecision, decide_policy
from tallystick.policy.table import Table
from tallystick.policy.writing import plain_policy, policy_bytes
from tallystick.services.policy_files import MAX_FILE_BYTES, WRITERS, read_policy

_FILE: Final = click.Path(path_type=Path)
_OUT: Final = click.Path(path_type=Path, dir_okay=False)
#: Forms that a policy is exported to.
_FORMS: Final = tuple(form for form in WRITERS if form != "json")


@click.group()
def policy() -> None:
    """Check, test, explain, compare and convert policies.

    A policy is a decision table or a graph of them. Each FILE may be JSON of ours, JDM (.json), CSV or XLSX.
    """


policy.add_command(replay)
policy.add_command(effect)


@policy.command()
@click.argument("file", type=_FILE)
@json_option
@click.pass_context
def check(context: click.Context, file: Path) -> None:
    """Read a policy and say what is wrong with it: gaps, conflicts, rows that never answer, and more.

    Leaves with 2 when there is a fault; a warning or a note is no fault.
    """
    read = _read_policy(file)
    found = analyse(read)
    lines = [_caption(read), *(map(_finding_text, found) if found else ["Nothing found."])]
    emit(_described(read) | {"findings": [each.document() for each in found]}, "\n".join(lines))
    if any(each.weight == "fault" for each in found):
        context.exit(EXIT_REJECTION)


@policy.command()
@click.argument("file", type=_FILE)
@click.option("--cases", type=_FILE, help="File of cases; default: NAME.cases.json beside the policy.")
@json_option
@click.pass_context
def test(context: click.Context, file: Path, cases: Path | None) -> None:
    """Decide the cases that a policy ships with, and say which come out otherwise.

    Leaves with 2 when one does. Rules that no case matches are named.
    """
    read = _read_policy(file)
    report = run_cases(read, read_cases(_bytes(cases or file.with_name(f"{file.stem}.cases.json"))))
    emit(_described(read) | report.document(), f"{_caption(read)}\n{_report_text(report)}")
    if report.failed:
        context.exit(EXIT_REJECTION)


@policy.command("explain")
@click.argument("file", type=_FILE)
@click.option("--input", "given", required=True, metavar="JSON|FILE", help='Figures, as {"changes": 6}.')
@json_option
def explain_command(file: Path, given: str) -> None:
    """Decide on figures and say what became of every rule, in words."""
    read = _read_policy(file)
    decision = decide_policy(read, _figures(given))
    nodes = explain(read, decision)
    document = decision.document() | {
        "explanation": [
            {"node": name, "rules": [{"code": code, "text": words.document()} for code, words in lines]}
            for name, lines in nodes
        ]
    }
    lines = [_caption(read), _decided(decision)]
    lines += [f"  because {reason.code}: {reason.text.en}" for reason in decision.reasons]
    for name, rules in nodes:
        lines.append("" if name is None else f"\n{name}{'' if rules else ': not reached'}")
        lines += [f"  {code}: {words.en}" for code, words in rules]
    emit(document, "\n".join(lines))


@policy.command()
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@json_option
def diff(old: Path, new: Path) -> None:
    """Say what changed from one version of a policy to another: rules, cells, inputs, one change a line."""
    before, after = _read_policy(old), _read_policy(new)
    changes = compare(before, after)
    document = {
        "old": _described(before)["policy"],
        "new": _described(after)["policy"],
        "changes": [each.document() for each in changes],
    }
    emit(document, "\n".join(each.sentence() for each in changes) or "Nothing changed.")


@policy.command("import")
@click.argument("file", type=_FILE)
@click.option("--out", type=_OUT, required=True, help="Policy to write (JSON).")
@click.option("--effective-from", metavar="DATE", help="First day of force, where the file does not say it.")
@json_option
def import_command(file: Path, out: Path, effective_from: str | None) -> None:
    """Read a policy from JDM, CSV or XLSX and write it as JSON of ours; what cannot be said is refused."""
    read = parse_policy(msgspec.json.encode(plain_policy(_read_policy(file, effective_from))))
    write_file(out, [policy_bytes(plain_policy(read))])
    emit(_described(read) | {"written": str(out)}, f"{_caption(read)}\nWritten to {out}.")


@policy.command()
@click.argument("file", type=_FILE)
@click.option("--to", "form", type=click.Choice(_FORMS), required=True)
@click.option("--out", type=_OUT, required=True, help="File to write.")
@json_option
def export(file: Path, form: str, out: Path) -> None:
    """Write a policy as JDM, CSV or XLSX; what those cannot say is refused by name."""
    read = _read_policy(file)
    write_file(out, [WRITERS[form](read)])
    emit(_described(read) | {"written": str(out), "form": form}, f"{_caption(read)}\nWritten to {out}.")


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise Malformed("unreadable_file", f"{path.name} cannot be read: {error.strerror}.") from error
    if len(data) > MAX_FILE_BYTES:
        raise TooLarge("file_too_large", f"{path.name} has more than {MAX_FILE_BYTES} bytes.")
    return data


def _read_policy(path: Path, effective_from: str | None = None) -> Table | Graph:
    return read_policy(path.name, _bytes(path), effective_from)


def _figures(given: str) -> dict[str, object]:
    data = given.encode() if given.lstrip().startswith("{") else _bytes(Path(given))
    try:
        return msgspec.json.decode(data, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("bad_figures", f"The figures cannot be read as JSON: {error!s:.200}.") from error


def _described(read: Table | Graph) -> dict[str, object]:
    kind = "table" if isinstance(read, Table) else "graph"
    about = {
        "name": read.name,
        "version": read.version,
        "kind": kind,
        "effective_from": read.effective_from.isoformat(),
    }
    return {"policy": about}


def _caption(read: Table | Graph) -> str:
    if isinstance(read, Table):
        content = f"{read.hit} table, {len(read.inputs)} inputs, {len(read.rules)} rules"
    else:
        content = f"graph, {len(read.nodes)} nodes"
    return f"{read.name} ({content}), version {read.version[:16]}, from {read.effective_from}"


def _finding_text(found: Finding) -> str:
    place = f"{found.node}: " if found.node else ""
    lines = [f"{found.weight}: {place}{found.kind}: {found.text.en}"]
    examples: Sequence[Mapping[str, object]] = [found.witness, *found.then] if found.witness else []
    lines += [f"    for example {msgspec.json.encode(each).decode()}" for each in examples]
    return "\n".join(lines)


def _report_text(report: CaseReport) -> str:
    passed = len(report.results) - len(report.failed)
    lines = [f"{passed} of {len(report.results)} cases are decided as they say."]
    rows = [
        (result.name, each.what, _json(each.expected), _json(each.found))
        for result in report.failed
        for each in result.differences
    ]
    if rows:
        lines.append(table(("Case", "Of", "Expected", "Found"), rows, (False,) * 4))
    if report.untested:
        lines.append(f"No case matches: {', '.join(report.untested)}.")
    return "\n".join(lines)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _decided(decision: Decision | GraphDecision) -> str:
    parts = [f"Outcome: {decision.outcome}"]
    answer = decision.answer if isinstance(decision, GraphDecision) else decision
    if isinstance(decision, GraphDecision) and decision.decided_by:
        parts.append(f"by {decision.decided_by}")
    if isinstance(answer, Decision) and answer.points is not None:
        parts.append(f"with {decimal_text(answer.points)} points")
    document = decision.document()
    for key in ("outputs", "collected"):
        if document.get(key):
            parts.append(f"{key} {_json(document[key])}")
    return ", ".join(parts)
