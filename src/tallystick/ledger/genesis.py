"""The genesis document: the name of a chain, when it begins, who signs its blocks, and its first state."""

from collections.abc import Container
from typing import Any

import msgspec

from tallystick.errors import Malformed
from tallystick.ledger import keys
from tallystick.values import canonical

MAX_GENESIS_BYTES = 16 * 1024 * 1024
MAX_CHAIN_ID_LENGTH = 64


class Genesis(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What every node of a chain starts from.

    Attributes:
        chain_id: name of the chain, at most 64 printable ASCII characters.
        contracts: for each contract by name, the JSON that its genesis function reads.
        proposer: Ed25519 public key of the one node that signs the blocks, 64 lower hex digits; empty where
            validators agree on each block instead.
        time: milliseconds since 1970 UTC, before the first block's.
    """

    chain_id: str
    contracts: dict[str, msgspec.Raw]
    proposer: str
    time: int

    @property
    def proposer_public_key(self) -> bytes:
        """The 32 bytes of the proposer's key; no bytes where validators agree on the blocks."""
        return bytes.fromhex(self.proposer)

    def check_contracts(self, known: Container[str]) -> None:
        """Check that every part of the first state has a contract that reads it.

        Raises:
            Malformed: ``unknown_contract``.
        """
        for name in self.contracts:
            if name not in known:
                raise Malformed("unknown_contract", f"No contract reads the genesis part {name!r:.80}.")


_decoder = msgspec.json.Decoder(Genesis)


def compose_genesis(chain_id: str, time: int, proposer_public_key: bytes, contracts: dict[str, Any]) -> bytes:
    """Return a genesis document in canonical form; ``contracts`` holds plain JSON values by contract name.

    ``proposer_public_key`` has 32 bytes, or none where validators agree on the blocks.

    Raises:
        Malformed: ``malformed_genesis``, ``not_canonical``.
    """
    document = canonical.encode(
        {"chain_id": chain_id, "contracts": contracts, "proposer": proposer_public_key.hex(), "time": time}
    )
    parse_genesis(document)
    return document


def parse_genesis(document: bytes) -> Genesis:
    """Return the genesis document in these bytes.

    Raises:
        Malformed: ``malformed_genesis``.
    """
    if len(document) > MAX_GENESIS_BYTES:
        raise _malformed(f"it has more than {MAX_GENESIS_BYTES} bytes")
    try:
        genesis = _decoder.decode(document)
        proposer = bytes.fromhex(genesis.proposer)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _malformed(f"{error!s:.200}") from None
    name = genesis.chain_id
    if not 0 < len(name) <= MAX_CHAIN_ID_LENGTH or not name.isascii() or not name.isprintable():
        raise _malformed(f"chain_id must be 1 to {MAX_CHAIN_ID_LENGTH} printable ASCII characters")
    if proposer.hex() != genesis.proposer or (proposer and not keys.is_public_key(proposer)):
        raise _malformed("proposer must be an Ed25519 public key in 64 lower-case hex digits, or empty")
    if not 0 <= genesis.time <= canonical.MAX_INTEGER:
        raise _malformed("time is out of range")
    return genesis


def _malformed(reason: str) -> Malformed:
    return Malformed("malformed_genesis", f"The genesis document cannot be used: {reason.rstrip('.')}.")
