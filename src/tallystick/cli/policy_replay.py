"""``tallystick policy replay`` and ``effect``: stored decisions made again, by the same or by other policies.

Only what reads the database starts the records; a decision file is replayed without an installation.
"""

from importlib import import_module
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from tallystick.bootstrap.parts import installation, require_initialised
from tallystick.cli.ledger import write_file
from tallystick.cli.output import EXIT_CORRUPTION, emit, json_option, json_wanted, table
from tallystick.errors import Malformed
from tallystick.lending import again

#: Differences that are printed for one decision; JSON has all.
_PRINTED: Final = 10
_FILE: Final = click.Path(path_type=Path)


@click.command()
@click.argument("reference", required=False)
@click.option("--all", "every", is_flag=True, help="Every stored decision.")
@click.option("--file", type=_FILE, help="An exported decision file; needs no installation.")
@click.option("--export", type=_FILE, help="Also write the decision of REFERENCE to this file.")
@json_option
@click.pass_context
def replay(
    context: click.Context, reference: str | None, every: bool, file: Path | None, export: Path | None
) -> None:
    """Decide stored decisions again, bit for bit, and say exactly what differs.

    Leaves with 4 when a decision is not reproduced.
    """
    if sum((reference is not None, every, file is not None)) != 1 or (export and reference is None):
        raise click.UsageError("Give one of REFERENCE, --all and --file; --export goes with REFERENCE.")
    if file is not None:
        decision = again.read_decision_file(_bytes(file))
        found = [(decision.reference, again.replay(decision))]
    else:
        found = _stored(reference, export)
    differing = [(name, differences) for name, differences in found if differences]
    document = {
        "replayed": len(found),
        "differing": [
            {"reference": name, "differences": [msgspec.to_builtins(each) for each in differences]}
            for name, differences in differing
        ],
    }
    lines = [f"{len(found) - len(differing)} of {len(found)} decisions come out as they were kept."]
    for name, differences in differing:
        lines.append(f"{name}: {len(differences)} differences")
        lines += [
            f"  {each.at}: kept {_json(each.kept)}, now {_json(each.found)}"
            for each in differences[:_PRINTED]
        ]
    emit(document, "\n".join(lines))
    if differing:
        context.exit(EXIT_CORRUPTION)


def _stored(reference: str | None, export: Path | None) -> list[tuple[str, tuple[again.Difference, ...]]]:
    service = _records("tallystick.services.replay")
    if reference is None:
        total, found = service.count_decided(), []
        for each in service.all_again():
            found.append((each.reference, each.differences))
            _tell(len(found), total)
        return found
    decision = service.decision_file_of(reference)
    if export is not None:
        write_file(export, [msgspec.json.encode(decision)])
    return [(reference, again.replay(decision))]


@click.command()
@click.argument("name")
@click.argument("number", type=click.IntRange(min=1))
@click.option("--member", "address", required=True, help="Account address of the lender whose policy it is.")
@json_option
def effect(name: str, number: int, address: str) -> None:
    """Say what version NUMBER of the stored policy NAME would have done to past applications."""
    service = _records("tallystick.services.policy_effect")
    member = import_module("tallystick.services.consortium").find_member(address)
    actor = import_module("tallystick.services.access").Actor(0, member.pk, frozenset({"auditor"}))
    worked = service.work_on(installation(), actor, name, number)
    while not service.is_complete(worked):
        _tell(worked.done, worked.total)
        worked = service.work_on(installation(), actor, name, number)
    document = worked.document
    lines = [
        f"{document['changed']} of {document['decided']} applications would come out otherwise; "
        f"{document['undecided_count']} cannot be decided again."
    ]
    rows = [
        (each["reference"], _side(each["before"]), _side(each["after"]), ", ".join(each["after"]["reasons"]))
        for each in document["rows"]
    ]
    if rows:
        lines.append(table(("Application", "Before", "After", "Because"), rows, (False,) * 4))
    lines += [
        f"{code}: offered {before} before, {after} after (minor units)"
        for code, (before, after) in document["amounts"].items()
    ]
    emit({"total": worked.total, "done": worked.done} | document, "\n".join(lines))


def _side(each: dict[str, Any]) -> str:
    parts = [each["outcome"], each["grade"]]
    if each["currency"]:
        parts.append(f"{each['currency']} {each['amount_minor']} minor units")
    return " ".join(part for part in parts if part)


def _records(module: str) -> Any:  # noqa: ANN401 - a module, by name so that nothing else imports Django
    import_module("tallystick.bootstrap.framework").start()
    require_initialised()
    return import_module(module)


def _tell(done: int, total: int) -> None:
    if not json_wanted() and done % 100 == 0:
        click.echo(f"{done} of {total}", err=True)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(again.MAX_FILE_BYTES + 1)
    except OSError as error:
        raise Malformed("unreadable_file", f"{path.name} cannot be read: {error.strerror}.") from error
