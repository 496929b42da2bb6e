"""``tallystick evidence``: prove a delivery record to who was not there, and check such a proof offline.

The steps on deliveries and queries stand in ``cli.evidence_work``.
"""

from pathlib import Path

import click
import msgspec

from tallystick.bootstrap import evidence_bundles as bundles
from tallystick.bootstrap import proving
from tallystick.bootstrap.node.document import ledger_file
from tallystick.cli.evidence_work import COMMANDS
from tallystick.cli.ledger import path_option, write_file
from tallystick.cli.output import emit, json_option
from tallystick.config import from_environment
from tallystick.errors import TooLarge
from tallystick.evidence.verification import Outcome
from tallystick.ledger.genesis import MAX_GENESIS_BYTES


@click.group()
def evidence() -> None:
    """Record and countersign deliveries, qualify by them, prove them, and check such proofs."""


@evidence.command()
@click.argument("record", metavar="RECORD")
@click.option("--supplier", metavar="ADDRESS", required=True, help="Account address of the supplier.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    required=True,
    help="Write the bundle to this file.",
)
@click.option(
    "--with-media", is_flag=True, help="Put the files in, as they are kept (encrypted); 64 MiB at most."
)
@path_option
@json_option
def export(record: str, supplier: str, out: Path, with_media: bool, path: Path) -> None:
    """Write the bundle that proves the delivery record at a storage address (block-index, as 12-0)."""
    bundle = bundles.export_evidence(from_environment(), path, supplier, record, with_media=with_media)
    write_file(out, [bundle, b"\n"])
    emit({"out": str(out), "bytes": len(bundle) + 1}, f"The evidence is in {out}.")


@evidence.command()
@click.argument("bundle", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="BUNDLE")
@click.option(
    "--genesis",
    "genesis_path",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="The genesis document of the ledger; default: this installation's. Nothing else is trusted.",
)
@click.option(
    "--media",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="The delivery's files, named by number or SHA-256, as they are kept (encrypted or open).",
)
@json_option
def verify(bundle: Path, genesis_path: Path | None, media: Path | None) -> None:
    """Check offline that a delivery record is on the ledger, signed by its buyer and unchanged."""
    if genesis_path is None:
        settings = from_environment()
        genesis = proving.genesis_file(settings, ledger_file(settings))
    else:
        genesis = _read(genesis_path, MAX_GENESIS_BYTES)
    found = bundles.verify_evidence(_read(bundle, bundles.MAX_EVIDENCE_BYTES + 1), genesis, media)
    record, checks = found.record, found.verification.checks
    answer = {
        "chain_id": found.chain_id,
        "checks": msgspec.to_builtins(checks),
        "height": found.height,
        "holds": True,
        "not_made": list(found.verification.not_made),
        "record": msgspec.to_builtins(record),
    }
    lines = [
        f"The evidence holds: delivery {record.address} of {record.supplier} to {record.buyer}.",
        f"Record hash {record.record_hash}, proved by block {found.height} of {found.chain_id}.",
        *(f"{_MARKS[check.outcome]} {check.text.en}" for check in checks),
    ]
    emit(answer, "\n".join(lines))


for _each in COMMANDS:
    evidence.add_command(_each)

_MARKS = {Outcome.PASSED: "[holds]   ", Outcome.FAILED: "[fails]   ", Outcome.NOT_MADE: "[not made]"}


def _read(path: Path, limit: int) -> bytes:
    if path.stat().st_size > limit:
        raise TooLarge("file_too_large", f"{path.name} is too long for what it should be.")
    return path.read_bytes()
