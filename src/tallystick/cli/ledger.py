"""``tallystick ledger``: look at the ledger, verify it, prove a transaction, export it."""

import contextlib
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

from tallystick.bootstrap import ledger as parts
from tallystick.cli.output import emit, json_option, json_wanted
from tallystick.config import from_environment
from tallystick.errors import Forbidden, Malformed, Unavailable
from tallystick.ledger.audit import Followed, Progress
from tallystick.ledger.proof import encode_proof

_ADDRESS = re.compile(r"([0-9]{1,15})-([0-9]{1,9})")
_HASH = re.compile(r"[0-9a-f]{64}")
Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def path_option(command: Decorated) -> Decorated:
    """Give a command the option ``--path``: the ledger file, by default the installation's."""
    return click.option(
        "--path",
        type=click.Path(path_type=Path),
        metavar="FILE",
        default=lambda: from_environment().ledger_path,
        help="The ledger file; default: this installation's.",
    )(command)


def out_option(command: Decorated) -> Decorated:
    """Give a command the option ``--out``: the file to write."""
    return click.option(
        "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write to this file."
    )(command)


@click.group()
def ledger() -> None:
    """Look at, verify and export the ledger."""


@ledger.command()
@path_option
@json_option
def status(path: Path) -> None:
    """Show where the ledger stands."""
    stands = parts.ledger_status(path)
    lines = (
        f"Chain         {stands.chain_id}",
        f"Engine        {stands.engine}",
        f"Height        {stands.height}",
        f"Transactions  {stands.transactions}",
        f"App hash      {stands.app_hash}",
        f"Header hash   {stands.header_hash}",
    )
    emit(stands, "\n".join(lines))


@ledger.command()
@path_option
@json_option
def verify(path: Path) -> None:
    """Check every block, signature, result and the state, from the genesis document on."""
    right = parts.verify_ledger(path, _progress("Verifying"))
    checked = f"All {right.height + 1} blocks with {right.transactions} transactions are right."
    emit(right, f"{checked} {_state(right)}")


@ledger.command()
@path_option
@json_option
def rebuild(path: Path) -> None:
    """Derive the state again from the blocks; the blocks stay as they are."""
    made = parts.rebuild_ledger(path, _progress("Rebuilding"))
    emit(made, f"The state was derived again from {made.height + 1} blocks. {_state(made)}")


@ledger.command()
@click.argument("transaction", metavar="HASH|HEIGHT-INDEX")
@path_option
@out_option
@json_option
def prove(transaction: str, path: Path, out: Path | None) -> None:
    """Write the bundle that proves a transaction offline."""
    address = _ADDRESS.fullmatch(transaction)
    if address:
        proof = parts.prove_address(path, int(address[1]), int(address[2]))
    elif _HASH.fullmatch(transaction):
        proof = parts.prove_transaction(path, transaction)
    else:
        raise Malformed(
            "bad_transaction_name",
            "Name a transaction by its hash (64 hexadecimal digits) or its address (block-index, as 12-0).",
        )
    bundle = encode_proof(proof)
    if out is None:
        emit(proof, bundle.decode())
        return
    _write(out, [bundle, b"\n"])
    emit({"out": str(out)}, f"The proof is in {out}.")


@ledger.command()
@path_option
@out_option
@json_option
def export(path: Path, out: Path | None) -> None:
    """Write all blocks as JSON lines, the genesis document first."""
    if out is None and json_wanted():
        raise Malformed("out_wanted", "With --json, name the file to write with --out.")
    lines = parts.export_ledger(path, _progress("Exporting"))
    if out is None:
        for line in lines:
            click.echo(line, nl=False)
        return
    count = _write(out, lines)
    emit({"blocks": count - 1, "out": str(out)}, f"{count - 1} blocks are in {out}.")


def _state(followed: Followed) -> str:
    return f"App hash {followed.app_hash} at height {followed.height}."


def _write(out: Path, pieces: Iterable[bytes]) -> int:
    """Write a file whole or not at all; return the number of pieces.

    Raises:
        Malformed: ``no_such_folder``.
        Forbidden: ``not_writable``.
        Unavailable: ``not_written``.
    """
    if not out.parent.is_dir():
        raise Malformed("no_such_folder", f"There is no folder {out.parent} to write {out.name} into.")
    partial = out.with_name(out.name + ".partial")
    count = 0
    try:
        with partial.open("wb") as file:
            for piece in pieces:
                file.write(piece)
                count += 1
        partial.replace(out)
    except PermissionError:
        raise Forbidden("not_writable", f"This user may not write {out}.") from None
    except OSError as error:
        raise Unavailable("not_written", f"The file {out} cannot be written: {error.strerror}.") from None
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
    return count


def _progress(doing: str) -> Progress:
    """Return what prints progress on a terminal, and nothing into a file or beside JSON."""
    is_shown = sys.stderr.isatty() and not json_wanted()

    def show(done: int, total: int) -> None:
        if is_shown and (done % 100 == 0 or done == total):
            click.echo(f"\r{doing}: block {done} of {total}", err=True, nl=done == total)

    return show
