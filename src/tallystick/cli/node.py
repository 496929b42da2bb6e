"""``tallystick node``: this installation's node of a network between institutions."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click
import msgspec

from tallystick.bootstrap.node import governing
from tallystick.bootstrap.node.cards import Card, read_card
from tallystick.bootstrap.node.document import NodeDocument, TokenKey, node_folder
from tallystick.bootstrap.node.joining import join_network
from tallystick.bootstrap.node.making import CARD_FILE, Ports, make_node
from tallystick.bootstrap.node.running import run_node
from tallystick.bootstrap.node.standing import node_standing
from tallystick.bootstrap.parts import open_keys
from tallystick.cli.output import emit, json_option, table
from tallystick.config import from_environment
from tallystick.contracts.membership import ROLES
from tallystick.contracts.nodes import Outcome
from tallystick.engines.cometbft.folder import Pace

_PACE: Final = Pace()
_NEXT_TO_FOUND: Final = """Next: exchange cards with the other founders. One of you runs `tallystick network
found CARD...`; then each `tallystick node join --genesis FILE` and `tallystick node start`."""
_NEXT_TO_JOIN: Final = """Next: give the card to a member of the network, who runs `tallystick node admit
CARD`; then `tallystick node join --genesis FILE` and `tallystick node start` here."""
_FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)
Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@click.group()
def node() -> None:
    """Run this installation's node of a network between institutions."""


@node.command()
@click.option("--name", required=True, help="The member that runs the node, as the others will see it.")
@click.option("--role", "roles", multiple=True, type=click.Choice(sorted(ROLES)), help="Besides operator.")
@click.option("--endpoint", metavar="HOST:PORT", help="Where the others' nodes reach this one.")
@click.option("--p2p", default=Ports.p2p, show_default=True, help="Where to listen for other nodes.")
@click.option("--rpc", default=Ports.rpc, show_default=True, help="For this installation's own software.")
@click.option("--watch", default=Ports.watch, show_default=True, help="For /health, /ready and /metrics.")
@click.option("--metrics", default=Ports.metrics, show_default=True, help="For CometBFT's own figures.")
@click.option("--genesis", type=_FILE, help="Genesis file of the network, if it exists already.")
@click.option(
    "--pkcs11-module", type=_FILE, help="Library of a hardware module that makes the consensus key."
)
@click.option("--token", default="", help="Label of its token; the PIN is in TALLYSTICK_PKCS11_PIN.")
@click.option("--key-label", default="tallystick-consensus", show_default=True, help="Label of the new key.")
@click.option("--propose-ms", default=_PACE.propose, show_default=True, type=click.IntRange(100, 60_000))
@click.option("--vote-ms", default=_PACE.vote, show_default=True, type=click.IntRange(50, 60_000))
@click.option("--commit-ms", default=_PACE.commit, show_default=True, type=click.IntRange(0, 60_000))
@json_option
def init(
    name: str,
    roles: tuple[str, ...],
    endpoint: str | None,
    p2p: str,
    rpc: str,
    watch: str,
    metrics: str,
    genesis: Path | None,
    pkcs11_module: Path | None,
    token: str,
    key_label: str,
    propose_ms: int,
    vote_ms: int,
    commit_ms: int,
) -> None:
    """Make a node: its keys, and the card that the other members need to know it."""
    settings = from_environment()
    made = make_node(
        settings,
        open_keys(settings),
        name=name,
        roles=roles,
        ports=Ports(p2p, rpc, watch, metrics, endpoint),
        pace=Pace(propose_ms, vote_ms, commit_ms),
        token=TokenKey(str(pkcs11_module.resolve()), token, key_label) if pkcs11_module else None,
        genesis=None if genesis is None else genesis.read_bytes(),
    )
    card = node_folder(settings) / CARD_FILE
    emit(
        {"account": made.node.account, "node_id": made.node.node_id, "card": str(card)},
        f"Account  {made.node.account}\nNode     {made.node.node_id}\nCard     {card}\n"
        f"{_NEXT_TO_JOIN if genesis else _NEXT_TO_FOUND}",
    )


