"""A small, honest model of consensus in place of CometBFT: one height on one node.

The rules are those of Tendermint consensus (E. Buchman, J. Kwon, Z. Milosevic, "The latest gossip on BFT
consensus", 2018, algorithm 1). It is safe while less than a third of the power is hostile.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from tests.simulation.messages import NIL, PRECOMMIT, PREVOTE, Block, Decided, Gossip, Offer, Vote

PROPOSE: Final = "propose"
DECIDED: Final = "decided"
STEPS: Final = (PROPOSE, PREVOTE, PRECOMMIT)
#: Milliseconds: for the first round, and more for each later one.
TIMEOUTS: Final = {PROPOSE: 500, PREVOTE: 300, PRECOMMIT: 300}
LONGER: Final = 150
MAX_OFFERS: Final = 4
MAX_ROUNDS: Final = 1000


def is_quorum(power: int, total: int) -> bool:
    """Return whether this power decides: more than two thirds of all."""
    return 3 * power > 2 * total


def proposer(validators: Mapping[str, int], height: int, number: int) -> str:
    """Return whose turn it is: each as often as its power says, the turns of one not next to each other."""
    turns = [
        key
        for turn in range(max(validators.values()))
        for key, power in sorted(validators.items())
        if power > turn
    ]
    return turns[(height + number) % len(turns)]


@dataclass
class Memory:
    """What a validator keeps on disk of one height, so that it never says two things, whatever happens."""

    height: int
    round: int = 0
    locked_round: int = -1
    locked: Block | None = None
    valid_round: int = -1
    valid: Block | None = None
    votes: dict[tuple[int, str], Vote] = field(default_factory=dict)
    offers: dict[int, Offer] = field(default_factory=dict)


class Host(Protocol):
    """What the node does for consensus."""

    key: str

    def is_right(self, sealed: Vote | Offer) -> bool: ...
    def is_valid(self, block: Block) -> bool: ...
    def make(self, height: int, number: int) -> Block: ...
    def say_vote(self, vote: Vote) -> Vote: ...
    def say_offer(self, offer: Offer) -> Offer: ...
    def wait(self, delay: int, height: int, number: int, step: str) -> None: ...
    def decide(self, block: Block, votes: tuple[Vote, ...]) -> None: ...


class Height:
    """One height as one node sees it."""

    def __init__(self, host: Host, validators: Mapping[str, int], memory: Memory) -> None:
        self.number = memory.height
        self.validators = dict(sorted(validators.items()))
        self.total = sum(validators.values())
        self.memory = memory
        self.step = ""
        self._host = host
        self._votes: dict[tuple[int, str], dict[str, list[Vote]]] = {}
        self._offers: dict[int, list[Offer]] = {}
        self._blocks: dict[bytes, Block] = {}
        self._once: set[tuple[object, ...]] = set()
        for vote in memory.votes.values():
            self._keep(vote)
        for offer in memory.offers.values():
            self._keep_offer(offer)
        for block in (memory.locked, memory.valid):
            if block is not None:
                self._blocks[block.id] = block

    @property
    def round(self) -> int:
        return self.memory.round

    def start(self) -> None:
        """Begin, or go on where this node was when it went down."""
        if not self.step:
            self._begin(self.round)
            self._progress()

    def hear(self, gossip: Gossip) -> None:
        """Take in what another node knows of this height; what is not rightly sealed is passed over."""
        for offer in gossip.offers:
            self._hear_offer(offer)
        for vote in gossip.votes:
            self._hear_vote(vote)
        self._progress()

    def on_timeout(self, number: int, step: str) -> None:
        """Go on when too little was heard in time."""
        if number != self.round or self.step == DECIDED or not self.step:
            return
        if step == PROPOSE and self.step == PROPOSE:
            self._vote(PREVOTE, NIL)
        elif step == PREVOTE and self.step == PREVOTE:
            self._vote(PRECOMMIT, NIL)
        elif step == PRECOMMIT:
            self._begin(self.round + 1)
        self._progress()

    def known(self) -> Gossip:
        """Return what another node may want to know."""
        rounds = {self.round, self.round - 1, self.memory.valid_round}
        offers = [offer for each in sorted(rounds) for offer in self._offers.get(each, [])]
        votes = [
            vote
            for (number, _), by_key in sorted(self._votes.items())
            if number in rounds or number > self.round
            for each in by_key.values()
            for vote in each
        ]
        return Gossip(self.number, tuple(offers), tuple(votes))

    def is_final(self, decided: Decided) -> bool:
        """Return whether enough validators of this height have signed for a block, in one round."""
        votes, keys = decided.votes, [vote.key for vote in decided.votes]
        said = {vote.content for vote in votes}
        if decided.block.height != self.number or len(set(keys)) != len(keys) or len(said) != 1:
            return False
        about = f"{PRECOMMIT}/{self.number}/{votes[0].round}/{decided.block.id.hex()}"
        is_sealed = all(vote.key in self.validators and self._host.is_right(vote) for vote in votes)
        power = sum(self.validators.get(key, 0) for key in keys)
        return said == {about} and is_sealed and is_quorum(power, self.total)

    def _hear_offer(self, offer: Offer) -> None:
        if offer.height != self.number or not 0 <= offer.round < MAX_ROUNDS:
            return
        present = self._offers.get(offer.round, [])
        if offer in present or len(present) >= MAX_OFFERS:
            return
        is_turn = offer.key == proposer(self.validators, self.number, offer.round)
        is_own = offer.valid_round >= 0 or offer.block.proposer == offer.key
        if is_turn and is_own and offer.valid_round < offer.round and self._host.is_right(offer):
            self._keep_offer(offer)

    def _hear_vote(self, vote: Vote) -> None:
        if vote.height != self.number or vote.key not in self.validators or not 0 <= vote.round < MAX_ROUNDS:
            return
        present = self._votes.get((vote.round, vote.kind), {}).get(vote.key, [])
        is_new = all(each.block_id != vote.block_id for each in present) and len(present) < MAX_OFFERS
        if is_new and vote.kind in STEPS and self._host.is_right(vote):
            self._keep(vote)

    def _keep(self, vote: Vote) -> None:
        self._votes.setdefault((vote.round, vote.kind), {}).setdefault(vote.key, []).append(vote)

    def _keep_offer(self, offer: Offer) -> None:
        self._offers.setdefault(offer.round, []).append(offer)
        self._blocks[offer.block.id] = offer.block

    def _power(self, kind: str, number: int, block_id: bytes | None = None) -> int:
        """Return the power behind a block, or behind anything at all.

        Who votes for two blocks counts for both: two quorums share an honest validator even so.
        """
        return sum(
            self.validators[key]
            for key, votes in self._votes.get((number, kind), {}).items()
            if block_id is None or any(vote.block_id == block_id for vote in votes)
        )

    def _chosen(self, kind: str, number: int) -> list[bytes]:
        """Return the block ids (or NIL) that enough vote for in a round."""
        by_key = self._votes.get((number, kind), {})
        named = sorted({vote.block_id for votes in by_key.values() for vote in votes})
        return [each for each in named if is_quorum(self._power(kind, number, each), self.total)]

    def _begin(self, number: int) -> None:
        self.memory.round = number
        said = [kind for kind in (PREVOTE, PRECOMMIT) if (number, kind) in self.memory.votes]
        self.step = said[-1] if said else PROPOSE
        if self.step != PROPOSE:
            return
        if proposer(self.validators, self.number, number) == self._host.key:
            offer = self.memory.offers.get(number) or self._make_offer(number)
            if offer not in self._offers.get(number, []):
                self._keep_offer(offer)
        self._wait(PROPOSE)

    def _make_offer(self, number: int) -> Offer:
        valid = self.memory.valid
        block = valid if valid is not None else self._host.make(self.number, number)
        offer = Offer(self.number, number, self.memory.valid_round, block, self._host.key)
        offer = self.memory.offers[number] = self._host.say_offer(offer)
        return offer

    def _wait(self, step: str) -> None:
        self._host.wait(TIMEOUTS[step] + LONGER * self.round, self.number, self.round, step)

    def _vote(self, kind: str, block_id: bytes) -> None:
        self.step = kind
        if self._host.key not in self.validators or (self.round, kind) in self.memory.votes:
            return
        vote = Vote(kind, self.number, self.round, block_id, self._host.key)
        vote = self.memory.votes[self.round, kind] = self._host.say_vote(vote)
        self._keep(vote)

    def _progress(self) -> None:
        while self.step and self.step != DECIDED and self._advance():
            pass

    def _advance(self) -> bool:
        """Apply the first rule that applies; return whether one did."""
        rules = (self._decide, self._skip, self._answer_offer, self._follow_prevotes, self._stop_waiting)
        return any(rule() for rule in rules)

    def _decide(self) -> bool:
        for number, kind in sorted(self._votes):
            for block_id in self._chosen(kind, number) if kind == PRECOMMIT else ():
                block = self._blocks.get(block_id)
                if block is not None:
                    votes = [each for per in self._votes[number, kind].values() for each in per]
                    self.step = DECIDED
                    self._host.decide(block, tuple(vote for vote in votes if vote.block_id == block_id))
                    return True
        return False

    def _skip(self) -> bool:
        later = {number for number, _ in self._votes if number > self.round}
        for number in sorted(later, reverse=True):
            heard = {key for (at, _), by_key in self._votes.items() if at >= number for key in by_key}
            if 3 * sum(self.validators[key] for key in heard) > self.total:
                self._begin(number)
                return True
        return False

    def _answer_offer(self) -> bool:
        if self.step != PROPOSE or not self._offers.get(self.round):
            return False
        offer, memory = self._offers[self.round][0], self.memory
        block, is_locked_on = offer.block, memory.locked is not None and memory.locked.id == offer.block.id
        if offer.valid_round >= 0:
            if block.id not in self._chosen(PREVOTE, offer.valid_round):
                return False
            is_free = memory.locked_round <= offer.valid_round
        else:
            is_free = memory.locked_round == -1
        good = self._host.is_valid(block) and (is_free or is_locked_on)
        self._vote(PREVOTE, block.id if good else NIL)
        return True

    def _follow_prevotes(self) -> bool:
        if self.step == PROPOSE:
            return False
        for block_id in self._chosen(PREVOTE, self.round):
            if block_id == NIL:
                if self.step == PREVOTE:
                    self._vote(PRECOMMIT, NIL)
                    return True
                continue
            block = self._blocks.get(block_id)
            if block is None or ("polka", self.round) in self._once or not self._host.is_valid(block):
                continue
            self._once.add(("polka", self.round))
            self.memory.valid, self.memory.valid_round = block, self.round
            if self.step == PREVOTE:
                self.memory.locked, self.memory.locked_round = block, self.round
                self._vote(PRECOMMIT, block_id)
            return True
        return False

    def _stop_waiting(self) -> bool:
        for kind in (PREVOTE, PRECOMMIT):
            is_due = kind == PRECOMMIT or self.step == PREVOTE
            key = ("wait", kind, self.round)
            if is_due and key not in self._once and is_quorum(self._power(kind, self.round), self.total):
                self._once.add(key)
                self._wait(kind)
                return True
        return False
