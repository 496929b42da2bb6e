"""``tallystick member``: who belongs to the consortium, and with which standing and key."""

import click

from tallystick.bootstrap.parts import installation, require_initialised
from tallystick.bootstrap.setup import operator_here
from tallystick.cli.output import emit, json_option, table
from tallystick.contracts.membership import ROLES
from tallystick.services import consortium, rotation


@click.group()
def member() -> None:
    """Manage the members of the consortium."""


@member.command()
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(sorted(ROLES)))
@click.option("--name-zh", default="", help="The Chinese name, if there is one.")
@click.option("--credit-code", default="", help="Unified social credit code, checked.")
@json_option
def admit(name: str, roles: tuple[str, ...], name_zh: str, credit_code: str) -> None:
    """Admit a member: make its key here and let the operator join it on the ledger."""
    house = installation()
    made = consortium.admit(
        house, operator_here(house.keys), name=name, roles=roles, name_zh=name_zh, credit_code=credit_code
    )
    emit({"address": made.address, "name": made.name}, f"{made.name}: {made.address}")


@member.command()
@click.argument("address")
@click.option("--name-zh", default="", help="The Chinese name, if there is one.")
@click.option("--credit-code", default="", help="Unified social credit code, checked.")
@json_option
def recognise(address: str, name_zh: str, credit_code: str) -> None:
    """Record the member at ADDRESS, whose keys are elsewhere, so that its people can sign in here."""
    known = consortium.recognise(installation(), address, name_zh=name_zh, credit_code=credit_code)
    emit({"address": known.address, "name": known.name}, f"{known.name}: {known.address}")


@member.command(name="list")
@json_option
def list_members() -> None:
    """List the members on the ledger with their roles and standing."""
    found = [
        {"address": one.address, "name": one.name, "roles": list(one.roles), "status": one.status}
        for one in consortium.members_on_ledger(installation())
    ]
    rows = [
        (str(one["name"]), str(one["status"]), ", ".join(one["roles"]), str(one["address"])) for one in found
    ]
    emit(found, table(("Member", "Status", "Roles", "Address"), rows, (False, False, False, False)))


@member.command(name="rotate-key")
@click.argument("address")
@json_option
def rotate_key(address: str) -> None:
    """Give the member at ADDRESS a new key; its address and open cases stay."""
    require_initialised()
    named = consortium.find_member(address)
    public_key = rotation.rotate_key(installation(), named)
    emit(
        {"address": address, "name": named.name, "public_key": public_key},
        f"{named.name} signs with a new key from now on; its address stays {address}.\n"
        f"New public key: {public_key}\n"
        "Next: back up the home; no earlier copy holds the new key.",
    )


@member.command()
@click.argument("address")
@json_option
def suspend(address: str) -> None:
    """Stop the member at ADDRESS from acting until it is reinstated."""
    _change_standing(address, "suspend")


@member.command()
@click.argument("address")
@json_option
def reinstate(address: str) -> None:
    """Let a suspended member act again."""
    _change_standing(address, "reinstate")


def _change_standing(address: str, action: consortium.StandingAction) -> None:
    house = installation()
    standing = consortium.change_standing(house, operator_here(house.keys), address, action)
    emit(
        {"address": address, "name": standing.name, "status": standing.status},
        f"{standing.name} is {standing.status}.",
    )
