"""``tallystick user``: the people who sign in, each for one member."""

import sys

import click

from tallystick.bootstrap.parts import installation, require_initialised
from tallystick.cli.output import emit, json_option, table
from tallystick.records.models import User
from tallystick.records.models.members import USER_ROLES
from tallystick.services import consortium


def _password(_context: click.Context, _option: click.Parameter, given: str | None) -> str:
    """Return the password that was given, or ask for it on the terminal."""
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask for a password: give one with --password.")
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return typed


@click.group()
def user() -> None:
    """Manage the people who can log in."""


@user.command()
@click.argument("username")
@click.option("--member", "address", required=True, help="Account address of the member acted for.")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(sorted(USER_ROLES)))
@click.option(
    "--password", callback=_password, help="Asked for when not given; do not type it on a shared screen."
)
@click.option("--email", default="", help="Address that reminders go to.")
@json_option
def add(username: str, address: str, roles: tuple[str, ...], password: str, email: str) -> None:
    """Add a person who signs in for a member."""
    require_initialised()
    member = consortium.find_member(address)
    made = consortium.add_user(member, username, password, roles, email)
    emit({"username": made.username, "member": address}, f"{made.username} may sign in for {member.name}.")


@user.command()
@click.argument("username")
@click.option("--name", default="command line", show_default=True, help="What the token is for.")
@json_option
def token(username: str, name: str) -> None:
    """Issue an access token for the API; it is shown this once."""
    require_initialised()
    secret = consortium.issue_token(installation(), consortium.find_user(username), name)
    emit({"token": secret}, secret)


@user.command()
@click.argument("username")
@click.argument("address", metavar="ADDRESS", default="")
@json_option
def email(username: str, address: str) -> None:
    """Keep the address that a person's reminders go to; without one, none are sent."""
    require_initialised()
    person = consortium.set_email(username, address)
    said = f"Reminders go to {person.email}." if person.email else "No reminders are sent."
    emit({"username": person.username, "email": person.email}, said)


@user.command(name="list")
@json_option
def list_users() -> None:
    """List the people who can sign in."""
    require_initialised()
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
