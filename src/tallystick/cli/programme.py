"""``tallystick programme``: publish and list loan programmes."""

from collections.abc import Collection
from pathlib import Path

import click

from tallystick.bootstrap.parts import installation, require_initialised
from tallystick.cli.output import emit, json_option, table
from tallystick.errors import Malformed, NotFound
from tallystick.lending.programme import parse_programme
from tallystick.records.models import Programme as ProgrammeRow
from tallystick.services import catalogue, consortium, programmes


@click.group()
def programme() -> None:
    """Configure loan programmes."""


@programme.command(name="list")
@json_option
def list_programmes() -> None:
    """List the programmes that are offered now."""
    require_initialised()
    rows = [
        {"id": row.slug, "lender": row.lender.name, "version": row.version[:12]}
        for row in ProgrammeRow.objects.filter(retired_at=None)
        .select_related("lender")
        .order_by("lender__name")
    ]
    lines = [(row["id"], row["lender"], row["version"]) for row in rows]
    emit(rows, table(("Programme", "Lender", "Version"), lines, (False, False, False)))


@programme.command()
@click.option("--lender", "address", required=True, help="Account address of the lender.")
@click.option(
    "--file", "file", type=click.Path(path_type=Path), help="Programme document; default: invoice-loan."
)
@click.option("--policies", type=click.Path(path_type=Path), help="Folder of its policy tables (*.json).")
@json_option
def publish(address: str, file: Path | None, policies: Path | None) -> None:
    """Publish a programme, or a new version of it, for a lender."""
    require_initialised()
    lender = consortium.find_member(address)
    document = _read(file) if file else catalogue.programme_document("invoice-loan")
    tables = _tables(policies, parse_programme(document).policies) if policies else {}
    row = programmes.publish(
        installation(),
        lender,
        document,
        {name: catalogue.policy_document(name) for name in catalogue.POLICIES} | tables,
    )
    emit(
        {"id": row.slug, "version": row.version}, f"{row.slug} is offered by {lender.name} in version {row}."
    )


def _tables(folder: Path, named: Collection[str]) -> dict[str, bytes]:
    """Return the policy tables in ``folder`` by name, each of which the programme must name."""
    if not folder.is_dir():
        raise NotFound("no_such_folder", f"There is no folder {folder.name!r} with policy tables.")
    tables = {
        path.stem: _read(path) for path in sorted(folder.glob("*.json")) if ".cases" not in path.suffixes
    }
    unknown = sorted(tables.keys() - set(named))
    if unknown:
        raise Malformed(
            "unknown_policy",
            f"The programme has no policy {unknown[0]!r}; it names {', '.join(sorted(named))}.",
            policy=unknown[0],
        )
    if not tables:
        raise NotFound("no_policies", f"The folder {folder.name!r} holds no policy table (*.json).")
    return tables


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Malformed("unreadable_file", f"{path.name} cannot be read: {error.strerror}.") from error
