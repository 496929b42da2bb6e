"""The network between the nodes: it drops, delays, repeats, reorders and damages, and falls into parts."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random
from typing import Final

from tests.simulation.chance import Settings
from tests.simulation.events import Events
from tests.simulation.messages import Decided, Gossip, Message, PieceGiven, Transactions

DELAY_MS: Final = (5, 40)
SLOW_MS: Final = (200, 3000)
THOUSAND: Final = 1000
Deliver = Callable[[str, Message], None]


class Network:
    """Carries messages from node to node.

    Attributes:
        is_faulty: whether faults are injected now.
    """

    def __init__(self, events: Events, settings: Settings, chance: Random, faults: Counter[str]) -> None:
        self.is_faulty = True
        self._events = events
        self._settings = settings
        self._chance = chance
        self._faults = faults
        self._doors: dict[str, Deliver] = {}
        self._sides: Mapping[str, int] = {}

    def connect(self, name: str, deliver: Deliver) -> None:
        """Let messages to a node come in here."""
        self._doors[name] = deliver

    def names(self) -> list[str]:
        return list(self._doors)

    def part(self, sides: Mapping[str, int]) -> None:
        """Carry nothing between nodes on different sides; no sides: all is whole again."""
        self._sides = sides

    def send(self, sender: str, receiver: str, message: Message) -> None:
        """Take a message on its way, or lose it."""
        if self._sides.get(sender, 0) != self._sides.get(receiver, 0):
            self._faults["cut off"] += 1
            return
        if not self.is_faulty:
            self._carry(sender, receiver, message, DELAY_MS)
            return
        if self._happens(self._settings.drop, "dropped"):
            return
        if self._happens(self._settings.damage, "damaged"):
            message = damaged(message)
        if self._happens(self._settings.duplicate, "repeated"):
            self._carry(sender, receiver, message, SLOW_MS)
        is_slow = self._happens(self._settings.slow, "delayed")
        self._carry(sender, receiver, message, SLOW_MS if is_slow else DELAY_MS)

    def _happens(self, rate: int, fault: str) -> bool:
        happens = self._chance.randrange(THOUSAND) < rate
        self._faults[fault] += happens
        return happens

    def _carry(self, sender: str, receiver: str, message: Message, delay: tuple[int, int]) -> None:
        self._events.after(self._chance.randint(*delay), lambda: self._doors[receiver](sender, message))


def damaged(message: Message) -> Message:
    """Return the message with a signature, or some of its bytes, changed on the way."""
    match message:
        case Gossip() if message.votes:
            votes = tuple(replace(vote, seal=bytes(16)) for vote in message.votes)
            return replace(message, votes=votes)
        case Gossip():
            return replace(message, offers=tuple(replace(each, seal=bytes(16)) for each in message.offers))
        case Decided():
            return replace(message, votes=message.votes[:-1])
        case Transactions():
            return Transactions(
                tuple(bytes([wire[0] ^ 1]) + wire[1:] if wire else b"" for wire in message.wires)
            )
        case PieceGiven():
            return replace(message, piece=message.piece[:-1] + b"?")
    return message
