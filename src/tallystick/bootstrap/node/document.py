"""What a node's folder says about it: its names, its addresses, and where its keys are."""

from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from tallystick.config import Settings
from tallystick.engines.cometbft.folder import Pace
from tallystick.errors import Corruption, Malformed, NotFound
from tallystick.values import canonical

NODE_FILE: Final = "node.json"
MAX_NODE_BYTES: Final = 64 * 1024

Address = Annotated[str, msgspec.Meta(pattern=r"\A[0-9A-Za-z.\[\]:-]{1,250}:[0-9]{1,5}\Z")]


class StoredKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="file"):
    """A consensus key in the node's own store of encrypted files, under its address."""

    address: str


class TokenKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="pkcs11"):
    """A consensus key that never leaves a hardware module: library, token and key by their labels."""

    module: str
    token: str
    label: str


class NodeDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One node.

    Attributes:
        name: of the member that runs it.
        account: address of the member's account; its key is in the installation's store.
        key: where the consensus key is.
        consensus_key: its public half, 64 hex digits.
        node_id: how CometBFT names the node, 40 hex digits.
        p2p: where it listens for other nodes.
        endpoint: where others reach it, if they can.
        rpc: where its own member's software reaches it.
        watch: where health and figures are.
        metrics: where CometBFT's own figures are.
        chain_id: of the network that it has joined; empty before.
        peers: ``node id@host:port`` of each node that it calls.
        propose_ms, vote_ms, commit_ms: see ``Pace``.
        retained_blocks, snapshot_interval: see ``engines.abci.limits``.
    """

    format: Literal["tallystick/node/1"] = "tallystick/node/1"
    name: str
    account: str
    key: StoredKey | TokenKey
    consensus_key: str
    node_id: str
    p2p: Address
    endpoint: Address | None
    rpc: Address
    watch: Address
    metrics: Address
    chain_id: str = ""
    peers: tuple[str, ...] = ()
    propose_ms: int = Pace.propose
    vote_ms: int = Pace.vote
    commit_ms: int = Pace.commit
    retained_blocks: int = 0
    snapshot_interval: int = 1000

    @property
    def rpc_url(self) -> str:
        """Address of the node's own interface."""
        return f"http://{self.rpc}"

    @property
    def pace(self) -> Pace:
        """How long the node waits for what."""
        return Pace(self.propose_ms, self.vote_ms, self.commit_ms)


def node_folder(settings: Settings) -> Path:
    """Return the folder of this installation's node."""
    return settings.home / "node"


def ledger_file(settings: Settings) -> Path:
    """Return the ledger file of this installation: that of its node, if it has one."""
    if has_node(settings):
        return node_folder(settings) / "ledger.sqlite3"
    return settings.ledger_path


def has_node(settings: Settings) -> bool:
    """Return whether this installation has a node of its own."""
    return (node_folder(settings) / NODE_FILE).exists()


def read_node(folder: Path) -> NodeDocument:
    """Return what the folder says about its node.

    Raises:
        NotFound: ``no_node``.
        Corruption: ``damaged_node_file``.
    """
    path = folder / NODE_FILE
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise NotFound(
            "no_node", "There is no node in this installation; run `tallystick node init` first."
        ) from None
    try:
        return canonical.decode(data[:MAX_NODE_BYTES], NodeDocument)
    except Malformed as error:
        raise Corruption("damaged_node_file", f"{path} cannot be read: {error.message}") from None


def write_node(folder: Path, node: NodeDocument) -> None:
    """Write what the folder says about its node, for its owner only, whole or not at all."""
    partial = folder / f"{NODE_FILE}.partial"
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    partial.write_bytes(canonical.encode(node) + b"\n")
    partial.replace(folder / NODE_FILE)
