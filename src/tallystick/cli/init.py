"""``tallystick init``: set up an installation in TALLYSTICK_HOME."""

import click

from tallystick.bootstrap.setup import DEFAULT_CHAIN, initialise
from tallystick.cli.output import emit, json_option
from tallystick.config import from_environment


@click.command()
@click.option("--chain-id", default=DEFAULT_CHAIN, show_default=True, help="Name of a new ledger's chain.")
@json_option
def init(chain_id: str) -> None:
    """Set up this installation, or bring it up to date; what is there already is kept."""
    settings = from_environment()
    made = initialise(settings, chain_id)
    what = "Set up" if made.is_new else "Brought up to date:"
    emit(
        {"home": str(settings.home), "operator": made.operator, "is_new": made.is_new},
        f"{what} {settings.home}\nOperator's account: {made.operator}\n"
        "Next: `tallystick user add` for the people who sign in, then `tallystick serve`.",
    )
