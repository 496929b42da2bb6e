"""``tallystick demo``: a made-up consortium, two loans through it, and the web site to look around."""

from collections.abc import Sequence
from pathlib import Path

import click
from msgspec import to_builtins

from tallystick.bootstrap import parts
from tallystick.bootstrap.home import set_up_alone
from tallystick.bootstrap.ledger import verify_ledger
from tallystick.bootstrap.setup import initialise
from tallystick.cli import demo_network, serve
from tallystick.cli.demo_network import say
from tallystick.cli.output import emit, json_option, table
from tallystick.config import from_environment
from tallystick.services.demonstration import consortium
from tallystick.services.demonstration.consortium import Login, one_time_codes
from tallystick.services.demonstration.journey import Line, carry
from tallystick.services.demonstration.network import HOMES
from tallystick.services.demonstration.outside import read_books
from tallystick.services.demonstration.requests import check_day, sample_requests
from tallystick.values.calendar import parse_date


@click.command()
@click.option("--serve/--no-serve", "serving", default=True, help="Serve the web site afterwards.")
@click.option("--bind", default="127.0.0.1:8000", show_default=True, help="Where to serve it.")
@click.option("--books", type=click.Path(path_type=Path), help="Folder of outside invoice books.")
@click.option("--mapping", help="Mapping of those books: a name that comes with Tallystick, or a file.")
@click.option("--enterprise", default="", help="Whose books to apply with; default: the first.")
@click.option(
    "--as-of", metavar="DATE", help="Day of judgement; default: today, or the last outside invoice."
)
@click.option(
    "--network",
    "nodes",
    type=click.IntRange(demo_network.LEAST, demo_network.MOST),
    help="Run it on this many nodes, each member with its own database and site.",
)
@click.option("--part", type=click.Choice([home.key for home in HOMES]), hidden=True)
@click.option("--codes", is_flag=True, help="Only print the one-time codes of this half minute.")
@json_option
def demo(
    serving: bool,
    bind: str,
    books: Path | None,
    mapping: str | None,
    enterprise: str,
    as_of: str | None,
    nodes: int | None,
    part: str | None,
    codes: bool,
) -> None:
    """Carry a loan from request to disbursement in a made-up consortium, then serve the web site."""
    if codes:
        _show_codes()
        return
    if part is not None:
        demo_network.take_part(part)
        return
    if nodes is not None:
        if books is not None or mapping is not None or as_of is not None:
            raise click.UsageError("--network runs with its own sample books, judged today.")
        demo_network.run(nodes, serving)
        return
    if (books is None) != (mapping is None):
        raise click.UsageError("--books and --mapping go together.")
    # What can be refused is refused before anything is set up.
    day = check_day(parse_date(as_of)) if as_of is not None else None
    outside = (
        read_books(books, mapping, enterprise, day) if books is not None and mapping is not None else None
    )
    if serving:
        serve.check_bind(bind)
    settings = from_environment()
    made = initialise(settings)
    installation = parts.installation()
    with set_up_alone(settings.home):  # two demonstrations at once would act for the same people
        members = consortium.found(installation, made.operator)
        lines = [say(Line("consortium", f"{len(members) - 1} members on the chain {made.chain_id}"))]
        if outside is not None:
            requests = [outside.request(members)]
        else:
            requests = sample_requests(members, day or installation.clock.now().date())
        for request in requests:
            lines += [say(line) for line in carry(installation, request)]
    parts.close()
    lines.append(say(_verified(settings.ledger_path)))
    logins = consortium.logins(installation)
    emit({"lines": to_builtins(lines), "logins": to_builtins(logins)}, _logins_text(logins))
    if serving:
        click.echo(f"\nServing http://{bind}/ until you press Ctrl-C.", err=True)
        serve.run(bind, serve.THREADS)


def _verified(ledger_path: Path) -> Line:
    found = verify_ledger(ledger_path, lambda _done, _of: None)
    return Line("ledger", f"verified from block 0 to {found.height}: {found.transactions} transactions")


def _show_codes() -> None:
    now = one_time_codes(parts.installation())
    parts.close()
    emit(now, "\n".join(f"{username:<17}{code}" for username, code in now.items()))


def _logins_text(logins: Sequence[Login]) -> str:
    rows = [
        (one.username, one.password, one.totp_secret or "-", f"{', '.join(one.roles)} of {one.works_for}")
        for one in logins
    ]
    lines = [
        "",
        "Sign in as one of these. Those with a one-time secret are asked for a code: put the secret into an",
        "authenticator app, or let `tallystick demo --codes` print the codes of this half minute.",
        "",
        table(("User", "Password", "One-time secret", "Who"), rows, (False, False, False, False)),
    ]
    return "\n".join(lines)
