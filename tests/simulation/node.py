"""One node: a real replica on its own ledger file, and around it the model of what CometBFT does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from tallystick.contracts.catalogue import VERSIONS
from tallystick.contracts.nodes import validator_updates, validators_from_state
from tallystick.engines.abci.limits import Limits
from tallystick.engines.abci.replica import Proposal, Replica
from tallystick.engines.abci.snapshots import Snapshots
from tallystick.errors import Rejection, Unavailable
from tallystick.ledger.execution import Order
from tests.simulation import crashing
from tests.simulation.consensus import Height, Memory
from tests.simulation.crashing import Crash
from tests.simulation.mempool import Mempool
from tests.simulation.messages import (
    Block,
    Decided,
    Gossip,
    Message,
    Offer,
    PieceAsked,
    PieceGiven,
    Transactions,
    Vote,
)

if TYPE_CHECKING:
    from tests.simulation.world import World

START_MS: Final = 1_790_000_000_000
#: Small, so that what is forgotten is read again.
LIMITS: Final = Limits(remembered=50, cached_values=40, cached_pages=60)
TICK_MS: Final = 100
PEERS_PER_TICK: Final = 2
BUSY_PAUSE_MS, IDLE_PAUSE_MS = 80, 500
BLOCK_TRANSACTIONS: Final = 40
DRIFT_MS: Final = 500
DECIDED_AT_ONCE: Final = 4
KEPT_SNAPSHOTS: Final = 2


@dataclass
class Disk:
    """What a node keeps beside its ledger: CometBFT's blocks, its signing state, the validators by height."""

    memory: Memory
    blocks: dict[int, Decided] = field(default_factory=dict)
    app_hashes: dict[int, bytes] = field(default_factory=dict)
    validators: dict[int, dict[str, int]] = field(default_factory=dict)


