"""``tallystick evidence record`` to ``chain``: the steps on deliveries, as a person of a member takes them.

Declared without the records, so that proofs are checked offline; ``cli.evidence_steps`` does the work.
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import click

from tallystick.cli.output import json_option
from tallystick.contracts.countersignature import REASONS
from tallystick.evidence.papers import Kind

_FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)


def _password(_context: click.Context, _option: click.Parameter, given: str | None) -> str:
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask for a password: set TALLYSTICK_PASSWORD.")
    typed: str = click.prompt("Password", hide_input=True, err=True)
    return typed


def _as_person(command: Any) -> Any:  # noqa: ANN401 - click decorates functions of any shape
    asked = click.option(
        "--password", envvar="TALLYSTICK_PASSWORD", callback=_password, help="Asked for when not given."
    )(command)
    return click.option("--user", "username", required=True, help="Who does it; must have the role for it.")(
        json_option(asked)
    )


def _steps() -> Any:  # noqa: ANN401 - a module, by name so that nothing else imports Django
    import_module("tallystick.bootstrap.framework").start()
    return import_module("tallystick.cli.evidence_steps")


@click.command()
@click.option("--supplier", required=True, metavar="ADDRESS", help="Account address of the supplier.")
@click.option("--buyer", required=True, metavar="ADDRESS", help="Account address of the buyer.")
@click.option("--due", metavar="DATE", help="Last day of an answer; default: two weeks ahead.")
@click.option(
    "--document", "documents", type=(click.Choice([kind.value for kind in Kind]), _FILE), multiple=True,
    metavar="KIND FILE", help="A document and its kind; may be given again.",
)  # fmt: skip
@click.argument("files", nargs=-1, type=_FILE, metavar="[FILE]...")
@_as_person
def record(**given: Any) -> None:  # noqa: ANN401 - click's names and types are above
    """Put a delivery on the ledger, with pictures and films FILE; prints its storage address."""
    _steps().record(**given)


@click.command()
@click.argument("reference")
@_as_person
def accept(**given: Any) -> None:  # noqa: ANN401
    """Countersign the delivery REFERENCE as its buyer, with the key in this installation."""
    _steps().accept(**given)


@click.command()
@click.argument("reference")
@click.option("--reason", required=True, type=click.Choice(REASONS), help="Goes on the ledger.")
@click.option("--note", default="", help="Only the supplier reads it.")
@_as_person
def refuse(**given: Any) -> None:  # noqa: ANN401
    """Refuse to countersign the delivery REFERENCE as its buyer."""
    _steps().refuse(**given)


@click.command()
@click.argument("lender", metavar="LENDER")
@click.option("--until", metavar="DATE", help="Last day; default: 90 days ahead.")
@click.option("--delivery", "deliveries", multiple=True, metavar="REFERENCE", help="Only this; default: all.")
@click.option("--books", is_flag=True, help="No deliveries: tax and invoice books, to be pulled.")
@_as_person
def consent(**given: Any) -> None:  # noqa: ANN401 - click's names and types are above
    """Let LENDER (account address) read your deliveries, or pull your books; prints the consent's number."""
    _steps().consent(**given)


@click.command(name="take-back")
@click.argument("number", type=int)
@_as_person
def take_back(**given: Any) -> None:  # noqa: ANN401
    """Take back the consent NUMBER; no read begins under it from now on."""
    _steps().take_back(**given)


@click.command()
@click.argument("supplier", metavar="SUPPLIER")
@click.option("--lender", required=True, metavar="ADDRESS", help="Account address of the lender, who signs.")
@click.option("--since", metavar="DATE", help="Records from this day on; default: of the last 365 days.")
@click.option("--application", default="", help="Reference of the loan application that it is about.")
@click.option("--family", default="", help="Product family whose model looks at the pictures.")
@_as_person
def query(**given: Any) -> None:  # noqa: ANN401
    """Ask for the delivery records of SUPPLIER (account address), check and grade each of them."""
    _steps().query(**given)


@click.command()
@click.argument("reference")
@click.option("--lender", required=True, metavar="ADDRESS", help="Account address of the lender.")
@click.option("--grant", "amount", metavar="AMOUNT", help="Grant this amount, such as 200000.00.")
@click.option("--rate", metavar="RATE", help="Yearly rate of a grant as a share of one: 0.0485.")
@click.option("--currency", default="CNY", show_default=True)
@click.option("--decline", is_flag=True, help="Decline.")
@click.option("--reason", required=True)
@_as_person
def decide(**given: Any) -> None:  # noqa: ANN401
    """Take the decision on the query REFERENCE, once."""
    if given["decline"] == (given["amount"] is not None):
        raise click.UsageError("Give either --grant with --rate, or --decline.")
    _steps().decide(**given)


@click.command()
@click.argument("supplier", metavar="SUPPLIER")
@click.option("--lender", required=True, metavar="ADDRESS", help="Account address of the lender.")
@click.option("--core", "cores", multiple=True, metavar="ADDRESS", help="A core enterprise to lead to.")
@_as_person
def chain(**given: Any) -> None:  # noqa: ANN401
    """Follow the deliveries of SUPPLIER from buyer to buyer, by the lender's latest query about it."""
    _steps().chain(**given)


COMMANDS: Final = (record, accept, refuse, consent, take_back, query, decide, chain)
