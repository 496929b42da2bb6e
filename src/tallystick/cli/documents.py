"""``tallystick documents``: read what is on a document, without an installation."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from tallystick.capture.reading import MAX_FILE_BYTES
from tallystick.cli.output import emit, json_option, table
from tallystick.errors import Malformed, TooLarge
from tallystick.evidence.papers import LINE_COLUMNS, Field, Kind, Paper
from tallystick.services.documents import read_paper

_KINDS: Final = tuple(kind.value for kind in Kind)
_PERCENT = 100  # of the score's ten-thousandths


@click.group()
def documents() -> None:
    """Read documents: pictures, PDF, OFD and XML."""


@documents.command()
@click.argument("kind", type=click.Choice(_KINDS), metavar="KIND")
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="FILE...")
@json_option
def read(kind: str, files: tuple[Path, ...]) -> None:
    """Read the files of one document, page by page, and print each field with what speaks for it.

    KIND is business-licence, identity-card, bank-card, vat-invoice, delivery-note or contract.
    """
    paper = read_paper(Kind(kind), [_bytes(path) for path in files])
    emit(
        {
            "kind": paper.kind,
            "passes": paper.passes,
            "pages": paper.pages,
            "fields": paper.fields,
            "lines": [line.fields for line in paper.lines],
            "checks": paper.checks,
        },
        _text(paper),
    )


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise Malformed("unreadable_file", f"{path.name} cannot be read: {error.strerror}.") from error
    if len(data) > MAX_FILE_BYTES:
        raise TooLarge("file_too_large", f"{path.name} has more than {MAX_FILE_BYTES} bytes.")
    return data


def _text(paper: Paper) -> str:
    verdict = "passes its checks" if paper.passes else "does not pass its checks"
    rows = [(name, *_row(field)) for name, field in paper.fields.items()]
    parts = [
        f"{paper.kind.value}, {paper.pages} page(s): {verdict}.",
        table(("Field", "Value", "Status", "Source", "Score", "Checks"), rows, (False,) * 6),
    ]
    if paper.lines:
        columns = [name for name in LINE_COLUMNS if any(name in line.fields for line in paper.lines)]
        cells = [
            [line.fields[at].value if at in line.fields else "" for at in columns] for line in paper.lines
        ]
        parts.append(table(columns, cells, [at not in {"name", "specification", "unit"} for at in columns]))
    parts += [
        f"{'holds' if each.ok else 'FAILS'}: {each.name} {each.detail}".rstrip() for each in paper.checks
    ]
    return "\n\n".join(parts)


def _row(field: Field) -> Sequence[str]:
    score = "" if field.score is None else f"{field.score // _PERCENT} %"
    checks = ", ".join(each.name if each.ok else f"{each.name} FAILS" for each in field.checks)
    return field.value, field.status.value, field.source.value if field.value else "", score, checks
