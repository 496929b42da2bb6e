"""Founding a ledger: block 0 of a genesis document, written into a new file in one commit."""

from collections.abc import Callable
from pathlib import Path

from tallystick.engines.storage.store import Store
from tallystick.errors import Conflict
from tallystick.ledger.block import SignedHeader, header_sign_bytes
from tallystick.ledger.check import Registry
from tallystick.ledger.execution import Executed, Machine, Order, make_header
from tallystick.ledger.genesis import Genesis, parse_genesis
from tallystick.values.canonical import sha256
from tallystick.values.identifiers import account_address

Signer = Callable[[bytes], bytes]


def found(path: Path, document: bytes, registry: Registry, signer: Signer | None) -> Executed:
    """Write block 0 of a genesis document into a new file, and return what it holds.

    Args:
        path: the file.
        document: the genesis document.
        registry: the contracts of the chain.
        signer: signs the block; None where validators agree on the blocks.

    Raises:
        Conflict: ``ledger_exists``.
        Malformed: ``malformed_genesis``, ``unknown_contract``, and what the contracts raise.
        Unavailable: when the file cannot be made.
    """
    genesis = parse_genesis(document)
    executed = Machine(genesis.chain_id, registry).begin(genesis)
    proposer = account_address(genesis.proposer_public_key) if signer is not None else ""
    header = make_header(Order(0, genesis.time, ()), executed, genesis.chain_id, sha256(document), proposer)
    signature = signer(header_sign_bytes(header)).hex() if signer is not None else ""
    store = Store.open_new(path)
    try:
        with store.writing():
            store.put_genesis(document)
            store.put_block(SignedHeader(header, signature), [], executed)
    finally:
        store.close()
    return executed


def require_proposer(genesis: Genesis, public_key: bytes) -> None:
    """Check that this key (32 bytes) is the one that signs the chain's blocks.

    Raises:
        Conflict: ``wrong_proposer``.
    """
    if genesis.proposer_public_key != public_key:
        raise Conflict("wrong_proposer", "The genesis document names another key for signing the blocks.")