@node.command()
@click.option("--genesis", type=_FILE, required=True, help="Genesis file of the network.")
@click.option("--peer", "peers", multiple=True, metavar="ID@HOST:PORT", help="Another node to call.")
@click.option("--sync-from", multiple=True, metavar="URL", help="Take a snapshot by way of these nodes.")
@json_option
def join(genesis: Path, peers: tuple[str, ...], sync_from: tuple[str, ...]) -> None:
    """Let this node belong to the network of a genesis file.

    With --sync-from it begins from a snapshot, not from block 1. The nodes named are not trusted: what they
    show must be signed by validators that lead back to the genesis file.
    """
    joined = join_network(from_environment(), genesis.read_bytes(), peers, sync_from)
    emit(
        {"chain_id": joined.chain_id, "node_id": joined.node_id},
        f"The node belongs to the network {joined.chain_id}. Next: `tallystick node start`.",
    )


@node.command()
@json_option
def start() -> None:
    """Run CometBFT and the application together until stopped; both start again when one ends."""

    def say(started: NodeDocument) -> None:
        emit(
            {"chain_id": started.chain_id, "rpc": started.rpc_url, "watch": f"http://{started.watch}/"},
            f"The node of {started.name} runs on {started.chain_id} until you press Ctrl-C.\n"
            f"Health: http://{started.watch}/ready   Figures: http://{started.watch}/metrics",
        )

    run_node(from_environment(), say)


@node.command()
@json_option
def status() -> None:
    """Show how this node is: height, peers, power, and what the members have agreed on for the future."""
    stands = node_standing(from_environment())
    rows = [(label, str(value)) for label, value in stands.lines()]
    emit(msgspec.to_builtins(stands), table(("", ""), rows, (False, False)).strip("\n"))


@node.command()
@click.argument("card", type=_FILE, metavar="CARD")
@json_option
def admit(card: Path) -> None:
    """Admit the member whose CARD this is, and let its node in."""
    read: Card = read_card(card.read_bytes())
    address = governing.admit(from_environment(), read)
    emit(
        {"address": address, "name": read.name, "node_id": read.node_id},
        f"{read.name} is a member now: {address}. Its node may call.\n"
        f"To let it vote, more than two thirds run: tallystick node appoint {address} --power 1",
    )


@node.command()
@click.argument("member", metavar="ADDRESS")
@click.option("--power", required=True, type=click.IntRange(0, 1_000_000), help="0 takes its vote away.")
@json_option
def appoint(member: str, power: int) -> None:
    """Agree that the node of the member at ADDRESS shall have this power."""
    _say_outcome(governing.appoint(from_environment(), member, power), "The power is changed.")


@node.command()
@json_option
def leave() -> None:
    """Give up this node's vote; afterwards it can be stopped for good without holding up the others."""
    governing.leave(from_environment())
    emit(
        {"left": True},
        "The node votes no more, from two blocks on; stop it when `node status` shows its power as 0.",
    )


@node.command()
@click.option("--version", "number", type=click.IntRange(1, 1000), help="Version of the rules to agree on.")
@click.option("--height", type=click.IntRange(1), help="First block under it.")
@json_option
def upgrade(number: int | None, height: int | None) -> None:
    """Bring the node's settings up to date after new software was installed; or agree on new rules.

    With --version and --height this member agrees that the contracts of that version run from that block
    on. It counts once more than two thirds agree. A node whose software does not know the version stops
    before that block.
    """
    if (number is None) != (height is None):
        raise click.UsageError("--version and --height go together.")
    settings = from_environment()
    if number is not None and height is not None:
        _say_outcome(governing.schedule_upgrade(settings, number, height), "The upgrade is agreed on.")
        return
    found = governing.refresh(settings)
    emit(msgspec.to_builtins(found), found.text)


def _say_outcome(outcome: Outcome, done: str) -> None:
    waits = f"{outcome.agreed_power} of {outcome.total_power} agree; it takes more than two thirds."
    emit(msgspec.to_builtins(outcome), done if outcome.took_effect else waits)
