"""How this installation's node stands: what it says of itself, and what the ledger says of it."""

from contextlib import closing

import msgspec

from tallystick.bootstrap.ledger import open_network
from tallystick.bootstrap.node.document import node_folder, read_node
from tallystick.config import Settings
from tallystick.contracts.membership import member_from_state
from tallystick.contracts.nodes import node_from_state, upgrades_from_state
from tallystick.engines.cometbft.health import vitals
from tallystick.engines.cometbft.rpc import Rpc


class NodeStanding(msgspec.Struct, frozen=True):
    """One node, now.

    Attributes:
        name, chain_id, account, node_id, endpoint: as in the node's own document.
        height: its last block.
        app_hash: root of its state, hex.
        block_age_s: how old that block is; a quiet network makes one every five minutes.
        catching_up: whether it still fetches blocks from others.
        peers: how many nodes it is connected with.
        pending: transactions in its mempool.
        power: what its vote weighs now.
        total_power: of all validators.
        member_status: what the ledger says of the member; empty when it is none yet.
        is_registered: whether the ledger knows the node, so that others let it in.
        upgrades: version and first block of each upgrade that was agreed on.
    """

    name: str
    chain_id: str
    account: str
    node_id: str
    endpoint: str
    height: int
    app_hash: str
    block_age_s: int
    catching_up: bool
    peers: int
    pending: int
    power: int
    total_power: int
    member_status: str
    is_registered: bool
    upgrades: tuple[tuple[int, int], ...]

    def lines(self) -> list[tuple[str, object]]:
        """Return what a person wants to see, label and value."""
        return [
            ("Member", f"{self.name} ({self.member_status or 'not a member yet'})"),
            ("Account", self.account),
            ("Node", f"{self.node_id} {'registered' if self.is_registered else 'not registered'}"),
            ("Network", self.chain_id),
            ("Height", f"{self.height}{', catching up' if self.catching_up else ''}"),
            ("App hash", self.app_hash),
            ("Last block", f"{self.block_age_s} s ago"),
            ("Peers", self.peers),
            ("Waiting", f"{self.pending} transactions"),
            ("Power", f"{self.power} of {self.total_power}"),
            *(("Upgrade", f"version {version} from block {height}") for version, height in self.upgrades),
        ]


def node_standing(settings: Settings) -> NodeStanding:
    """Return how this installation's node stands.

    Raises:
        NotFound: ``no_node``.
        Unavailable: ``node_unreachable`` when it does not run.
    """
    node = read_node(node_folder(settings))
    with closing(open_network(settings)) as ledger, closing(Rpc(node.rpc_url)) as rpc:
        now, status = vitals(rpc), ledger.status()
        member = member_from_state(ledger.read, node.account)
        registered = node_from_state(ledger.read, node.account)
        return NodeStanding(
            name=node.name,
            chain_id=node.chain_id,
            account=node.account,
            node_id=node.node_id,
            endpoint=node.endpoint or "",
            height=status.height,
            app_hash=status.app_hash,
            block_age_s=now.block_age_s,
            catching_up=now.is_catching_up,
            peers=now.peers,
            pending=now.pending,
            power=now.power,
            total_power=sum(validator.power for validator in ledger.validators()),
            member_status="" if member is None else member.status,
            is_registered=registered is not None and registered.node_id == node.node_id,
            upgrades=tuple((one.version, one.height) for one in upgrades_from_state(ledger.read)),
        )
