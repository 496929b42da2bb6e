"""``tallystick network``: found a network of nodes, or try one out on this machine."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from tallystick.bootstrap.naming import check_chain_id
from tallystick.bootstrap.node.cards import found_network, read_card
from tallystick.bootstrap.node.local import Founder, LocalNetwork, running
from tallystick.bootstrap.parts import SystemClock
from tallystick.cli.ledger import write_file
from tallystick.cli.output import emit, json_option, json_wanted, table
from tallystick.config import from_environment

LOCAL_CHAIN: Final = "tallystick-network"
WATCH_S: Final = 2.0
_FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def network() -> None:
    """Found a network of nodes, or try one out on this machine."""


@network.command()
@click.argument("cards", nargs=-1, required=True, type=_FILE, metavar="CARD...")
@click.option("--chain-id", required=True, help="Name of the network; it never changes.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="Genesis file.")
@json_option
def found(cards: Sequence[Path], chain_id: str, out: Path) -> None:
    """Write the genesis file of a new network from the founders' CARDs; each has a vote of the same weight.

    Everybody compares the file with the cards, and joins with the very same bytes.
    """
    read = [read_card(card.read_bytes()) for card in cards]
    write_file(out, [found_network(check_chain_id(chain_id), read, SystemClock())])
    names = ", ".join(card.name for card in read)
    emit(
        {"chain_id": chain_id, "genesis": str(out), "members": [card.name for card in read]},
        f"The network {chain_id} of {names} begins with {out}.\n"
        f"Next, each of them: tallystick node join --genesis {out}, then tallystick node start.",
    )


@network.command()
@click.option("--validators", default=4, show_default=True, type=click.IntRange(1, 16))
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), help="Default: TALLYSTICK_HOME/network."
)
@click.option("--chain-id", default=LOCAL_CHAIN, show_default=True)
@click.option("--first-port", type=click.IntRange(1024, 65000), help="Default: any that are free.")
@json_option
def local(validators: int, folder: Path | None, chain_id: str, first_port: int | None) -> None:
    """Make a network on the loopback address and run it until stopped; run again, it goes on.

    Each node has a home of its own in the folder, as if it ran at another institution.
    """
    settings = from_environment()
    place = (folder or settings.home / "network").absolute()
    founders = [Founder(f"node{one}", f"Member {one}", ("lender",)) for one in range(1, validators + 1)]
    made = LocalNetwork(place, settings)
    made.found(check_chain_id(chain_id), founders, first_port)
    click.echo(f"Starting {len(made.homes())} nodes in {place} ...", err=True)
    with running(made):
        emit(_described(made), _text(made))
        _watch(made)


def _described(made: LocalNetwork) -> dict[str, object]:
    nodes = [
        {"home": str(made.settings(key).home), "rpc": made.node(key).rpc_url, "watch": made.node(key).watch}
        for key in made.homes()
    ]
    return {"genesis": str(made.genesis), "nodes": nodes}


def _text(made: LocalNetwork) -> str:
    rows = [
        (made.node(key).name, str(made.settings(key).home), made.node(key).rpc_url, made.node(key).watch)
        for key in made.homes()
    ]
    shown = table(("Member", "TALLYSTICK_HOME", "Interface", "Health"), rows, (False,) * 4)
    return (
        f"{shown}\n\nGenesis file: {made.genesis}\n"
        "In another terminal: TALLYSTICK_HOME=<one of them> tallystick node status\nCtrl-C stops all nodes."
    )


def _watch(made: LocalNetwork) -> None:
    """Show how the nodes are until the reader has enough."""
    shown = ""
    try:
        while any(made.is_running(key) for key in made.homes()):
            now = {key: made.vitals(key) for key in made.homes()}
            heights = [str(one.height) if one else "away" for one in now.values()]
            line = f"Height of each node: {', '.join(heights)}"
            if line != shown and not json_wanted():
                click.echo(line, err=True)
            shown = line
            time.sleep(WATCH_S)
    except KeyboardInterrupt:
        click.echo("Stopping.", err=True)
