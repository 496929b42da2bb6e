"""Proofs for who trusts nobody: made from a ledger, and checked offline against what every member holds."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tallystick.bootstrap.ledger import open_network
from tallystick.bootstrap.node.document import has_node, ledger_file, node_folder, read_node
from tallystick.config import Settings
from tallystick.engines.cometbft.bundles import hops_to
from tallystick.engines.cometbft.engine import NetworkEngine
from tallystick.engines.cometbft.folder import GENESIS
from tallystick.engines.cometbft.light import Trust, check_final, follow, read_trust
from tallystick.engines.cometbft.proofs import (
    NetworkInclusion,
    NetworkState,
    check_network_inclusion,
    check_network_state,
    parse_bundle,
)
from tallystick.engines.cometbft.rpc import Rpc
from tallystick.engines.storage.reading import LedgerFile
from tallystick.errors import Corruption, NotFound
from tallystick.ledger.audit import Followed
from tallystick.ledger.genesis import parse_genesis
from tallystick.ledger.proof import (
    MAX_BUNDLE_BYTES,
    Bundle,
    InclusionProof,
    StateProof,
    check_inclusion,
    check_state,
    parse_proof,
)


def prove_transaction(settings: Settings, path: Path, transaction_hash: str) -> Bundle:
    """Return the bundle that proves a transaction.

    Args:
        settings: say where the node is that knows the validators' signatures, for a network's ledger.
        path: the ledger file.
        transaction_hash: 64 hex digits.

    Raises:
        NotFound: ``no_ledger``, ``unknown_transaction``.
        Corruption: ``block_wrong``, ``index_differs``: what is stored gives no proof that holds.
        Unavailable: ``node_unreachable``, ``not_yet_provable``.
    """
    with closing(_proving(settings, path)) as ledger:
        return ledger.prove(transaction_hash)


def prove_address(settings: Settings, path: Path, height: int, index: int) -> Bundle:
    """Return the bundle that proves the transaction at a storage address; see ``prove_transaction``.

    Raises:
        NotFound: ``no_ledger``, ``unknown_block``, ``unknown_transaction``.
    """
    with closing(_proving(settings, path)) as ledger:
        return ledger.prove_at(height, index)


def prove_key(settings: Settings, path: Path, key: str) -> Bundle:
    """Return the bundle that proves what the state holds under a key; see ``prove_transaction``."""
    with closing(_proving(settings, path)) as ledger:
        return ledger.prove_state(key)


def genesis_file(settings: Settings, path: Path) -> bytes:
    """Return what bundles are checked against: the genesis document, or a network's genesis file.

    Raises:
        NotFound: ``no_ledger``.
    """
    if has_node(settings) and path == ledger_file(settings):
        return (node_folder(settings) / GENESIS).read_bytes()
    with closing(LedgerFile(path)) as ledger:
        return ledger.genesis()


@dataclass(frozen=True)
class Proved:
    """What a bundle proves.

    Attributes:
        holds: always True; a proof that does not hold is an error.
        chain_id: name of the chain.
        height: number of the block whose header is proved.
        subject: storage address of a transaction, or a state key.
        outcome: the transaction's code, or the value under the key; None for a key that holds nothing.
    """

    holds: bool
    chain_id: str
    height: int
    subject: str
    outcome: str | None

    @property
    def sentence(self) -> str:
        """What is proved, for people."""
        return f"{self.subject}: {'nothing' if self.outcome is None else self.outcome}"


def check_bundle(bundle: bytes, genesis: bytes) -> Proved:
    """Check a bundle offline, and return what it proves.

    Args:
        bundle: as it was written.
        genesis: what every member of the ledger holds (``genesis_file``); nothing else is trusted.

    Raises:
        Malformed: ``malformed_document``, ``malformed_genesis``; ``proof_does_not_hold``, saying which part
            fails.
    """
    if b'"tallystick/network-' in bundle[:MAX_BUNDLE_BYTES]:
        return _check_network(bundle, read_trust(genesis))
    proof = parse_proof(bundle)
    proposer = parse_genesis(genesis.strip()).proposer_public_key
    if isinstance(proof, InclusionProof):
        check_inclusion(proof, proposer)
    else:
        check_state(proof, proposer)
    return _proved(proof)


def is_network(path: Path) -> bool:
    """Return whether validators agree on the blocks of the ledger at ``path``. Raises as ``LedgerFile``."""
    with closing(LedgerFile(path)) as ledger:
        return not parse_genesis(ledger.genesis()).proposer


def confirm(settings: Settings, followed: Followed) -> int:
    """Check that the validators have signed the state that a network's ledger file comes to.

    Returns:
        The number of the block whose header says so; its votes lead back to the genesis validators.

    Raises:
        NotFound: ``no_node``.
        Corruption: ``state_not_signed`` when they have signed another one.
        Malformed: ``proof_does_not_hold`` when what the node shows is not signed.
        Unavailable: ``node_unreachable``.
    """
    folder = node_folder(settings)
    trust = read_trust((folder / GENESIS).read_bytes())
    with closing(Rpc(read_node(folder).rpc_url)) as rpc, closing(open_network(settings)) as engine:
        try:
            header, commit = rpc.commit(followed.height + 1)
        except NotFound:  # the last block changed nothing, and names the root itself
            header, commit = rpc.commit(followed.height)
        validators = follow(trust, hops_to(rpc, engine.change_heights(), header.height))
        check_final(trust.chain_id, validators, header, commit)
    if header.app_hash != followed.app_hash:
        raise Corruption(
            "state_not_signed",
            f"The validators have signed another state after block {followed.height} than this ledger's.",
            height=followed.height,
        )
    return header.height


def _proving(settings: Settings, path: Path) -> LedgerFile | NetworkEngine:
    return open_network(settings) if is_network(path) else LedgerFile(path)


def _check_network(data: bytes, trust: Trust) -> Proved:
    proof = parse_bundle(data)
    if isinstance(proof, NetworkInclusion):
        check_network_inclusion(proof, trust)
    else:
        check_network_state(proof, trust)
    return _proved(proof)


def _proved(proof: InclusionProof | NetworkInclusion | StateProof | NetworkState) -> Proved:
    header = proof.header
    if isinstance(proof, InclusionProof | NetworkInclusion):
        return Proved(True, header.chain_id, header.height, f"{header.height}-{proof.index}", proof.code)
    held = None if proof.value is None else proof.value.decode(errors="replace")
    return Proved(True, header.chain_id, header.height, proof.key, held)