class Node:
    """A node of the consortium; it is down until ``come_up``."""

    is_hostile = False

    def __init__(self, world: "World", name: str, key: str, folder: Path, chance: Random) -> None:
        self.world, self.name, self.key, self.chance = world, name, key, chance
        self.path = folder / f"{name}.sqlite3"
        self.snapshots = Snapshots(folder / f"{name}-snapshots", KEPT_SNAPSHOTS)
        self.disk = Disk(Memory(1))
        self.is_up = False
        self.armed: str | None = None
        self.last_time = 0
        self.life = 0
        self._copied: crashing.Files | None = None
        world.network.connect(name, self._deliver)

    @property
    def has_ledger(self) -> bool:
        """Whether there is a ledger file yet."""
        return self.path.exists()

    def begin(self, document: bytes) -> None:
        """Begin the chain of a genesis document."""
        replica = Replica(self.path, VERSIONS, LIMITS)
        replica.begin(document)
        named = {each.consensus_key: each.power for each in validators_from_state(replica.store)}
        self.disk.validators = {1: named, 2: named}
        replica.close()

    def come_up(self) -> None:
        """Start on what the disk holds, and execute again what was agreed and not kept."""
        self.life += 1
        self.is_up, self.armed, self._copied = True, None, None
        self.replica = Replica(self.path, VERSIONS, LIMITS)
        self.mempool = Mempool(self.replica)
        self.last_time = self.replica.store.head().header.time
        self.world.events.note("{} comes up at height {}", self.name, self.replica.height)
        self.guarded(self._replay)
        if self.is_up:
            self._after(TICK_MS, self._tick)

    def go_down(self) -> None:
        """Die: what was in memory is gone, and the disk is as it was at this moment."""
        self.world.events.note("{} goes down at height {}", self.name, self.replica.height)
        files = self._copied or crashing.copy(self.path)
        self.life += 1
        self.is_up = False
        self.replica.close()
        crashing.put_back(self.path, files, self.chance.random() < 0.5)

    def close(self) -> None:
        if self.is_up:
            self.is_up = False
            self.replica.close()

    def guarded(self, run: Callable[[], None]) -> None:
        """Do something in the course of which the node may die."""
        try:
            run()
        except Crash:
            self.go_down()
            self.world.mend(self)

    def submit(self, wire: bytes) -> None:
        """Take a transaction from a client and tell the others; raises as ``Mempool.add``."""
        self.mempool.add(wire)
        self.send_all(Transactions((wire,)))

    def send(self, receiver: str, message: Message) -> None:
        self.world.network.send(self.name, receiver, message)

    def peers(self) -> list[str]:
        return [name for name in self.world.network.names() if name != self.name]

    def send_all(self, message: Message) -> None:
        for peer in self.peers():
            self.send(peer, message)

    def is_right(self, sealed: Vote | Offer) -> bool:
        return self.world.seals.is_right(sealed)

    def is_valid(self, block: Block) -> bool:
        """Return whether a block may follow here, as CometBFT and then the application look at it."""
        known = self._judged.get(block.id)
        if known is None:
            known = self._judged[block.id] = (
                block.height == self.height.number
                and block.app_hash == self.replica.app_hash
                and block.proposer in self.height.validators
                and self.last_time < block.time <= START_MS + self.world.events.now + DRIFT_MS
                and self.replica.accepts(_proposal(block))
            )
        return known

    def make(self, height: int, number: int) -> Block:
        """Return the block that this node proposes."""
        del number
        time = max(START_MS + self.world.events.now, self.last_time + 1)
        block = Block(height, time, self.replica.app_hash, self.key, self.mempool.first(BLOCK_TRANSACTIONS))
        wires = self.replica.propose(_proposal(block))
        return Block(height, time, self.replica.app_hash, self.key, tuple(wires))

    def say_vote(self, vote: Vote) -> Vote:
        sealed = self.world.seals.seal(vote)
        self.world.auditor.said(self.name, sealed)
        self.send_all(Gossip(vote.height, (), (sealed,)))
        return sealed

    def say_offer(self, offer: Offer) -> Offer:
        sealed = self.world.seals.seal_offer(offer)
        self.world.auditor.said(self.name, sealed)
        self.send_all(Gossip(offer.height, (sealed,)))
        return sealed

    def wait(self, delay: int, height: int, number: int, step: str) -> None:
        def end() -> None:
            if self.height.number == height:
                self.height.on_timeout(number, step)

        self._after(delay, end)

    def decide(self, block: Block, votes: tuple[Vote, ...]) -> None:
        """Keep the block that consensus has decided on, and go on to the next."""
        self._finalize(Decided(block, votes))
        self._begin_height()

    # What comes from outside.

    def _deliver(self, sender: str, message: Message) -> None:
        if self.is_up:
            self.guarded(lambda: self.receive(sender, message))

    def receive(self, sender: str, message: Message) -> None:
        """Take in a message of another node."""
        match message:
            case Gossip():
                self._hear(sender, message)
            case Decided():
                self._catch_up(message)
            case Transactions():
                self._take(message)
            case PieceAsked():
                piece = self.snapshots.piece(message.height, message.index)
                self.send(sender, PieceGiven(message.height, message.index, piece))

    def _hear(self, sender: str, message: Gossip) -> None:
        if message.height == self.height.number:
            self.height.hear(message)
        elif message.height > self.height.number:
            self.send(sender, Gossip(self.height.number))
        else:
            for height in range(message.height, message.height + DECIDED_AT_ONCE):
                if height in self.disk.blocks and height <= self.replica.height:
                    self.send(sender, self.disk.blocks[height])

    def _catch_up(self, decided: Decided) -> None:
        if self.height.is_final(decided):
            self._finalize(decided)
            self._begin_height()

    def _take(self, message: Transactions) -> None:
        for wire in message.wires:
            try:
                self.mempool.add(wire)
            except (Rejection, Unavailable) as refused:
                self.world.refuse(refused)

    def _tick(self) -> None:
        for peer in self.chance.sample(self.peers(), min(PEERS_PER_TICK, len(self.peers()))):
            self.send(peer, self.height.known())
            if len(self.mempool):
                self.send(peer, Transactions(self.mempool.first(BLOCK_TRANSACTIONS)))
        self._after(TICK_MS, self._tick)

    def _finalize(self, decided: Decided) -> None:
        block, height, disk = decided.block, decided.block.height, self.disk
        if block.app_hash != self.replica.app_hash:
            self.world.auditor.fail(f"{self.name} is to follow block {height} from another state")
        disk.blocks[height] = decided
        self._may_die(crashing.STORED)
        executed = self.replica.execute(_proposal(block))
        self._may_die(crashing.EXECUTED)
        if disk.app_hashes.setdefault(height, executed.app_hash) != executed.app_hash:
            self.world.auditor.fail(
                f"{self.name} came to another state when it executed block {height} again"
            )
        changed = {**disk.validators[height + 1], **validator_updates(executed.state_changes)}
        disk.validators[height + 2] = {key: power for key, power in changed.items() if power}
        if self.armed == crashing.COMMITTING:
            crashing.die_in_commit(self.replica.store, self._copy)
            self.world.faults["crashed " + crashing.COMMITTING] += 1
        self.replica.commit()
        self.last_time = block.time
        self._may_die(crashing.COMMITTED)
        self._committed(decided)

    def _committed(self, decided: Decided) -> None:
        self.world.events.note("{} keeps block {}", self.name, decided.block.height)
        self.world.auditor.committed(self, decided)
        self.mempool.after_block(decided.block.wires)
        if decided.block.height % self.world.settings.snapshot_interval == 0:
            self.snapshots.begin(self.path)
            self.snapshots.wait()

    def _may_die(self, moment: str) -> None:
        if self.armed == moment:
            self.world.faults["crashed " + moment] += 1
            raise Crash

    def _copy(self) -> None:
        self._copied = crashing.copy(self.path)

    def _replay(self) -> None:
        if self.replica.height in self.disk.blocks:
            self.world.auditor.committed(self, self.disk.blocks[self.replica.height])
        while (next_block := self.disk.blocks.get(self.replica.height + 1)) is not None:
            self._finalize(next_block)
        self._begin_height()

    def _begin_height(self) -> None:
        number = self.replica.height + 1
        if self.disk.memory.height != number:
            self.disk.memory = Memory(number)
        self._judged: dict[bytes, bool] = {}
        height = self.height = Height(self, self.disk.validators[number], self.disk.memory)
        pause = BUSY_PAUSE_MS if len(self.mempool) else IDLE_PAUSE_MS
        self._after(pause, lambda: height.start() if self.height is height else None)

    def _after(self, delay: int, run: Callable[[], None]) -> None:
        life = self.life

        def happen() -> None:
            if self.is_up and self.life == life:
                self.guarded(run)

        self.world.events.after(delay, happen)


def _proposal(block: Block) -> Proposal:
    return Proposal(Order(block.height, block.time, block.wires), block.proposer_address)
