"""A hostile validator: it says different things to different nodes, and proposes what no honest one would."""

from dataclasses import dataclass, replace
from random import Random
from typing import Final

from tests.simulation.messages import (
    NIL,
    PRECOMMIT,
    PREVOTE,
    Block,
    Decided,
    Gossip,
    Message,
    Offer,
    PieceAsked,
    PieceGiven,
    Vote,
)
from tests.simulation.node import BLOCK_TRANSACTIONS, DRIFT_MS, START_MS, TICK_MS, Node

#: How it behaves; it thinks again from time to time.
MOODS: Final = (
    "fair",
    "withholds",
    "two votes",
    "two proposals",
    "bad blocks",
    "votes for anything",
    "forges votes",
)
MOOD_MS: Final = (500, 4000)
TOO_MANY: Final = 4001
#: Of the blocks that a hostile proposer offers, to so many another is offered to half of the nodes.
PLOTS: Final = 0.3
#: Of the blocks of a hostile proposer, so many are bad in any mood.
BAD_BLOCKS: Final = 0.5


@dataclass(frozen=True)
class Plot:
    """What the hostile have agreed to tell in one round: to each side another block.

    Attributes:
        ids: the block of each side.
        sides: the side of each node.
        told: the only node that hears their precommits; None: all do.
    """

    ids: tuple[bytes, bytes]
    sides: dict[str, int]
    told: str | None


class HostileNode(Node):
    """Keeps an honest ledger, so that it can do harm at every height."""

    is_hostile = True
    mood = "fair"

    def come_up(self) -> None:
        super().come_up()
        self._think()

    def make(self, height: int, number: int) -> Block:
        honest = super().make(height, number)
        if self.mood != "bad blocks" and self.chance.random() > BAD_BLOCKS:
            return honest
        self.world.faults["bad block"] += 1
        return _worse(honest, self.chance, self._poison(honest))

    def say_vote(self, vote: Vote) -> Vote:
        if self.mood == "votes for anything" and vote.block_id == NIL:
            offers = self.height.known().offers
            vote = replace(vote, block_id=offers[0].block.id) if offers else vote
        sealed = self.world.seals.seal(vote)
        if self.mood == "withholds":
            self.world.faults["vote withheld"] += 1
            return sealed
        for peer in self.peers():
            self.send(peer, Gossip(vote.height, (), self._versions(sealed, peer)))
        return sealed

    def say_offer(self, offer: Offer) -> Offer:
        sealed = self.world.seals.seal_offer(offer)
        if self.mood == "withholds":
            self.world.faults["proposal withheld"] += 1
            return sealed
        other = sealed
        if self.mood == "two proposals" or self.chance.random() < PLOTS:
            self.world.faults["two proposals"] += 1
            block = replace(offer.block, wires=offer.block.wires[:-1], time=offer.block.time + 1)
            other = self.world.seals.seal_offer(replace(offer, block=block, valid_round=-1))
        plot = self._plot(sealed, other)
        for peer in self.peers():
            self.send(peer, Gossip(offer.height, ((sealed, other)[plot.sides[peer]],)))
        return sealed

    def receive(self, sender: str, message: Message) -> None:
        match message:
            case PieceAsked() if self.chance.random() < 0.7:
                self.world.faults["false piece"] += 1
                piece = self.snapshots.piece(message.height, message.index)
                self.send(sender, PieceGiven(message.height, message.index, piece[:-1] + b"!"))
            case Gossip() if message.height < self.height.number and self.chance.random() < 0.5:
                self._forge_history(sender, message.height)
            case _:
                super().receive(sender, message)

    def _plot(self, first: Offer, second: Offer) -> Plot:
        """Agree with the other hostile nodes on two sides, where there are two blocks to offer."""
        sides = {peer: self.chance.randint(0, 1) for peer in self.peers()}
        told = self.chance.choice([None, *self.peers()])
        plot = Plot((first.block.id, second.block.id), sides | {self.name: 0}, told)
        if first is not second:
            self.world.plots[first.height, first.round] = plot
        return plot

    def _tick(self) -> None:
        is_plotting = any(height == self.height.number for height, _ in self.world.plots)
        if self.mood == "withholds" or is_plotting:
            self._after(TICK_MS, self._tick)
        else:
            super()._tick()

    def _think(self) -> None:
        self.mood = self.chance.choice(MOODS)
        self.world.events.note("{} is hostile: {}", self.name, self.mood)
        self._after(self.chance.randint(*MOOD_MS), self._think)

    def _versions(self, vote: Vote, peer: str) -> tuple[Vote, ...]:
        """Return what one peer is told of a vote."""
        plot = self.world.plots.get((vote.height, vote.round))
        if plot is not None:
            self.world.faults["vote by plot"] += 1
            is_told = vote.kind == PREVOTE or plot.told in (None, peer)
            if vote.kind == PRECOMMIT and plot.told == peer:
                self.world.cut_off(peer)
            told = replace(vote, block_id=plot.ids[plot.sides[peer]])
            return (self.world.seals.seal(told),) if is_told else ()
        if self.mood == "forges votes":
            self.world.faults["forged vote"] += 1
            others = [key for key in self.height.validators if key != self.key]
            return (vote, *(replace(vote, key=key) for key in others))
        if self.mood != "two votes":
            return (vote,)
        self.world.faults["two votes"] += 1
        known = [offer.block.id for offer in self.height.known().offers]
        other = self.chance.choice([NIL, self.chance.randbytes(32), *known])
        second = self.world.seals.seal(replace(vote, block_id=other))
        return self.chance.choice(((vote,), (second,), (vote, second)))

    def _poison(self, honest: Block) -> tuple[bytes, ...]:
        """Return transactions that must stand in no block, or that waste its room."""
        poison = self.world.poison or [b"nothing"]
        history = self.world.auditor.history[-BLOCK_TRANSACTIONS:]
        kinds = (
            tuple(self.chance.choices(poison, k=3)),
            (*honest.wires, self.chance.choice(poison)),
            (*honest.wires, *honest.wires[:1]),
            honest.wires[1:],
            tuple(reversed(honest.wires)),
            tuple(b"%d" % number for number in range(TOO_MANY)),
            (*honest.wires, *history[-1:]),
            tuple(history),
        )
        return self.chance.choice(kinds)

    def _forge_history(self, sender: str, height: int) -> None:
        true = self.disk.blocks.get(height)
        if true is None:
            return
        self.world.faults["false history"] += 1
        block = replace(true.block, wires=(*true.block.wires, b"and more"))
        mine = self.world.seals.seal(replace(true.votes[0], block_id=block.id, key=self.key))
        votes = tuple(replace(vote, block_id=block.id) for vote in true.votes if vote.key != self.key)
        self.send(sender, Decided(block, self.chance.choice(((mine,), (mine, *votes), true.votes))))


def _worse(block: Block, chance: Random, wires: tuple[bytes, ...]) -> Block:
    """Return the block with other transactions, or with something else that is wrong."""
    return chance.choice(
        (
            replace(block, wires=wires),
            replace(block, wires=wires),
            replace(block, wires=wires),
            replace(block, app_hash=bytes(32)),
            replace(block, time=block.time + 60 * DRIFT_MS),
            replace(block, time=START_MS),
            replace(block, height=block.height + 1),
        )
    )
