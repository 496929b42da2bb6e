"""Joining a network: the files that CometBFT starts from, whom the node calls, and what it trusts."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from tallystick.bootstrap.node.document import NodeDocument, node_folder, read_node, write_node
from tallystick.config import Settings
from tallystick.contracts.nodes import FoundingNodes
from tallystick.engines.abci.application import genesis_of
from tallystick.engines.cometbft.bundles import hops_to
from tallystick.engines.cometbft.folder import (
    GENESIS,
    Addresses,
    StateSync,
    Table,
    app_state_of,
    write_folder,
)
from tallystick.engines.cometbft.folder import settings as cometbft_settings
from tallystick.engines.cometbft.light import check_final, follow, read_trust
from tallystick.engines.cometbft.rpc import Rpc
from tallystick.engines.cometbft.signer_state import SignerState
from tallystick.engines.wire import queries
from tallystick.errors import Conflict, Malformed, Unavailable
from tallystick.ledger.genesis import parse_genesis
from tallystick.signing.files import make_private_folder
from tallystick.values import canonical

#: In a folder of its own: the signer locks the folder that its file is in.
SIGNER_FILE: Final = "signer/state.json"
_PEER: Final = re.compile(r"[0-9a-f]{40}@[0-9A-Za-z.\[\]:-]{1,250}:[0-9]{1,5}")
#: The trusted header lies this far below the head, so that a snapshot above it has been taken.
TRUSTED_BELOW_HEAD: Final = 2


def join_network(
    settings: Settings, genesis: bytes, peers: Sequence[str] = (), sync_from: Sequence[str] = ()
) -> NodeDocument:
    """Let this installation's node belong to the network of a genesis file.

    Args:
        settings: says where the node is.
        genesis: the network's genesis file.
        peers: ``node id@host:port`` to call besides the founders that the genesis file names.
        sync_from: addresses of nodes' own interfaces, from which a snapshot may be taken. They are not
            trusted: what they say must be signed by the validators, from the genesis file on.

    Raises:
        NotFound: ``no_node``.
        Malformed: ``malformed_genesis``; ``proof_does_not_hold`` when a header to sync from is not signed.
        Malformed: ``bad_peer``.
        Conflict: ``node_joined`` when the node belongs to another network already.
        Unavailable: ``node_unreachable`` when none of ``sync_from`` answers.
    """
    folder = node_folder(settings)
    node = read_node(folder)
    for peer in peers:
        if not _PEER.fullmatch(peer):
            raise Malformed("bad_peer", f"{peer!r:.80} is not a node's id, @, host, colon, port.")
    document = genesis_of(app_state_of(genesis))
    chain_id = parse_genesis(document).chain_id
    if node.chain_id not in ("", chain_id):
        raise Conflict("node_joined", f"This node belongs to the network {node.chain_id} already.")
    called = tuple(dict.fromkeys([*founders(document, but=node.node_id), *peers]))
    sync = _trusted(genesis, sync_from) if sync_from else None
    joined = msgspec.structs.replace(node, chain_id=chain_id, peers=called)
    write_folder(folder, _table(joined, sync), genesis)
    if not (folder / SIGNER_FILE).exists():
        make_private_folder((folder / SIGNER_FILE).parent)
        public_key = bytes.fromhex(node.consensus_key)
        SignerState.create(folder / SIGNER_FILE, chain_id=chain_id, public_key=public_key).close()
    write_node(folder, joined)
    return joined


def rewrite_settings(settings: Settings) -> None:
    """Write CometBFT's settings anew, as this software wants them; whence a snapshot came is forgotten.

    Raises:
        NotFound: ``no_node``.
    """
    folder = node_folder(settings)
    write_folder(folder, _table(read_node(folder), None), (folder / GENESIS).read_bytes())


def founders(document: bytes, but: str) -> list[str]:
    """Return how to call each founding node that can be reached, but the one with the id ``but``."""
    part = parse_genesis(document).contracts.get("nodes")
    if part is None:
        return []
    nodes = canonical.decode(bytes(part), FoundingNodes).nodes
    return [f"{node.node_id}@{node.endpoint}" for node in nodes if node.endpoint and node.node_id != but]


def _table(node: NodeDocument, sync: StateSync | None) -> Table:
    addresses = Addresses(node.p2p, node.rpc, node.metrics, node.endpoint or "", node.peers)
    return cometbft_settings(node.name, addresses, node.pace, sync)


def _trusted(genesis: bytes, servers: Sequence[str]) -> StateSync:
    """Find a recent header, and see that the validators of the genesis file stand behind it."""
    trust = read_trust(genesis)
    failure = Unavailable("node_unreachable", "None of the nodes to sync from answers.")
    for server in servers:
        rpc = Rpc(server)
        try:
            height = max(1, rpc.status().height - TRUSTED_BELOW_HEAD)
            changes = queries.unpack_answer(rpc.query(queries.CHANGES, b"").value, list[int])
            header, commit = rpc.commit(height)
            check_final(trust.chain_id, follow(trust, hops_to(rpc, changes, height)), header, commit)
            return StateSync(tuple(servers), height, commit.block_id.hash)
        except Unavailable as error:
            failure = error
        finally:
            rpc.close()
    raise failure
