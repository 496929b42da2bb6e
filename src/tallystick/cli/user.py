"""``tallystick user``: the members of this installation and the people who sign in for them."""

import click

from tallystick.bootstrap.parts import installation
from tallystick.bootstrap.setup import operator_here
from tallystick.cli.output import emit, json_option, table
from tallystick.contracts.membership import ROLES
from tallystick.errors import NotFound
from tallystick.records.models import Member, User
from tallystick.records.models.members import USER_ROLES
from tallystick.services import consortium, rotation


@click.group()
def user() -> None:
    """Manage members and the people who can log in."""


@user.command()
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(sorted(ROLES)))
@click.option("--name-zh", default="", help="The Chinese name, if there is one.")
@click.option("--credit-code", default="", help="Unified social credit code, checked.")
@json_option
def admit(name: str, roles: tuple[str, ...], name_zh: str, credit_code: str) -> None:
    """Admit a member: make its key here and let the operator join it on the ledger."""
    house = installation()
    member = consortium.admit(
        house, operator_here(house.keys), name=name, roles=roles, name_zh=name_zh, credit_code=credit_code
    )
    emit({"address": member.address, "name": member.name}, f"{member.name}: {member.address}")


@user.command()
@click.argument("username")
@click.option("--member", "address", required=True, help="Account address of the member acted for.")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(sorted(USER_ROLES)))
@click.password_option(help="Asked for when not given; do not type it on a shared screen.")
@json_option
def add(username: str, address: str, roles: tuple[str, ...], password: str) -> None:
    """Add a person who signs in for a member."""
    member = _member_at(address)
    made = consortium.add_user(member, username, password, roles)
    emit({"username": made.username, "member": address}, f"{made.username} may sign in for {member.name}.")


@user.command(name="rotate-key")
@click.argument("address")
@json_option
def rotate_key(address: str) -> None:
    """Give the member at ADDRESS a new key; its address and open cases stay."""
    member = _member_at(address)
    public_key = rotation.rotate_key(installation(), member)
    emit(
        {"address": address, "name": member.name, "public_key": public_key},
        f"{member.name} signs with a new key from now on; its address stays {address}.\n"
        f"New public key: {public_key}\n"
        "Next: back up the home; no earlier copy holds the new key.",
    )


@user.command()
@click.argument("username")
@click.option("--name", default="command line", show_default=True, help="What the token is for.")
@json_option
def token(username: str, name: str) -> None:
    """Issue an access token for the API; it is shown this once."""
    person = User.objects.filter(username=username).first()
    if person is None:
        raise NotFound("unknown_user", f"There is no user {username!r}.", username=username)
    secret = consortium.issue_token(installation(), person, name)
    emit({"token": secret}, secret)


@user.command(name="list")
@json_option
def list_users() -> None:
    """List the people who can sign in."""
    people = [
        {
            "username": person.username,
            "member": person.member.name if person.member else "",
            "roles": person.roles,
        }
        for person in User.objects.select_related("member").order_by("username")
    ]
    rows = [(str(one["username"]), str(one["member"]), ", ".join(one["roles"])) for one in people]
    emit(people, table(("User", "Member", "Roles"), rows, (False, False, False)))


def _member_at(address: str) -> Member:
    member = Member.objects.filter(address=address).first()
    if member is None:
        raise NotFound("unknown_member", "No member of this installation has that address.", address=address)
    return member
