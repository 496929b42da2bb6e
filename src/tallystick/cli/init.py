"""``tallystick init``: set up an installation in TALLYSTICK_HOME."""

import click

from tallystick.bootstrap.setup import DEFAULT_CHAIN, initialise
from tallystick.cli.output import emit, json_option
from tallystick.config import from_environment

_NEXT = """Next:
  tallystick member admit       a lender, and the companies that apply to it
  tallystick user add           the people who sign in for each of them
  tallystick programme publish  what the lender offers
  tallystick serve              the web site and the API"""


@click.command()
@click.option("--chain-id", help=f"Name of a new ledger's chain; default: {DEFAULT_CHAIN}.")
@json_option
def init(chain_id: str | None) -> None:
    """Set up this installation, or bring it up to date; what is there already is kept."""
    settings = from_environment()
    made = initialise(settings, chain_id)
    what = "Set up" if made.is_new else "Brought up to date:"
    emit(
        {
            "home": str(settings.home),
            "chain_id": made.chain_id,
            "operator": made.operator,
            "is_new": made.is_new,
        },
        f"{what} {settings.home}\nChain: {made.chain_id}\nOperator's account: {made.operator}\n" + _NEXT,
    )
