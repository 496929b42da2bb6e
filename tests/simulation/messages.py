"""What the nodes say to each other. A seal stands for a signature: only its own key can make it."""

import json
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Final

from tallystick.values.identifiers import account_address
from tests.simulation.chance import secret

PREVOTE: Final = "prevote"
PRECOMMIT: Final = "precommit"
NIL: Final = b""


@dataclass(frozen=True)
class Block:
    """A block before execution; ``app_hash`` is that after the block before."""

    height: int
    time: int
    app_hash: bytes
    proposer: str
    wires: tuple[bytes, ...]

    @cached_property
    def id(self) -> bytes:
        head = [self.height, self.time, self.app_hash.hex(), self.proposer, len(self.wires)]
        digest = sha256(json.dumps(head).encode())
        for wire in self.wires:
            digest.update(sha256(wire).digest())
        return digest.digest()

    @property
    def proposer_address(self) -> str:
        return account_address(bytes.fromhex(self.proposer))


@dataclass(frozen=True)
class Vote:
    """A validator's vote for a block, or for none (``NIL``)."""

    kind: str
    height: int
    round: int
    block_id: bytes
    key: str
    seal: bytes = b""

    @property
    def content(self) -> str:
        return f"{self.kind}/{self.height}/{self.round}/{self.block_id.hex()}"


@dataclass(frozen=True)
class Offer:
    """A proposal: a block for a round, and the round in which it had its two thirds, or -1."""

    height: int
    round: int
    valid_round: int
    block: Block
    key: str
    seal: bytes = b""

    @property
    def content(self) -> str:
        return f"offer/{self.height}/{self.round}/{self.valid_round}/{self.block.id.hex()}"


@dataclass(frozen=True)
class Gossip:
    """What a node knows of the height it is at."""

    height: int
    offers: tuple[Offer, ...] = ()
    votes: tuple[Vote, ...] = ()


@dataclass(frozen=True)
class Decided:
    """A committed block with the precommits that made it final."""

    block: Block
    votes: tuple[Vote, ...]


@dataclass(frozen=True)
class Transactions:
    """What waits in a mempool, in order."""

    wires: tuple[bytes, ...]


@dataclass(frozen=True)
class PieceAsked:
    """A piece of a snapshot is wanted."""

    height: int
    index: int


@dataclass(frozen=True)
class PieceGiven:
    """A piece of a snapshot, or what somebody says is one."""

    height: int
    index: int
    piece: bytes


Message = Gossip | Decided | Transactions | PieceAsked | PieceGiven
Sealed = Vote | Offer


class Seals:
    """Makes and checks seals; a node uses the secret of its own key only."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._secrets: dict[str, bytes] = {}

    def seal(self, vote: Vote) -> Vote:
        return replace(vote, seal=self._of(vote))

    def seal_offer(self, offer: Offer) -> Offer:
        return replace(offer, seal=self._of(offer))

    def is_right(self, sealed: Sealed) -> bool:
        return sealed.seal == self._of(sealed)

    def _of(self, sealed: Sealed) -> bytes:
        known = self._secrets.get(sealed.key)
        if known is None:
            known = self._secrets[sealed.key] = secret(self._seed, f"seal/{sealed.key}")
        return sha256(known + sealed.content.encode()).digest()[:16]
