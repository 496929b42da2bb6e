"""Which engine keeps the ledger, with which contracts, and its upkeep for the command line."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from tallystick.bootstrap.node.document import has_node, node_folder, read_node
from tallystick.config import Settings
from tallystick.contracts.catalogue import CONTRACTS
from tallystick.engines.cometbft.engine import NetworkEngine
from tallystick.engines.cometbft.rpc import Rpc
from tallystick.engines.embedded import EmbeddedEngine, Limits
from tallystick.engines.storage import maintenance
from tallystick.engines.storage.reading import LedgerFile
from tallystick.ledger.answers import Status
from tallystick.ledger.audit import Followed, Progress
from tallystick.ledger.genesis import compose_genesis, parse_genesis
from tallystick.ledger.protocols import Engine
from tallystick.signing.keystore import KeyStore
from tallystick.values.clock import Clock, now_ms
from tallystick.values.identifiers import account_address

Signer = Callable[[bytes], bytes]


def create_ledger(
    settings: Settings,
    *,
    chain_id: str,
    members: Sequence[Mapping[str, Any]],
    proposer: str,
    keys: KeyStore,
    clock: Clock,
) -> None:
    """Found the ledger of this installation.

    Args:
        settings: says where its file lies.
        chain_id: name of the chain.
        members: the first members, as the membership contract's genesis reads them.
        proposer: address of the key that signs the blocks.
        keys: holds that key.
        clock: tells the time of block 0.

    Raises:
        Conflict: ``ledger_exists``.
        Malformed: ``malformed_genesis``, and what the membership contract raises.
    """
    public_key = keys.public_key(proposer)
    document = compose_genesis(
        chain_id, now_ms(clock), public_key, {"membership": {"members": [dict(one) for one in members]}}
    )
    signer = _signer(keys, proposer)
    EmbeddedEngine.create(
        settings.ledger_path, document, CONTRACTS, signer, public_key, clock=clock, limits=_limits(settings)
    ).close()


def open_ledger(settings: Settings, *, clock: Clock, keys: KeyStore) -> Engine:
    """Open the ledger of this installation, ready to take transactions: its node's, if it has a node.

    Raises:
        NotFound: ``no_ledger``; and when ``keys`` lacks the key that signs the blocks.
        Corruption: when the ledger is damaged.
        Unavailable: when it cannot be opened now; ``node_unreachable`` when the node does not run.
    """
    if has_node(settings):
        return open_network(settings)
    path = settings.ledger_path
    public_key = _proposer_public_key(path)
    signer = _signer(keys, account_address(public_key))
    return EmbeddedEngine.open(path, CONTRACTS, signer, public_key, clock=clock, limits=_limits(settings))


def open_network(settings: Settings) -> NetworkEngine:
    """Return the network's ledger by way of this installation's node.

    Raises:
        NotFound: ``no_node``.
        Conflict: ``another_chain``.
        Unavailable: ``node_unreachable``.
    """
    node = read_node(node_folder(settings))
    return NetworkEngine(Rpc(node.rpc_url), node.chain_id)


def ledger_status(path: Path) -> Status:
    """Return where the ledger at ``path`` stands. Raises as ``LedgerFile``."""
    with closing(LedgerFile(path)) as ledger:
        return ledger.status()


def verify_ledger(path: Path, progress: Progress) -> Followed:
    """Check the ledger from block 0 on. Raises as ``maintenance.verify``."""
    return maintenance.verify(path, CONTRACTS, progress)


def rebuild_ledger(path: Path, progress: Progress) -> Followed:
    """Derive the state again from the blocks. Raises as ``maintenance.rebuild``."""
    return maintenance.rebuild(path, CONTRACTS, progress)


def export_ledger(path: Path, progress: Progress) -> Iterator[bytes]:
    """Yield the ledger as JSON lines. Raises as ``maintenance.export``."""
    return maintenance.export(path, progress)


def _limits(settings: Settings) -> Limits:
    return Limits(block_period_ms=settings.block_period_ms, verifiers=settings.verifiers)


def _signer(keys: KeyStore, address: str) -> Signer:
    def sign(message: bytes) -> bytes:
        return keys.sign(address, message)

    return sign


def _proposer_public_key(path: Path) -> bytes:
    with closing(LedgerFile(path)) as ledger:
        return parse_genesis(ledger.genesis()).proposer_public_key
