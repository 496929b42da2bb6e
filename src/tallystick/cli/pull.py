"""``tallystick admission pull``: bring books from an HTTP source, by the owner's recorded consent."""

from pathlib import Path

import click

from tallystick.admission.mapping import MAX_MAPPING_BYTES
from tallystick.admission.pull_source import parse_pull_source
from tallystick.bootstrap import framework
from tallystick.cli.admission_options import tell
from tallystick.cli.output import emit, json_option
from tallystick.config import from_environment

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@click.argument("source", metavar="SOURCE", type=_FILE)
@click.option(
    "--out",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the pages and files; the same one again goes on with what broke off.",
)
@click.option("--consent", metavar="FILE", type=_FILE, help="The consent's paper: address and document.")
@click.option("--recorded", metavar="NUMBER", type=int, help="The consent that is recorded here.")
@json_option
def pull(source: Path, out: Path, consent: Path | None, recorded: int | None) -> None:
    """Pull every table of SOURCE, whole or not at all; without a live consent nothing is asked."""
    read = parse_pull_source(_bytes(source, MAX_MAPPING_BYTES))
    if consent is not None and recorded is not None:
        raise click.UsageError("Give --consent or --recorded, not both.")
    framework.start()
    # Only now, when the records stand: the other commands of this group do without them.
    from tallystick.bootstrap.parts import installation  # noqa: PLC0415
    from tallystick.services import pulls  # noqa: PLC0415

    house = installation()
    paper = None
    if consent is not None:
        paper = pulls.read_paper(_bytes(consent, pulls.MAX_PAPER_BYTES))
    elif recorded is not None:
        paper = pulls.paper_of(recorded)
    files = pulls.pull_books(
        house,
        read,
        out,
        paper,
        secret=from_environment().pull_secret,
        progress=lambda table, records: tell(f"{table}: {records} records"),
    )
    document = {"source": read.name, "files": {name: str(path) for name, path in files.items()}}
    emit(document, "\n".join(f"{name}: {path}" for name, path in files.items()))


def _bytes(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        return file.read(limit + 1)
