"""``tallystick ledger``: look at the ledger, verify it, prove a transaction, export it."""

import contextlib
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from tallystick.bootstrap import ledger as parts
from tallystick.bootstrap import proving
from tallystick.bootstrap.node.document import ledger_file
from tallystick.cli.output import emit, json_option, json_wanted
from tallystick.config import from_environment
from tallystick.errors import Forbidden, Malformed, TooLarge, Unavailable
from tallystick.ledger.audit import Followed, Progress
from tallystick.ledger.genesis import MAX_GENESIS_BYTES
from tallystick.ledger.proof import Bundle, encode_proof

_ADDRESS = re.compile(r"([0-9]{1,15})-([0-9]{1,9})")
_HASH = re.compile(r"[0-9a-f]{64}")
Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def path_option(command: Decorated) -> Decorated:
    """Give a command the option ``--path``: the ledger file, by default the installation's."""
    return click.option(
        "--path",
        type=click.Path(path_type=Path),
        metavar="FILE",
        default=lambda: ledger_file(from_environment()),
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
    """Check every block, signature, result and the state, from the genesis document on.

    For the ledger of this installation's node, also that the validators have signed its last state.
    """
    right = parts.verify_ledger(path, _progress("Verifying"))
    checked = f"All {right.height + 1} blocks with {right.transactions} transactions are right."
    settings = from_environment()
    if not proving.is_network(path) or path != ledger_file(settings):
        emit(right, f"{checked} {_state(right)}")
        return
    signed = proving.confirm(settings, right)
    also = f"More than two thirds of the validators have signed it, in block {signed}."
    emit({**asdict(right), "signed_in_block": signed}, f"{checked} {_state(right)}\n{also}")


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
        proof = proving.prove_address(from_environment(), path, int(address[1]), int(address[2]))
    elif _HASH.fullmatch(transaction):
        proof = proving.prove_transaction(from_environment(), path, transaction)
    else:
        raise Malformed(
            "bad_transaction_name",
            "Name a transaction by its hash (64 hexadecimal digits) or its address (block-index, as 12-0).",
        )
    _hand_out(proof, out)


@ledger.command(name="prove-state")
@click.argument("key")
@path_option
@out_option
@json_option
def prove_state(key: str, path: Path, out: Path | None) -> None:
    """Write the bundle that proves what the state holds under KEY, or that it holds nothing."""
    _hand_out(proving.prove_key(from_environment(), path, key), out)


@ledger.command(name="verify-bundle")
@click.argument("bundle", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="BUNDLE")
@click.option(
    "--genesis",
    "genesis_path",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    required=True,
    help="The genesis document of the ledger; nothing else is trusted.",
)
@json_option
def verify_bundle(bundle: Path, genesis_path: Path) -> None:
    """Check a proof offline, with nothing but the genesis document.

    Take the genesis document from somebody you trust: any member has it (`tallystick ledger genesis`).
    """
    proved = proving.check_bundle(_read(bundle), _read(genesis_path))
    emit(proved, f"The proof holds. {proved.sentence}")


@ledger.command()
@path_option
@out_option
@json_option
def genesis(path: Path, out: Path | None) -> None:
    """Write the genesis document, against which proofs are checked."""
    document = proving.genesis_file(from_environment(), path)
    if out is None:
        emit(msgspec.Raw(document), document.decode())
        return
    write_file(out, [document])
    emit({"out": str(out)}, f"The genesis document is in {out}.")


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
    count = write_file(out, lines)
    emit({"blocks": count - 1, "out": str(out)}, f"{count - 1} blocks are in {out}.")


def _hand_out(proof: Bundle, out: Path | None) -> None:
    bundle = encode_proof(proof)
    if out is None:
        emit(proof, bundle.decode())
        return
    write_file(out, [bundle, b"\n"])
    emit({"out": str(out)}, f"The proof is in {out}.")


def _read(path: Path) -> bytes:
    if path.stat().st_size > MAX_GENESIS_BYTES:
        raise TooLarge("file_too_large", f"{path.name} is too long for a proof or a genesis document.")
    return path.read_bytes()


def _state(followed: Followed) -> str:
    return f"App hash {followed.app_hash} at height {followed.height}."


def write_file(out: Path, pieces: Iterable[bytes]) -> int:
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
